// Between the stages: the convolution that halves a volume's sides and the transposed one that doubles them.

/// Copies a row of voxels into blocks, the odd ones (-1, 1, 3 …) first, then the even ones, normalised if asked for.
template <class N>
INLINE void split_row(const KernelHalving *p, const float *x, typename N::Element *y, int64_t stride, int64_t half) {
    const int64_t C = p->channels;
    for (int64_t k = 0; k < p->size.k; ++k, x += C) {
        const Norm n = p->pre_norm ? norm(x, C / L, L, p->epsilon) : Norm{0, 1};
        auto *to = y + (k % 2 ? (k + 1) / 2 : half + k / 2) * L;
        for (int64_t c = 0; c < C; c += L) {
            const V v = (at(x + c) - n.mean) * n.factor;
            N::put(to + c / L * stride, p->pre_norm ? v * at(p->pre_norm + c) : v);
        }
    }
}

struct Voxels {
    float *y;
    const float *bias;
    int64_t outputs, rows;
    MEMBER void operator()(int64_t row, int64_t block, V v) const {
        if (row < rows) at(y + row * outputs + block * L) = v + at(bias + block * L);
    }
};

template <class N>
OUTLINE void halve_wide(const KernelHalving *p, const float *x, float *y, int64_t i, int64_t j) {
    const int64_t C = p->channels, J = p->size.j, K = p->size.k, half = K / 2 + 4, stride = 2 * half * L;
    auto *rows = reinterpret_cast<typename N::Element *>(scratch(9 * C * 2 * half));
    const auto *kernel = static_cast<const typename N::Element *>(p->kernel);
    Term<N> terms[27];
    int64_t count = 0;
    for (int64_t a = 0; a < 3; ++a)
        for (int64_t b = 0; b < 3; ++b) {
            const int64_t from_i = 2 * i + a - 1, from_j = 2 * j + b - 1;
            if (from_i < 0 || from_i >= p->size.i || from_j < 0 || from_j >= J) continue;
            auto *row = rows + (a * 3 + b) * C * 2 * half;
            for (int64_t c = 0; c < C / L; ++c) N::put(row + c * stride, V{});  // the voxel before the first
            split_row<N>(p, x + (from_i * J + from_j) * K * C, row, stride, half);
            for (int64_t c = 0; c < 3; ++c)
                terms[count++] = {row + (c == 1 ? half : c / 2) * L, kernel + ((a * 3 + b) * 3 + c) * C * L};
        }
    Voxels store{y, p->bias, p->outputs, K / 2};
    product(terms, count, K / 2, stride, 27 * C * L, C / L, p->outputs / L, store);
}

/// With few channels the 27 taps of a voxel become one row.
INLINE void halve_narrow(const KernelHalving *p, const float *x, float *y, int64_t i, int64_t j) {
    const int64_t C = p->channels, J = p->size.j, K = p->size.k, T = rows_padded(K / 2);
    const int64_t blocks = (27 * C + L - 1) / L;
    float *rows = scratch(blocks * T * L);
    __builtin_memset(rows, 0, blocks * T * L * sizeof(float));
    for (int64_t tap = 0; tap < 27; ++tap) {
        const int64_t from_i = 2 * i + tap / 9 - 1, from_j = 2 * j + tap / 3 % 3 - 1;
        if (from_i < 0 || from_i >= p->size.i || from_j < 0 || from_j >= J) continue;
        const float *row = x + ((from_i * J + from_j) * K + tap % 3 - 1) * C;
        for (int64_t c = 0, d = tap * C; c < C; ++c, ++d) {
            float *to = rows + d / L * T * L + d % L;
            const int64_t first = tap % 3 == 0 ? 1 : 0;
            if (C == 4 && c == 0) {  // the four contrasts of a tumour go together
                for (int64_t k = first; k < K / 2; ++k) __builtin_memcpy(to + k * L, row + 2 * k * C, 4 * sizeof(float));
                break;
            }
            for (int64_t k = first; k < K / 2; ++k) to[k * L] = row[2 * k * C + c];
        }
    }
    Voxels store{y, p->bias, p->outputs, K / 2};
    const Term<Single> term{rows, static_cast<const float *>(p->kernel)};
    product(&term, 1, K / 2, T * L, blocks * L * L, blocks, p->outputs / L, store);
}

