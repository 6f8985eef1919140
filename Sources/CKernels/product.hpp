// The matrix product that all kernels are made of. Included once for each kind of processor, which sets TARGET and ROWS.
//
// The left matrix lies as blocks of 16 columns, [depth / 16][rows][16], so that a row's stride is known to the compiler; the right
// one is packed, [outputs / 16][depth][16]. A tile of rows × BLOCKS · 16 sums stays in registers.

typedef float V __attribute__((vector_size(64)));
typedef float InMemory __attribute__((vector_size(64), aligned(4), may_alias));  // a V at any address
constexpr int64_t L = 16;                                                          // floats of a V

#define INLINE static inline __attribute__((always_inline)) TARGET
#define MEMBER inline __attribute__((always_inline)) TARGET
#define OUTLINE static __attribute__((noinline)) TARGET

INLINE const InMemory &at(const float *p) { return *reinterpret_cast<const InMemory *>(p); }
INLINE InMemory &at(float *p) { return *reinterpret_cast<InMemory *>(p); }
INLINE int64_t rows_padded(int64_t rows) { return (rows + 3) / 4 * 4; }

template <int R, int B>
INLINE void accumulate(V (&sums)[R][B], const float *x, int64_t x_stride, const float *w, int64_t w_stride, int64_t blocks) {
    for (int64_t block = 0; block < blocks; ++block, x += x_stride)
#pragma clang loop unroll_count(4)
        for (int64_t d = 0; d < L; ++d, w += L)
#pragma unroll
            for (int b = 0; b < B; ++b)
#pragma unroll
                for (int r = 0; r < R; ++r) sums[r][b] += x[r * L + d] * at(w + b * w_stride);
}

/// One term of a sum of products: where its left rows lie, and where its right matrix.
struct Term {
    const float *x, *w;
};

template <int R, int B, class Store>
INLINE void tile(const Term *terms, int64_t count, int64_t row, int64_t x_stride, int64_t w_stride, int64_t blocks,
                 int64_t output, Store &store) {
    V sums[R][B] = {};
    for (int64_t t = 0; t < count; ++t)
        accumulate<R, B>(sums, terms[t].x + row * L, x_stride, terms[t].w + output * w_stride, w_stride, blocks);
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
        for (int b = 0; b < B; ++b) store(row + r, output + b, sums[r][b]);
}

template <int B, class Store>
INLINE void columns(const Term *terms, int64_t count, int64_t rows, int64_t x_stride, int64_t w_stride, int64_t blocks,
                    int64_t output, Store &store) {
    int64_t row = 0;
    for (; row + ROWS <= rows; row += ROWS)
        tile<ROWS, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
    for (; row + ROWS_LEFT <= rows; row += ROWS_LEFT)
        tile<ROWS_LEFT, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
    for (; row < rows; row += ROWS_LAST)
        tile<ROWS_LAST, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
}

/// Σ over terms of left · right: `store(row, output block, V)` gets each result. Up to 3 rows beyond `rows` are worked on.
template <class Store>
INLINE void product(const Term *terms, int64_t count, int64_t rows, int64_t x_stride, int64_t w_stride, int64_t blocks,
                    int64_t outputs, Store &store) {
    int64_t output = 0;
    for (; output + BLOCKS <= outputs; output += BLOCKS)
        columns<BLOCKS>(terms, count, rows, x_stride, w_stride, blocks, output, store);
    for (; output < outputs; ++output) columns<1>(terms, count, rows, x_stride, w_stride, blocks, output, store);
}

/// Stores results as blocks of 16 columns again, after a function of each.
template <class Each> struct Blocked {
    float *y;
    int64_t stride;
    Each each;
    MEMBER void operator()(int64_t row, int64_t block, V v) const { at(y + block * stride + row * L) = each(v); }
};
struct Same {
    MEMBER V operator()(V v) const { return v; }
};
struct Star {
    float scale, bias;
    MEMBER V operator()(V v) const {
        const V positive = v > 0.0f ? v : V{};
        return positive * positive * scale + bias;
    }
};
