// A 3×3×3 convolution by minimal filtering, F(2×4×4, 3×3×3): Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*,
// CVPR 2016, in three dimensions. Tiles of 4×6×6 input voxels overlap by two and give 2×4×4 output voxels each, with
// 4.5 products a voxel instead of 27. Four along every axis would need 3.4, but is four times less exact.
//
// Always in float32: rounded to bfloat16, the frequencies would put the answer off by a tenth of its largest value.
//
// The four frequencies along i are worked on one after the other: what a block of tiles needs then stays in cache.

constexpr int64_t FREQUENCIES = 36;  // of j and k together
constexpr int64_t VOXELS = 32;       // of a tile's answer

INLINE void into(V (&v)[6]) {
    const V even = v[4] - 4 * v[2], odd = v[3] - 4 * v[1], a = v[4] - v[2], b = 2 * (v[3] - v[1]);
    v[0] = 4 * v[0] - 5 * v[2] + v[4];
    v[5] = 4 * v[1] - 5 * v[3] + v[5];
    v[1] = even + odd, v[2] = even - odd, v[3] = a + b, v[4] = a - b;
}

INLINE void out(const V (&m)[6], V (&y)[4]) {
    const V s = m[1] + m[2], d = m[1] - m[2], t = m[3] + m[4], e = m[3] - m[4];
    y[0] = m[0] + s + t;
    y[1] = d + 2 * e;
    y[2] = s + 4 * t;
    y[3] = d + 8 * e + m[5];
}

struct Place {
    int64_t i, j, k;
};
INLINE Place place_of(int64_t tile, const KernelSize &size) {
    const int64_t k = (size.k + 3) / 4, j = (size.j + 3) / 4;
    return {tile / (j * k) * 2, tile / k % j * 4, tile % k * 4};
}

/// Six voxels of a row, from the one before `place` on: `step` floats apart, or zeros outside the volume.
struct Row {
    const float *x;
    int64_t step;
};
INLINE Row row_of(const float *x, int64_t channels, const KernelSize &size, int64_t i, int64_t j, int64_t k) {
    static const float zeros[L] = {};
    if (i < 0 || i >= size.i || j < 0 || j >= size.j) return {zeros, 0};
    return {x + ((i * size.j + j) * size.k + k - 1) * channels, channels};
}

/// Transforms one tile of 16 channels for one frequency along i: 36 vectors to y, `stride` apart.
INLINE void tile_into(const float *x, int64_t channels, const KernelSize &size, const Place &place, int slice, float *y,
                      int64_t stride) {
    constexpr int first[] = {0, 1, 2, 1}, second[] = {2, 2, 1, 3};
    const float sign = slice == 1 ? 1 : -1;
    const int64_t left = size.k - place.k;
    const bool inside[] = {place.k > 0, true, true, left > 2, left > 2, left > 4};
    V t[6][6];
    for (int b = 0; b < 6; ++b) {
        const Row p = row_of(x, channels, size, place.i + first[slice] - 1, place.j + b - 1, place.k);
        const Row q = row_of(x, channels, size, place.i + second[slice] - 1, place.j + b - 1, place.k);
        V d[6];
#pragma unroll
        for (int c = 0; c < 6; ++c) d[c] = inside[c] ? at(p.x + c * p.step) + sign * at(q.x + c * q.step) : V{};
        into(d);
#pragma unroll
        for (int c = 0; c < 6; ++c) t[c][b] = d[c];
    }
    for (int c = 0; c < 6; ++c) {
        into(t[c]);
#pragma unroll
        for (int b = 0; b < 6; ++b) at(y + (b * 6 + c) * stride) = t[c][b];
    }
}

/// The way back: adds what one frequency along i gives to a tile's voxels, [2][4][4][outputs].
INLINE void tile_out(const float *m, int64_t stride, int slice, float *y, int64_t outputs) {
    V t[4][6];
    for (int c = 0; c < 6; ++c) {
        V column[6], four[4];
#pragma unroll
        for (int b = 0; b < 6; ++b) column[b] = at(m + (b * 6 + c) * stride);
        out(column, four);
#pragma unroll
        for (int j = 0; j < 4; ++j) t[j][c] = four[j];
    }
    for (int j = 0; j < 4; ++j) {
        V four[4];
        out(t[j], four);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            float *near = y + (j * 4 + k) * outputs, *far = near + 16 * outputs;
            if (slice == 0) at(near) = four[k];
            else if (slice < 3) at(near) += four[k];
            if (slice == 1) at(far) = four[k];
            else if (slice > 1) at(far) -= four[k];
        }
    }
}