OUTLINE void halving(const KernelHalving *p, const float *x, float *y, int64_t first, int64_t last) {
    const int64_t width = p->size.k / 2;
    for (int64_t row = first; row < last; ++row) {
        float *to = y + row * width * p->outputs;
        const int64_t i = row / (p->size.j / 2), j = row % (p->size.j / 2);
        if (p->channels % L == 0) p->bfloat16 ? halve_wide<Brain>(p, x, to, i, j) : halve_wide<Single>(p, x, to, i, j);
        else halve_narrow(p, x, to, i, j);
        if (p->post_norm)
            for (int64_t k = 0; k < width; ++k)
                normalised_blocks<Single>(to + k * p->outputs, 1, p->outputs, p->post_norm, p->epsilon, to + k * p->outputs, L);
    }
}

/// Stores the eight voxels that one becomes.
struct Octants {
    float *y;
    int64_t outputs, rows, plane, row;  // floats from plane to plane and from row to row
    MEMBER void operator()(int64_t k, int64_t block, V v) const {
        if (k >= rows) return;
        const int64_t tap = block * L / outputs, o = block * L % outputs;
        at(y + tap / 4 * plane + tap / 2 % 2 * row + (2 * k + tap % 2) * outputs + o) = v;
    }
};

INLINE void spread(const KernelDoubling *p, const float *wide, int64_t stride, float *y, int64_t i, int64_t j) {
    const int64_t J = 2 * p->size.j, K = 2 * p->size.k, volume = 2 * p->size.i * J * K;
    for (int64_t n = 0; n < 8 * p->outputs; ++n) {
        const int64_t tap = n / p->outputs, o = n % p->outputs;
        const float bias = p->bias ? p->bias[o] : 0, *from = wide + n / L * stride + n % L;
        float *to = y + o * volume + ((2 * i + tap / 4) * J + 2 * j + tap / 2 % 2) * K + tap % 2;
        for (int64_t k = 0; k < p->size.k; ++k) to[2 * k] = from[k * L] + bias;
    }
}

template <class N>
OUTLINE void doubling_of(const KernelDoubling *p, const float *x, float *y, int64_t first, int64_t last) {
    const int64_t C = p->channels, O = p->outputs, J = p->size.j, K = p->size.k, T = rows_padded(K);
    const int64_t outputs = (8 * O + L - 1) / L;
    float *wide = scratch((C + outputs * L) * T);
    auto *rows = reinterpret_cast<typename N::Element *>(wide + outputs * L * T);
    for (int64_t row = first; row < last; ++row) {
        const int64_t i = row / J, j = row % J;
        const float *from = x + row * K * C;
        for (int64_t k = 0; k < K; ++k)
            for (int64_t c = 0; c < C; c += L)
                N::put(rows + c / L * T * L + k * L, at(from + k * C + c) * at(p->scale + c) + at(p->shift + c));
        const Term<N> term{rows, static_cast<const typename N::Element *>(p->kernel)};
        if (p->channels_first) {
            Blocked<Single, Same> store{wide, T * L, {}};
            product(&term, 1, K, T * L, C * L, C / L, outputs, store);
            spread(p, wide, T * L, y, i, j);
        } else {
            Octants store{y + (2 * i * 2 * J + 2 * j) * 2 * K * O, O, K, 2 * J * 2 * K * O, 2 * K * O};
            product(&term, 1, K, T * L, C * L, C / L, outputs, store);
        }
    }
}

OUTLINE void doubling(const KernelDoubling *p, const float *x, float *y, int64_t first, int64_t last) {
    p->bfloat16 ? doubling_of<Brain>(p, x, y, first, last) : doubling_of<Single>(p, x, y, first, last);
}
