// What residual networks need beside convolutions.
#pragma once
#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

// The largest voxel of boxes of [batch, channel, i, j, k]; what lies outside never counts.
Made engine_max_pool3d(Given, Sizes kernel, Sizes stride, Sizes padding);
// With `training`, by the moments of this batch, which are blended into `mean` and `variance` with the weight `momentum`.
Made engine_batch_norm(Given x, Given weight, Given bias, Given mean, Given variance, int training, double momentum,
                       double epsilon);

#ifdef __cplusplus
}
#endif
