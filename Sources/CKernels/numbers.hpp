// Vectors of 16 floats, and the two kinds of numbers that products are made of. Included once for each kind of processor, which
// sets TARGET, and NATIVE_BFLOAT16 where the processor multiplies bfloat16 itself. Elsewhere the same is computed in
// float32: slower than float32 alone, but what a faster processor would answer can be seen.

typedef float V __attribute__((vector_size(64)));
typedef float InMemory __attribute__((vector_size(64), aligned(4), may_alias));  // a V at any address
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef uint32_t BitsInMemory __attribute__((vector_size(64), aligned(2), may_alias));
typedef uint16_t Halves __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint32_t AnyBits __attribute__((aligned(2), may_alias));
constexpr int64_t L = 16;                                                          // floats of a V

#define INLINE static inline __attribute__((always_inline)) TARGET
#define MEMBER inline __attribute__((always_inline)) TARGET
#define OUTLINE static __attribute__((noinline)) TARGET

INLINE const InMemory &at(const float *p) { return *reinterpret_cast<const InMemory *>(p); }
INLINE InMemory &at(float *p) { return *reinterpret_cast<InMemory *>(p); }

/// float32.
struct Single {
    typedef float Element;
    static constexpr int64_t together = 1;  // columns that one step takes
    MEMBER static void put(float *p, V v) { at(p) = v; }
    MEMBER static V added(V sum, const float *x, const float *w) { return sum + *x * at(w); }
};

/// bfloat16, the upper half of a float32 rounded to even, summed in float32. Two columns at a time, side by side.
struct Brain {
    typedef uint16_t Element;
    static constexpr int64_t together = 2;
    MEMBER static void put(uint16_t *p, V v) {
        Halves &to = *reinterpret_cast<Halves *>(p);
#ifdef NATIVE_BFLOAT16
        to = reinterpret_cast<Halves>(_mm512_cvtneps_pbh(v));
#else
        const Bits bits = reinterpret_cast<Bits>(v);
        to = __builtin_convertvector((bits + 0x7fff + (bits >> 16 & 1)) >> 16, Halves);
#endif
    }
    MEMBER static V added(V sum, const uint16_t *x, const uint16_t *w) {
        const Bits pair = Bits{} + *reinterpret_cast<const AnyBits *>(x);
        const Bits right = *reinterpret_cast<const BitsInMemory *>(w);
#ifdef NATIVE_BFLOAT16
        return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(pair), reinterpret_cast<__m512bh>(right));
#else
        sum += reinterpret_cast<V>(pair << 16) * reinterpret_cast<V>(right << 16);
        return sum + reinterpret_cast<V>(pair & 0xffff0000) * reinterpret_cast<V>(right & 0xffff0000);
#endif
    }
};
