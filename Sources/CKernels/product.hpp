// The matrix product that all kernels are made of. Included once for each kind of processor, which sets TARGET and ROWS.
//
// The left matrix lies as blocks of 16 columns, [depth / 16][rows][16], so that a row's stride is known to the compiler; the right
// one is packed, [outputs / 16][depth][16], or in bfloat16 [outputs / 16][depth / 2][16][2]. A tile of rows × BLOCKS · 16 sums
// in float32 stays in registers. `N` is one of the kinds of numbers of numbers.hpp.

INLINE int64_t rows_padded(int64_t rows) { return (rows + 3) / 4 * 4; }

template <class N, int R, int B>
INLINE void accumulate(V (&sums)[R][B], const typename N::Element *x, int64_t x_stride, const typename N::Element *w,
                       int64_t w_stride, int64_t blocks) {
    for (int64_t block = 0; block < blocks; ++block, x += x_stride)
#pragma clang loop unroll_count(4)
        for (int64_t d = 0; d < L; d += N::together, w += L * N::together)
#pragma unroll
            for (int b = 0; b < B; ++b)
#pragma unroll
                for (int r = 0; r < R; ++r) sums[r][b] = N::added(sums[r][b], x + r * L + d, w + b * w_stride);
}

/// One term of a sum of products: where its left rows lie, and where its right matrix.
template <class N> struct Term {
    const typename N::Element *x, *w;
};

template <class N, int R, int B, class Store>
INLINE void tile(const Term<N> *terms, int64_t count, int64_t row, int64_t x_stride, int64_t w_stride, int64_t blocks,
                 int64_t output, Store &store) {
    V sums[R][B] = {};
    for (int64_t t = 0; t < count; ++t)
        accumulate<N, R, B>(sums, terms[t].x + row * L, x_stride, terms[t].w + output * w_stride, w_stride, blocks);
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
        for (int b = 0; b < B; ++b) store(row + r, output + b, sums[r][b]);
}

template <class N, int B, class Store>
INLINE void columns(const Term<N> *terms, int64_t count, int64_t rows, int64_t x_stride, int64_t w_stride, int64_t blocks,
                    int64_t output, Store &store) {
    int64_t row = 0;
    for (; row + ROWS <= rows; row += ROWS)
        tile<N, ROWS, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
    for (; row + ROWS_LEFT <= rows; row += ROWS_LEFT)
        tile<N, ROWS_LEFT, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
    for (; row < rows; row += ROWS_LAST)
        tile<N, ROWS_LAST, B>(terms, count, row, x_stride, w_stride, blocks, output, store);
}

/// Σ over terms of left · right: `store(row, output block, V)` gets each result. Up to 3 rows beyond `rows` are worked on.
template <class N, class Store>
INLINE void product(const Term<N> *terms, int64_t count, int64_t rows, int64_t x_stride, int64_t w_stride, int64_t blocks,
                    int64_t outputs, Store &store) {
    int64_t output = 0;
    for (; output + BLOCKS <= outputs; output += BLOCKS)
        columns<N, BLOCKS>(terms, count, rows, x_stride, w_stride, blocks, output, store);
    for (; output < outputs; ++output) columns<N, 1>(terms, count, rows, x_stride, w_stride, blocks, output, store);
}

/// Stores results as blocks of 16 columns again, after a function of each.
template <class N, class Each> struct Blocked {
    typename N::Element *y;
    int64_t stride;
    Each each;
    MEMBER void operator()(int64_t row, int64_t block, V v) const { N::put(y + block * stride + row * L, each(v)); }
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
