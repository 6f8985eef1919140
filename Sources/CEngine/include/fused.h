// Inference kernels that do several layers in one pass: maps [batch, i, j, k, channel], float32 on the processor. Channels are
// multiples of 16, but for the input of engine_fused_halving and the output of the last engine_fused_doubling.
#pragma once
#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A layer norm without bias.
typedef struct FusedNorm {
    Given weight;  // [channels]
    float epsilon;
} FusedNorm;

/// Two linear maps without bias, both packed, and the StarReLU between.
typedef struct FusedStar {
    Given widening, narrowing;
    float scale, bias;
    int64_t hidden;
} FusedStar;

/// A 3x3x3 convolution and what follows it.
typedef struct FusedConvolution {
    Given kernel;                         // of engine_transformed
    int64_t channels, outputs;
    const FusedNorm *_Nullable norm;      // before; then what comes in is added to the answer, times `scale`
    Maybe bias;                           // [outputs]
    int normalises;                       // zero mean and unit variance over a voxel's channels, after the convolution
    float epsilon;
    Maybe slope, scale;                   // [outputs]: of a PReLU, of the residual
} FusedConvolution;

/// [outputs, inputs] for the kernels, which multiply in bfloat16 where it is packed so.
Made engine_packed(Given matrix, int32_t in_bfloat16);
Made engine_transformed(Given kernel);    // [outputs, channels, 3, 3, 3]

/// scale * x + narrowing(star(widening(norm(x))))
Made engine_fused_perceptron(Given x, const FusedNorm *_Nonnull norm, const FusedStar *_Nonnull star, Maybe scale);
/// x + narrowing(filter(star(widening(norm(x))))), the filter as [3, 3, 3, hidden]
Made engine_fused_separable(Given x, const FusedNorm *_Nonnull norm, const FusedStar *_Nonnull star, Given filter);
/// The convolution of x's channels and, after them, those of `second`.
Made engine_fused_convolution(Given x, Maybe second, const FusedConvolution *_Nonnull convolution);
/// 3x3x3 with stride 2; the kernel packed from [outputs, 27 * channels], a tap's channels side by side.
Made engine_fused_halving(Given x, Given kernel, Given bias, const FusedNorm *_Nullable before,
                          const FusedNorm *_Nullable after);
/// A group norm over all, then the transposed convolution with kernel 2 and stride 2, packed from [8 * outputs, channels]. With
/// `answer_bias` the answer is [batch, outputs, 2i, 2j, 2k].
Made engine_fused_doubling(Given x, Given kernel, Given weight, Given bias, Maybe answer_bias, int64_t outputs);

/// The kernels in use: "avx512bf16", "avx512", "avx2" or "plain".
const char *_Nonnull engine_kernels(void);
/// Uses the kernels of this name, or the best for NULL; 0 if this processor lacks them.
int32_t engine_use_kernels(const char *_Nullable name);

#ifdef __cplusplus
}
#endif
