// What networks on trials [batch, feature, channel, time] need: planar convolutions and pooling, batch norm, dropout.
#include "internal.hpp"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>

namespace {
/// Number `n` of the SplitMix64 sequence of a seed, so that a mask hangs on its seed alone.
uint64_t drawn(uint64_t seed, uint64_t n) {
    uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
}  // namespace

Made engine_conv2d(Given x, Given weight, Maybe bias, Sizes stride, Sizes padding, int64_t groups) {
    return make([&] {
        return at::conv2d(x->t, weight->t, optional(bias), sizes(stride, 2), sizes(padding, 2), {1, 1}, groups);
    });
}
Made engine_average_pool2d(Given x, Sizes kernel, Sizes stride) {
    return make([&] { return at::avg_pool2d(x->t, sizes(kernel, 2), sizes(stride, 2)); });
}
Made engine_elu(Given x) { return make([&] { return at::elu(x->t); }); }
Made engine_batch_norm(Given x, Given weight, Given bias, Given mean, Given variance, int training, double momentum,
                       double epsilon) {
    return make([&] {
        return at::batch_norm(x->t, weight->t, bias->t, mean->t, variance->t, training != 0, momentum, epsilon, false);
    });
}
Made engine_dropout(Given x, double rate, uint64_t seed) {
    return make([&] {
        TORCH_CHECK(rate >= 0 && rate < 1, "a rate of ", rate);
        auto mask = at::empty(x->t.sizes(), at::TensorOptions().dtype(at::kFloat));
        auto *values = mask.mutable_data_ptr<float>();
        const auto kept = static_cast<float>(1 / (1 - rate));
        for (int64_t n = 0, count = mask.numel(); n < count; ++n)
            values[n] = static_cast<double>(drawn(seed, n) >> 11) * 0x1p-53 < rate ? 0.0f : kept;
        return at::mul(x->t, mask.to(x->t.options()));
    });
}
