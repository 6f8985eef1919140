// Layer norm over a voxel's channels, and the moments that a group norm wants.

typedef float Half __attribute__((vector_size(32)));
typedef float Quarter __attribute__((vector_size(16)));

INLINE float total(V v) {
    const Half h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                   __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    const Quarter q = __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
    return (q[0] + q[1]) + (q[2] + q[3]);
}

struct Norm {
    float mean, factor;
};

/// Mean and 1 / √(variance + epsilon) of the blocks of 16 that lie `stride` apart.
INLINE Norm norm(const float *x, int64_t blocks, int64_t stride, float epsilon) {
    V sum = {}, squares = {};
    for (int64_t b = 0; b < blocks; ++b) sum += at(x + b * stride);
    const float count = blocks * L, mean = total(sum) / count;
    for (int64_t b = 0; b < blocks; ++b) {
        const V d = at(x + b * stride) - mean;
        squares += d * d;
    }
    return {mean, 1 / __builtin_sqrtf(total(squares) / count + epsilon)};
}

/// Normalises voxels of [channel] into blocks, [channels / 16][rows][16].
template <class N>
INLINE void normalised_blocks(const float *x, int64_t rows, int64_t channels, const float *weight, float epsilon,
                              typename N::Element *y, int64_t stride) {
    for (int64_t r = 0; r < rows; ++r, x += channels) {
        const Norm n = norm(x, channels / L, L, epsilon);
        for (int64_t c = 0; c < channels; c += L)
            N::put(y + c / L * stride + r * L, (at(x + c) - n.mean) * n.factor * at(weight + c));
    }
}

OUTLINE void layer_norm(const float *weight, float epsilon, int64_t channels, const float *x, float *y, int64_t first,
                        int64_t last) {
    for (int64_t row = first; row < last; ++row)
        normalised_blocks<Single>(x + row * channels, 1, channels, weight, epsilon, y + row * channels, L);
}

/// Adds the sum and the sum of squares of x[first ..< last], a multiple of 16, to `sums`.
OUTLINE void moments(const float *x, int64_t first, int64_t last, double *sums) {
    constexpr int64_t chunk = 4096;  // summed in float32 before it goes into the double
    for (int64_t start = first; start < last; start += chunk) {
        V sum = {}, squares = {};
        for (int64_t n = start; n < (last < start + chunk ? last : start + chunk); n += L) {
            const V v = at(x + n);
            sum += v;
            squares += v * v;
        }
        sums[0] += total(sum);
        sums[1] += total(squares);
    }
}