/// Bias, norm, PReLU and residual of one voxel, from `m` to `y`.
INLINE void finish(const KernelConvolution *p, float *m, const float *residual, float *y) {
    const int64_t O = p->outputs;
    if (p->bias)
        for (int64_t o = 0; o < O; o += L) at(m + o) += at(p->bias + o);
    const Norm n = p->normalises ? norm(m, O / L, L, p->epsilon) : Norm{0, 1};
    for (int64_t o = 0; o < O; o += L) {
        V v = (at(m + o) - n.mean) * n.factor;
        if (p->slope) v = v > 0.0f ? v : v * at(p->slope + o);
        if (residual) v += p->scale ? at(residual + o) * at(p->scale + o) : at(residual + o);
        at(y + o) = v;
    }
}

OUTLINE void frequency(const float *x, int64_t rows, int64_t stride, const float *w, int64_t channels, int64_t outputs,
                       float *y) {
    Blocked<Single, Same> store{y, stride, {}};
    const Term<Single> term{x, w};
    product(&term, 1, rows, stride, channels * L, channels / L, outputs / L, store);
}

/// What a block of tiles is worked on with.
struct Block {
    const KernelConvolution *p;
    int64_t tiles, in, out;         // floats from frequency to frequency
    float *wide, *mixed, *voxels;
};

OUTLINE void transform(const Block &k, const float *a, const float *b, int64_t start, int64_t rows, int slice) {
    const KernelConvolution *p = k.p;
    for (int64_t t = 0; t < rows; ++t) {
        const Place place = place_of(start + t, p->size);
        float *to = k.wide + t * L;
        for (int64_t c = 0; c < p->a_channels; c += L, to += k.tiles * L)
            tile_into(a + c, p->a_channels, p->size, place, slice, to, k.in);
        for (int64_t c = 0; c < p->b_channels; c += L, to += k.tiles * L)
            tile_into(b + c, p->b_channels, p->size, place, slice, to, k.in);
    }
}

OUTLINE void gather(const Block &k, int64_t rows, int slice) {
    for (int64_t t = 0; t < rows; ++t)
        for (int64_t o = 0; o < k.p->outputs; o += L)
            tile_out(k.mixed + (o / L * k.tiles + t) * L, k.out, slice, k.voxels + t * VOXELS * k.p->outputs + o,
                     k.p->outputs);
}

OUTLINE void finish_tiles(const Block &k, const float *residual, float *y, int64_t start, int64_t rows) {
    const KernelSize size = k.p->size;
    const int64_t O = k.p->outputs;
    for (int64_t t = 0; t < rows; ++t) {
        const Place place = place_of(start + t, size);
        for (int64_t n = 0; n < VOXELS; ++n) {
            const int64_t i = place.i + n / 16, j = place.j + n / 4 % 4, k_ = place.k + n % 4;
            if (j >= size.j || k_ >= size.k) continue;
            const int64_t voxel = ((i * size.j + j) * size.k + k_) * O;
            finish(k.p, k.voxels + (t * VOXELS + n) * O, residual ? residual + voxel : nullptr, y + voxel);
        }
    }
}

OUTLINE void convolution(const KernelConvolution *p, const float *a, const float *b, const float *residual, float *y,
                         int64_t first, int64_t last) {
    const int64_t C = p->a_channels + p->b_channels, O = p->outputs;
    const int64_t fitting = 160'000 / (FREQUENCIES * (C + O)) / 8 * 8;  // floats of about half a second-level cache
    const int64_t T = fitting < 16 ? 16 : fitting > 48 ? 48 : fitting;
    // One vector more between frequencies, so that those of a tile do not fall into the same few sets of the cache.
    Block k{p, T, C * T + L, O * T + L, nullptr, nullptr, nullptr};
    k.wide = scratch(FREQUENCIES * (k.in + k.out) + T * VOXELS * O);
    k.mixed = k.wide + FREQUENCIES * k.in;
    k.voxels = k.mixed + FREQUENCIES * k.out;
    for (int64_t start = first; start < last; start += T) {
        const int64_t rows = last - start < T ? last - start : T;
        for (int slice = 0; slice < 4; ++slice) {
            transform(k, a, b, start, rows, slice);
            for (int64_t f = 0; f < FREQUENCIES; ++f)
                frequency(k.wide + f * k.in, rows, T * L, p->kernel + (slice * FREQUENCIES + f) * C * O, C, O,
                          k.mixed + f * k.out);
            gather(k, rows, slice);
        }
        finish_tiles(k, residual, y, start, rows);
    }
}
