// The whole of libtorch that Swift may see: opaque tensors and plain C functions.
//
// Every function may be called from any thread; the work is done on one dedicated engine thread, because each calling
// thread would otherwise start an OpenMP pool of its own. Within engine_perform the hop costs nothing.
// A function that makes a tensor returns NULL on failure, one that returns int a number below zero; engine_error() then
// holds the message of this thread's last failure until the next call.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct EngineTensor EngineTensor;
typedef EngineTensor *_Nullable Made;         // owned by the caller; free with engine_free
typedef const EngineTensor *_Nonnull Given;   // borrowed for the call
typedef const EngineTensor *_Nullable Maybe;  // borrowed, or absent
typedef const int64_t *_Nonnull Sizes;

// Element types, in the order of ElementType.swift.
enum { engine_float32, engine_float64, engine_float16, engine_bfloat16, engine_int64, engine_int32, engine_int16,
       engine_int8, engine_uint8, engine_bool };
// Devices: -1 is the processor, 0 and up are CUDA devices.

// thread.cpp
const char *_Nonnull engine_error(void);
void engine_perform(void (*_Nonnull body)(void *_Nonnull), void *_Nonnull context);
// Whether the caller is the engine thread.
int engine_is_here(void);
int engine_set_gradients(int on);  // for operations to come on the engine thread; returns what it was
int engine_threads(void);
int engine_set_threads(int threads);
int engine_cuda_devices(void);
const char *_Nonnull engine_version(void);

// allocator.cpp
size_t engine_memory_peak(void);  // bytes in use at most since the last reset
void engine_memory_reset_peak(void);
void engine_memory_release(void);  // hands cached memory back to the system

// tensor.cpp
void engine_free(EngineTensor *_Nonnull);
Made engine_empty(int type, Sizes shape, int64_t rank);
Made engine_full(double value, int type, Sizes shape, int64_t rank, int device);
void *_Nullable engine_bytes(EngineTensor *_Nonnull);  // of a fresh engine_empty, last axis fastest
int engine_read(Given, int type, void *_Nonnull destination);
int64_t engine_rank(Given);
void engine_shape(Given, int64_t *_Nonnull shape);
int engine_type(Given);
int engine_device(Given);
Made engine_convert(Given, int type);
Made engine_move(Given, int device);
Made engine_reshape(Given, Sizes shape, int64_t rank);
Made engine_permute(Given, Sizes axes, int64_t rank);
Made engine_narrow(Given, int64_t axis, int64_t start, int64_t length);
Made engine_select(Given, int64_t axis, int64_t index);
Made engine_cat(const EngineTensor *_Nonnull const *_Nonnull parts, int64_t count, int64_t axis);
Made engine_expand(Given, Sizes shape, int64_t rank);
Made engine_flip(Given, Sizes axes, int64_t rank);
Made engine_take(Given, int64_t axis, Sizes indices, int64_t count);  // the slices of these indices along an axis
Made engine_pad(Given, Sizes pads, int64_t count, double value);
Made engine_contiguous(Given);
Made engine_channels_last(Given);

// arithmetic.cpp
Made engine_add(Given, Given);
Made engine_subtract(Given, Given);
Made engine_multiply(Given, Given);
Made engine_divide(Given, Given);
Made engine_affine(Given, double scale, double shift);
Made engine_matmul(Given, Given);
Made engine_softmax(Given, int64_t axis);
Made engine_log_softmax(Given, int64_t axis);
Made engine_keep_largest(Given, int64_t count, int64_t axis);
Made engine_sigmoid(Given);
Made engine_relu(Given);
Made engine_square(Given);
Made engine_gelu(Given);
Made engine_leaky_relu(Given, double slope);
Made engine_exp(Given);
Made engine_log(Given);
Made engine_sine(Given);
Made engine_cosine(Given);
Made engine_clamp(Given, double low, double high);
Made engine_sum(Given, Sizes axes, int64_t rank, int keep);
Made engine_mean(Given, Sizes axes, int64_t rank, int keep);
Made engine_bce_with_logits(Given logits, Given targets);
// Adds a block of float32, times a weight a voxel, to a part of `sum`: for accumulators that their owner alone holds.
int engine_blend(EngineTensor *_Nonnull sum, Given block, Maybe weight, Sizes corner);

// layers.cpp
Made engine_linear(Given x, Given weight, Maybe bias);
Made engine_conv_transpose3d(Given x, Given weight, Maybe bias, Sizes stride);
Made engine_layer_norm(Given x, int64_t width, Maybe weight, Maybe bias, double epsilon);
Made engine_group_norm(Given x, int64_t groups, Maybe weight, Maybe bias, double epsilon);
Made engine_prelu(Given x, Given slope);

// convolution.cpp
Made engine_conv3d(Given x, Given weight, Maybe bias, Sizes stride, Sizes padding, int64_t groups);

// volumes.cpp
Made engine_roll(Given, Sizes shifts, Sizes axes, int64_t count);
Made engine_resize3d(Given, Sizes shape);  // trilinear, corners not aligned
Made engine_average_pool3d(Given, int64_t kernel, int64_t stride, int64_t padding);  // zeros around count as voxels
// The largest voxel of boxes of [batch, channel, i, j, k]; what lies outside never counts.
Made engine_max_pool3d(Given, Sizes kernel, Sizes stride, Sizes padding);
Made engine_box_sum(Given, int64_t reach);  // over 2 reach + 1 voxels an axis, zeros outside
Made engine_instance_norm(Given, double epsilon);

// sampling.cpp
// A volume [batch, channel, i, j, k] at places [batch, 3, ...] in its voxels, or at displacements from every voxel where
// `relative`; zero outside. Without `own` libtorch's operation does it.
Made engine_sample(Given volume, Given places, int relative, int nearest, int own);

// signals.cpp
Made engine_conv2d(Given x, Given weight, Maybe bias, Sizes stride, Sizes padding, int64_t groups);
Made engine_average_pool2d(Given, Sizes kernel, Sizes stride);
Made engine_elu(Given);
// Where `training`, it normalises by the batch and moves `mean` and `variance` towards it.
Made engine_batch_norm(Given x, Given weight, Given bias, Given mean, Given variance, int training, double momentum,
                       double epsilon);
Made engine_dropout(Given, double rate, uint64_t seed);  // the same mask for the same seed and shape

// star_relu.cpp
Made engine_star_relu(Given x, Given scale, Given bias);

// gradient.cpp
Made engine_parameter(Given);  // a copy that gathers gradients
Made engine_detach(Given);
int engine_backward(Given loss);
Made engine_gradient(Given parameter);  // NULL with an empty message where there is none yet
int engine_clear_gradients(const EngineTensor *_Nonnull const *_Nonnull parameters, int64_t count);
int engine_adamw(const EngineTensor *_Nonnull const *_Nonnull parameters,
                 const EngineTensor *_Nonnull const *_Nonnull first, const EngineTensor *_Nonnull const *_Nonnull second,
                 int64_t count, double step, double rate, double beta1, double beta2, double epsilon, double decay);

#ifdef __cplusplus
}
#endif
