// Reading volumes between their voxels, row by row: 64 voxels at a time in loops that become vector instructions.
#pragma once
#include <algorithm>
#include <cstdint>

#if defined(__x86_64__) && defined(__linux__)
#define EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_PROCESSOR
#endif
#define INLINED __attribute__((always_inline)) inline

namespace {
constexpr int64_t kBlock = 64;  // voxels of a row that are worked on together

/// What is sampled where. `side` is of the volume, `out` of the places; both are dense, channel after channel.
template <class T> struct Sampling {
    const T *volume, *places;
    int64_t channels, side[3], out[3];
    bool relative, nearest;

    int64_t voxels() const { return side[0] * side[1] * side[2]; }
    int64_t positions() const { return out[0] * out[1] * out[2]; }
};

/// Where up to 64 voxels lie: on each axis the lower and the upper neighbour's offset, weight, and the weight's
/// derivative. What lies outside has weight 0 and an offset inside.
template <class T> struct Neighbours {
    int32_t offset[3][2][kBlock];
    T weight[3][2][kBlock], slope[3][2][kBlock];
};

INLINED float lower(float x) { return __builtin_floorf(x); }
INLINED double lower(double x) { return __builtin_floor(x); }
INLINED float nearby(float x) { return __builtin_rintf(x); }
INLINED double nearby(double x) { return __builtin_rint(x); }

template <class T>
INLINED void locate(const T *place, T start, T step, int64_t count, bool nearest, int64_t length, int64_t stride, int axis,
                    Neighbours<T> &found) {
    const int32_t side = static_cast<int32_t>(length), far = static_cast<int32_t>(stride);
    const T beyond = static_cast<T>(length + 1);
    for (int64_t n = 0; n < count; ++n) {
        T p = place[n] + start + step * static_cast<T>(n);
        p = p > T(-2) ? p : T(-2);  // what is no number is outside as well
        p = p < beyond ? p : beyond;
        const T whole = nearest ? nearby(p) : lower(p), part = nearest ? T(0) : p - whole;
        const int32_t low = static_cast<int32_t>(whole), high = low + 1;
        const T has_low = low >= 0 && low < side ? T(1) : T(0);
        const T has_high = !nearest && high >= 0 && high < side ? T(1) : T(0);
        found.weight[axis][0][n] = has_low * (1 - part);
        found.weight[axis][1][n] = has_high * part;
        found.slope[axis][0][n] = -has_low;
        found.slope[axis][1][n] = has_high;
        found.offset[axis][0][n] = std::min(std::max(low, 0), side - 1) * far;
        found.offset[axis][1][n] = std::min(std::max(high, 0), side - 1) * far;
    }
}

/// The neighbours of the voxels `k ..< k + count` of one row of the places.
template <class T>
INLINED void locate_row(const Sampling<T> &s, int64_t row, int64_t k, int64_t count, Neighbours<T> &found) {
    const int64_t per_sample = s.out[0] * s.out[1], sample = row / per_sample;
    const T *places = s.places + sample * 3 * s.positions() + row % per_sample * s.out[2] + k;
    const T i = s.relative ? row % per_sample / s.out[1] : 0, j = s.relative ? row % s.out[1] : 0;
    locate<T>(places, i, 0, count, s.nearest, s.side[0], s.side[1] * s.side[2], 0, found);
    locate<T>(places + s.positions(), j, 0, count, s.nearest, s.side[1], s.side[2], 1, found);
    locate<T>(places + 2 * s.positions(), s.relative ? k : 0, s.relative ? 1 : 0, count, s.nearest, s.side[2], 1, 2, found);
}

template <class T> INLINED void sample_row(const Sampling<T> &s, int64_t row, T *answer) {
    Neighbours<T> at;
    const int64_t per_sample = s.out[0] * s.out[1], sample = row / per_sample;
    for (int64_t k = 0; k < s.out[2]; k += kBlock) {
        const int64_t count = std::min(kBlock, s.out[2] - k);
        locate_row(s, row, k, count, at);
        for (int64_t c = 0; c < s.channels; ++c) {
            const T *from = s.volume + (sample * s.channels + c) * s.voxels();
            T sums[kBlock];
#pragma clang loop vectorize(enable)
            for (int64_t n = 0; n < count; ++n) {
                const int32_t low = at.offset[2][0][n], high = at.offset[2][1][n];
                const T before = at.weight[2][0][n], after = at.weight[2][1][n];
                const T *a = from + at.offset[0][0][n], *b = from + at.offset[0][1][n];
                const int32_t j = at.offset[1][0][n], next = at.offset[1][1][n];
                const T first = at.weight[1][0][n] * (before * a[j + low] + after * a[j + high]) +
                                at.weight[1][1][n] * (before * a[next + low] + after * a[next + high]);
                const T second = at.weight[1][0][n] * (before * b[j + low] + after * b[j + high]) +
                                 at.weight[1][1][n] * (before * b[next + low] + after * b[next + high]);
                sums[n] = at.weight[0][0][n] * first + at.weight[0][1][n] * second;
            }
            std::copy_n(sums, count, answer + (sample * s.channels + c) * s.positions() + row % per_sample * s.out[2] + k);
        }
    }
}

/// The gradient of one row's places; `upstream` lies as the answer, `gradient` as the places.
template <class T> INLINED void derive_row(const Sampling<T> &s, int64_t row, const T *upstream, T *gradient) {
    Neighbours<T> at;
    const int64_t per_sample = s.out[0] * s.out[1], sample = row / per_sample;
    T *to = gradient + sample * 3 * s.positions() + row % per_sample * s.out[2];
    for (int64_t k = 0; k < s.out[2]; k += kBlock) {
        const int64_t count = std::min(kBlock, s.out[2] - k);
        locate_row(s, row, k, count, at);
        T sums[3][kBlock] = {};
        for (int64_t c = 0; c < s.channels; ++c) {
            const T *from = s.volume + (sample * s.channels + c) * s.voxels();
            const T *up = upstream + (sample * s.channels + c) * s.positions() + row % per_sample * s.out[2] + k;
#pragma clang loop vectorize(enable)
            for (int64_t n = 0; n < count; ++n) {
                const int32_t low = at.offset[2][0][n], high = at.offset[2][1][n];
                const T before = at.weight[2][0][n], after = at.weight[2][1][n];
                const T *a = from + at.offset[0][0][n], *b = from + at.offset[0][1][n];
                const int32_t j = at.offset[1][0][n], next = at.offset[1][1][n];
                const T a0 = a[j + low], a1 = a[j + high], a2 = a[next + low], a3 = a[next + high];
                const T b0 = b[j + low], b1 = b[j + high], b2 = b[next + low], b3 = b[next + high];
                const T i0 = at.weight[0][0][n], i1 = at.weight[0][1][n], j0 = at.weight[1][0][n], j1 = at.weight[1][1][n];
                const T near_a = before * a0 + after * a1, far_a = before * a2 + after * a3;
                const T near_b = before * b0 + after * b1, far_b = before * b2 + after * b3;
                const T steps_a = at.slope[2][0][n] * (j0 * a0 + j1 * a2) + at.slope[2][1][n] * (j0 * a1 + j1 * a3);
                const T steps_b = at.slope[2][0][n] * (j0 * b0 + j1 * b2) + at.slope[2][1][n] * (j0 * b1 + j1 * b3);
                sums[0][n] += up[n] * (at.slope[0][0][n] * (j0 * near_a + j1 * far_a) +
                                       at.slope[0][1][n] * (j0 * near_b + j1 * far_b));
                sums[1][n] += up[n] * (i0 * (at.slope[1][0][n] * near_a + at.slope[1][1][n] * far_a) +
                                       i1 * (at.slope[1][0][n] * near_b + at.slope[1][1][n] * far_b));
                sums[2][n] += up[n] * (i0 * steps_a + i1 * steps_b);
            }
        }
        for (int axis = 0; axis < 3; ++axis) std::copy_n(sums[axis], count, to + axis * s.positions() + k);
    }
}

/// Adds what one row of the answer gives back to the planes `first ..< last` of the volume.
template <class T>
INLINED void spread_row(const Sampling<T> &s, int64_t row, const T *upstream, T *gradient, int64_t first, int64_t last) {
    Neighbours<T> at;
    const int64_t per_sample = s.out[0] * s.out[1], sample = row / per_sample, plane = s.side[1] * s.side[2];
    const int32_t begin = static_cast<int32_t>(first * plane), end = static_cast<int32_t>(last * plane);
    for (int64_t k = 0; k < s.out[2]; k += kBlock) {
        const int64_t count = std::min(kBlock, s.out[2] - k);
        locate_row(s, row, k, count, at);
        for (int64_t c = 0; c < s.channels; ++c) {
            T *to = gradient + (sample * s.channels + c) * s.voxels();
            const T *up = upstream + (sample * s.channels + c) * s.positions() + row % per_sample * s.out[2] + k;
            for (int64_t n = 0; n < count; ++n)
                for (int a = 0; a < 2; ++a) {
                    if (at.offset[0][a][n] < begin || at.offset[0][a][n] >= end || at.weight[0][a][n] == 0) continue;
                    for (int b = 0; b < 2; ++b) {
                        const T share = up[n] * at.weight[0][a][n] * at.weight[1][b][n];
                        T *line = to + at.offset[0][a][n] + at.offset[1][b][n];
                        line[at.offset[2][0][n]] += share * at.weight[2][0][n];
                        line[at.offset[2][1][n]] += share * at.weight[2][1][n];
                    }
                }
        }
    }
}

EVERY_PROCESSOR void sample_rows(const Sampling<float> &s, int64_t first, int64_t last, float *answer) {
    for (int64_t row = first; row < last; ++row) sample_row<float>(s, row, answer);
}
void sample_rows(const Sampling<double> &s, int64_t first, int64_t last, double *answer) {
    for (int64_t row = first; row < last; ++row) sample_row<double>(s, row, answer);
}
EVERY_PROCESSOR void derive_rows(const Sampling<float> &s, int64_t first, int64_t last, const float *up, float *to) {
    for (int64_t row = first; row < last; ++row) derive_row<float>(s, row, up, to);
}
void derive_rows(const Sampling<double> &s, int64_t first, int64_t last, const double *up, double *to) {
    for (int64_t row = first; row < last; ++row) derive_row<double>(s, row, up, to);
}
EVERY_PROCESSOR void spread(const Sampling<float> &s, int64_t row, const float *up, float *to, int64_t first, int64_t last) {
    spread_row<float>(s, row, up, to, first, last);
}
void spread(const Sampling<double> &s, int64_t row, const double *up, double *to, int64_t first, int64_t last) {
    spread_row<double>(s, row, up, to, first, last);
}
}  // namespace
