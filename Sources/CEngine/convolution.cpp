// Convolutions in three dimensions, float32 on the processor: oneDNN whatever the size.
//
// Left to itself the engine unfolds small volumes into matrices, several times slower, and its backward pass over
// depth-wise convolutions with a voxel's channels side by side is thirty times slower than the forward pass.
#include "internal.hpp"
#include "parallel.hpp"

#include <ATen/Config.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/mkldnn_convolution.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

// Compiled once for each kind of processor; the loader picks.
#if defined(__x86_64__) && defined(__linux__)
#define EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_PROCESSOR
#endif

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLanes = 16;  // channels that are worked on together

/// Adds, for one plane i of one sample, the products of shifted inputs and gradients to `sums`, [27, channels].
/// Both lie as [i, j, k, channel].
EVERY_PROCESSOR
void add_plane(const float *input, const float *gradient, float *sums, int64_t i, int64_t I, int64_t J, int64_t K,
               int64_t channels) {
    for (int64_t a = 0; a < 3; ++a) {
        const int64_t from_i = i + a - 1;
        if (from_i < 0 || from_i >= I) continue;
        for (int64_t b = 0; b < 3; ++b)
            for (int64_t j = std::max<int64_t>(0, 1 - b); j < std::min(J, J + 1 - b); ++j) {
                const float *row = input + (from_i * J + j + b - 1) * K * channels;
                const float *up = gradient + (i * J + j) * K * channels;
                float *taps = sums + (a * 3 + b) * 3 * channels;
                for (int64_t c = 0; c < channels; c += kLanes) {
                    float left[kLanes] = {}, middle[kLanes] = {}, right[kLanes] = {};
                    for (int64_t k = 0; k < K; ++k) {
                        const float *x = row + k * channels + c, *g = up + k * channels + c;
                        for (int64_t n = 0; n < kLanes; ++n) middle[n] += x[n] * g[n];
                        if (k > 0)
                            for (int64_t n = 0; n < kLanes; ++n) left[n] += x[n - channels] * g[n];
                        if (k + 1 < K)
                            for (int64_t n = 0; n < kLanes; ++n) right[n] += x[n + channels] * g[n];
                    }
                    for (int64_t n = 0; n < kLanes; ++n) {
                        taps[c + n] += left[n];
                        taps[channels + c + n] += middle[n];
                        taps[2 * channels + c + n] += right[n];
                    }
                }
            }
    }
}

/// The gradient of a depth-wise 3×3×3 kernel, [channels, 1, 3, 3, 3]. Planes are summed in a fixed order.
at::Tensor depthwise_weight_gradient(const at::Tensor &given, const at::Tensor &upstream) {
    auto x = given.contiguous(at::MemoryFormat::ChannelsLast3d);
    auto g = upstream.contiguous(at::MemoryFormat::ChannelsLast3d);
    const int64_t N = x.size(0), C = x.size(1), I = x.size(2), J = x.size(3), K = x.size(4);
    auto sums = at::empty({N * I, 27, C}, x.options()).zero_();
    const float *input = x.const_data_ptr<float>(), *gradient = g.const_data_ptr<float>();
    float *places = sums.mutable_data_ptr<float>();
    in_parallel(N * I, 1, [&](int64_t first, int64_t last) {
        for (int64_t plane = first; plane < last; ++plane) {
            const int64_t sample = plane / I * I * J * K * C;
            add_plane(input + sample, gradient + sample, places + plane * 27 * C, plane % I, I, J, K, C);
        }
    });
    return at::sum(sums, {0}).t().contiguous().view({C, 1, 3, 3, 3});
}

struct Convolution : torch::autograd::Function<Convolution> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
                              const std::optional<at::Tensor> &bias, at::IntArrayRef stride, at::IntArrayRef padding,
                              int64_t groups) {
        context->save_for_backward({x, weight});
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        context->saved_data["groups"] = groups;
        context->saved_data["bias"] = bias.has_value();
        return at::mkldnn_convolution(x, weight, bias, padding, stride, {1, 1, 1}, groups);
    }

    static bool is_depthwise(const at::Tensor &x, const at::Tensor &weight, const std::vector<int64_t> &stride,
                             const std::vector<int64_t> &padding, int64_t groups) {
        const std::vector<int64_t> one{1, 1, 1};
        return groups == x.size(1) && groups == weight.size(0) && groups % kLanes == 0 && weight.size(2) == 3 &&
               weight.size(3) == 3 && weight.size(4) == 3 && stride == one && padding == one;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        const auto &x = saved[0], &weight = saved[1];
        const auto stride = context->saved_data["stride"].toIntVector();
        const auto padding = context->saved_data["padding"].toIntVector();
        const int64_t groups = context->saved_data["groups"].toInt();
        const bool has_bias = context->saved_data["bias"].toBool();
        const auto up = gradients[0].contiguous(at::MemoryFormat::ChannelsLast3d);
        at::Tensor input, kernel, bias;
        if (is_depthwise(x, weight, stride, padding, groups)) {
            // The input's gradient is the convolution of the upstream one with the mirrored kernel.
            if (context->needs_input_grad(0))
                input = at::mkldnn_convolution(up, at::flip(weight, {2, 3, 4}), std::nullopt, padding, stride, {1, 1, 1}, groups);
            if (context->needs_input_grad(1)) kernel = depthwise_weight_gradient(x, up);
            if (has_bias) bias = at::sum(up, {0, 2, 3, 4});
        } else {
            // A single small volume would be unfolded; two are not. The second one adds nothing: its gradient is zero.
            const bool alone = x.size(0) == 1 && x.size(1) * x.size(2) * x.size(3) <= 20480;
            std::tie(input, kernel, bias) = at::convolution_backward(
                alone ? at::cat({up, at::zeros_like(up)}) : up, alone ? at::cat({x, x}) : x, weight,
                has_bias ? at::OptionalIntArrayRef(weight.size(0)) : std::nullopt, stride, padding, {1, 1, 1}, false,
                {0, 0, 0}, groups, {context->needs_input_grad(0), context->needs_input_grad(1), has_bias});
            if (alone && input.defined()) input = input.narrow(0, 0, 1);
        }
        return {input, kernel, bias, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};
}  // namespace

Made engine_conv3d(Given x, Given weight, Maybe bias, Sizes stride, Sizes padding, int64_t groups) {
    return make([&] {
        // Sizes that do not fit together go to the engine's own operation, which says so.
        const bool fits = x->t.dim() == 5 && weight->t.dim() == 5 && x->t.size(1) == weight->t.size(1) * groups;
        if (AT_MKLDNN_ENABLED() && fits && x->t.is_cpu() && x->t.scalar_type() == at::kFloat &&
            weight->t.scalar_type() == at::kFloat)
            return Convolution::apply(x->t, weight->t, optional(bias), sizes(stride, 3), sizes(padding, 3), groups);
        return at::conv3d(x->t, weight->t, optional(bias), sizes(stride, 3), sizes(padding, 3), 1, groups);
    });
}
