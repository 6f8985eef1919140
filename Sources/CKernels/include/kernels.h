// Inference kernels for float32 maps of voxels whose channels lie side by side, [i, j, k, channel].
//
// Matrices are multiplied in float32, or where `bfloat16` is set in bfloat16 with sums in float32; then packed matrices are
// rounded to it, their rows of 16 two by two: [outputs / 16, inputs / 2, 16, 2].
//
// Each does in one pass what would be several passes over memory, on tiles that stay in cache. They know nothing of tensors or
// threads: a caller shares the items of a kernel (first ..< last) among its threads. Channels are multiples of 16 unless
// said otherwise, and sizes are the caller's to check. Compiled once for each kind of processor; the best is picked.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KernelSize {
    int64_t i, j, k;
} KernelSize;

/// y = scale · x + W2 · star(W1 · norm(x)). Items are voxels.
typedef struct KernelPerceptron {
    const float *norm;                   // [channels], the weight of a layer norm without bias
    float epsilon;
    const void *widening, *narrowing;    // packed [hidden, channels] and [channels, hidden]
    float star_scale, star_bias;
    const float *scale;                  // [channels], or NULL for 1
    int64_t channels, hidden;
    bool bfloat16;
} KernelPerceptron;

/// y = x + W2 · filter(star(W1 · norm(x))) with a depth-wise 3×3×3 filter. Items are planes i.
typedef struct KernelSeparable {
    const float *norm;
    float epsilon;
    const void *widening, *narrowing;    // packed
    float star_scale, star_bias;
    const float *filter;                 // [3, 3, 3, hidden]
    int64_t channels, hidden;
    KernelSize size;
    bool bfloat16;
} KernelSeparable;

/// A 3×3×3 convolution with zeros around the volume, by Winograd's minimal filtering: 64 products for 8 voxels, not 216.
/// y = conv(a, b); then, where asked for: + bias, normalised over channels, PReLU, + scale · residual. Items are tiles,
/// as many as `kernel_tiles` says; sides are even.
typedef struct KernelConvolution {
    int64_t a_channels, b_channels;      // the input is a's channels, then b's; b_channels may be 0
    int64_t outputs;
    KernelSize size;
    const float *kernel;                 // of kernel_transform
    const float *bias;                   // [outputs] or NULL
    bool normalises;                     // zero mean and unit variance over a voxel's channels
    float epsilon;
    const float *slope;                  // [outputs] or NULL
    const float *scale;                  // [outputs], or NULL for 1
} KernelConvolution;

/// A 3×3×3 convolution with stride 2 and zeros around the volume. Items are rows (i, j) of the output; sides are even.
typedef struct KernelHalving {
    int64_t channels, outputs;           // fewer than 16 channels are allowed, too
    KernelSize size;                     // of the input
    const void *kernel;                  // packed [outputs, 27 · channels], taps outermost; few channels: padded to 16s
    const float *bias;                   // [outputs]
    const float *pre_norm, *post_norm;   // weights of layer norms before or after, or NULL
    float epsilon;
    bool bfloat16;                       // not with fewer than 16 channels
} KernelHalving;

/// x · scale + shift by channel, then the transposed convolution with kernel 2 and stride 2. Items are rows (i, j) of the input.
typedef struct KernelDoubling {
    int64_t channels, outputs;
    KernelSize size;                     // of the input
    const void *kernel;                  // packed [8 · outputs, channels], the tap outermost
    const float *scale, *shift;          // [channels]
    const float *bias;                   // [outputs] or NULL; only if `channels_first`
    bool channels_first;                 // the answer lies as [outputs, 2i, 2j, 2k]: for few outputs, of any number
    bool bfloat16;
} KernelDoubling;

typedef struct Kernels {
    const char *name;
    void (*layer_norm)(const float *weight, float epsilon, int64_t channels, const float *x, float *y, int64_t first,
                       int64_t last);
    /// Adds the sum and the sum of squares of x[first ..< last] to `sums`; both are multiples of 16.
    void (*moments)(const float *x, int64_t first, int64_t last, double *sums);
    void (*perceptron)(const KernelPerceptron *, const float *x, float *y, int64_t first, int64_t last);
    void (*separable)(const KernelSeparable *, const float *x, float *y, int64_t first, int64_t last);
    void (*convolution)(const KernelConvolution *, const float *a, const float *b, const float *residual, float *y,
                        int64_t first, int64_t last);
    void (*halving)(const KernelHalving *, const float *x, float *y, int64_t first, int64_t last);
    void (*doubling)(const KernelDoubling *, const float *x, float *y, int64_t first, int64_t last);
} Kernels;

/// The kernels in use: the best that the processor runs, or those that `kernels_use` named.
const Kernels *kernels(void);
/// Uses the kernels of this name ("avx512bf16", "avx512", "avx2", "plain"), or the best for NULL; false if this processor lacks them.
bool kernels_use(const char *name);

/// Floats of a packed matrix [outputs, inputs]: both rounded up to 16s.
int64_t kernel_packed_count(int64_t outputs, int64_t inputs);
/// Packs [outputs, inputs] as blocks of 16 outputs, [outputs / 16, inputs, 16], with zeros where there is nothing.
void kernel_pack(const float *matrix, int64_t outputs, int64_t inputs, float *packed);
/// Floats of a transformed kernel.
int64_t kernel_transformed_count(int64_t outputs, int64_t channels);
/// Transforms a kernel [outputs, channels, 3, 3, 3] to [frequency, outputs / 16, channels, 16] for `convolution`. Items are pairs
/// of a block of outputs and a channel, outputs / 16 · channels of them.
void kernel_transform(const float *kernel, int64_t outputs, int64_t channels, float *transformed, int64_t first,
                      int64_t last);
/// Tiles of a volume for `convolution`.
int64_t kernel_tiles(KernelSize size);

#ifdef __cplusplus
}
#endif
