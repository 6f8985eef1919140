// norm → linear → StarReLU → depth-wise 3×3×3 → linear → residual, on three planes of wide features that go round.

/// Three planes of wide features, each [hidden / 16][j + 2][k + 2][16] with zeros around.
struct Planes {
    float *memory;
    int64_t row, block, plane;
    MEMBER float *at_plane(int64_t i) const { return memory + (i + 3) % 3 * plane; }
};

template <class N>
INLINE void widen(const KernelSeparable *p, const float *x, const Planes &planes, int64_t i, typename N::Element *normal) {
    const int64_t C = p->channels, J = p->size.j, K = p->size.k, T = rows_padded(K);
    float *plane = planes.at_plane(i);
    for (int64_t j = 0; j < J; ++j) {
        normalised_blocks<N>(x + (i * J + j) * K * C, K, C, p->norm, p->epsilon, normal, T * L);
        struct Wide {
            Blocked<Single, Star> blocked;
            int64_t rows;
            MEMBER void operator()(int64_t row, int64_t block, V v) const {
                if (row < rows) blocked(row, block, v);
            }
        } store{{plane + (j + 1) * planes.row + L, planes.block, {p->star_scale, p->star_bias}}, K};
        const Term<N> wide{normal, static_cast<const typename N::Element *>(p->widening)};
        product(&wide, 1, K, T * L, C * L, C / L, p->hidden / L, store);
    }
}

/// G neighbouring voxels of one block of channels. `filter` is that block's, its taps `hidden` apart.
template <class N, int G>
INLINE void filtered(const KernelSeparable *p, const Planes &planes, int64_t i, int64_t block, int64_t j, int64_t k,
                     const float *filter, typename N::Element *y) {
    V sums[G] = {};
    for (int64_t a = 0; a < 3; ++a) {
        if (i + a - 1 < 0 || i + a - 1 >= p->size.i) continue;
        const float *x = planes.at_plane(i + a - 1) + block * planes.block + j * planes.row + k * L;
        for (int64_t b = 0; b < 3; ++b, x += planes.row) {
            const float *w = filter + (a * 3 + b) * 3 * p->hidden;
#pragma unroll
            for (int c = 0; c < 3; ++c) {
                const V tap = at(w + c * p->hidden);
#pragma unroll
                for (int g = 0; g < G; ++g) sums[g] += at(x + (g + c) * L) * tap;
            }
        }
    }
#pragma unroll
    for (int g = 0; g < G; ++g) N::put(y + g * L, sums[g]);
}

template <class N>
OUTLINE void separable_of(const KernelSeparable *p, const float *x, float *y, int64_t first, int64_t last) {
    const int64_t C = p->channels, H = p->hidden, J = p->size.j, K = p->size.k, T = rows_padded(K);
    Planes planes;
    planes.row = (K + 2) * L;
    planes.block = (J + 2) * planes.row;
    planes.plane = H / L * planes.block;
    planes.memory = scratch((C + H) * T + 3 * planes.plane);
    auto *normal = reinterpret_cast<typename N::Element *>(planes.memory + 3 * planes.plane), *mixed = normal + C * T;
    __builtin_memset(planes.memory, 0, 3 * planes.plane * sizeof(float));
    for (int64_t i = first > 0 ? first - 1 : 0; i <= first && i < p->size.i; ++i) widen<N>(p, x, planes, i, normal);
    for (int64_t i = first; i < last; ++i) {
        if (i + 1 < p->size.i) widen<N>(p, x, planes, i + 1, normal);
        for (int64_t j = 0; j < J; ++j) {
            for (int64_t block = 0; block < H / L; ++block) {
                auto *row = mixed + block * T * L;
                int64_t k = 0;
                for (; k + GROUP <= K; k += GROUP)
                    filtered<N, GROUP>(p, planes, i, block, j, k, p->filter + block * L, row + k * L);
                for (; k < K; ++k) filtered<N, 1>(p, planes, i, block, j, k, p->filter + block * L, row + k * L);
            }
            const int64_t place = (i * J + j) * K * C;
            Residual sum{x + place, nullptr, y + place, C, K};
            const Term<N> narrow{mixed, static_cast<const typename N::Element *>(p->narrowing)};
            product(&narrow, 1, K, T * L, H * L, H / L, C / L, sum);
        }
    }
}

OUTLINE void separable(const KernelSeparable *p, const float *x, float *y, int64_t first, int64_t last) {
    p->bfloat16 ? separable_of<Brain>(p, x, y, first, last) : separable_of<Single>(p, x, y, first, last);
}
