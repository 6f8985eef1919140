// The operations that layers of networks are made of.
#include "internal.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/conv_transpose3d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/prelu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/var_mean.h>
#include <vector>

Made engine_linear(Given x, Given weight, Maybe bias) {
    return make([&] { return at::linear(x->t, weight->t, optional(bias)); });
}
Made engine_conv_transpose3d(Given x, Given weight, Maybe bias, Sizes stride) {
    return make([&] { return at::conv_transpose3d(x->t, weight->t, optional(bias), sizes(stride, 3)); });
}
Made engine_layer_norm(Given x, int64_t width, Maybe weight, Maybe bias, double epsilon) {
    return make([&] { return at::layer_norm(x->t, {width}, optional(weight), optional(bias), epsilon); });
}
Made engine_group_norm(Given x, int64_t groups, Maybe weight, Maybe bias, double epsilon) {
    return make([&] {
        // With a voxel's channels side by side the engine sums in float32 all the way: 2e-4 off at 64³. Over a single
        // group the moments are had exactly and cheaply by themselves.
        if (groups != 1) return at::group_norm(x->t, groups, optional(weight), optional(bias), epsilon);
        std::vector<int64_t> all, channel(x->t.dim(), 1);
        for (int64_t axis = 1; axis < x->t.dim(); ++axis) all.push_back(axis);
        channel[1] = x->t.size(1);
        auto [variance, mean] = at::var_mean(x->t, all, std::optional<at::Scalar>(0), true);
        auto scale = at::rsqrt(at::add(variance, epsilon));
        if (weight) scale = at::mul(scale, weight->t.view(channel));
        auto shift = at::neg(at::mul(mean, scale));
        if (bias) shift = at::add(shift, bias->t.view(channel));
        return at::addcmul(shift, x->t, scale);
    });
}
Made engine_prelu(Given x, Given slope) { return make([&] { return at::prelu(x->t, slope->t); }); }
