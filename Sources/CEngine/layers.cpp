// The operations that layers of networks are made of.
#include "internal.hpp"

#include <ATen/ops/conv3d.h>
#include <ATen/ops/conv_transpose3d.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/prelu.h>

Made engine_linear(Given x, Given weight, Maybe bias) {
    return make([&] { return at::linear(x->t, weight->t, optional(bias)); });
}
Made engine_conv3d(Given x, Given weight, Maybe bias, Sizes stride, Sizes padding, int64_t groups) {
    return make([&] {
        return at::conv3d(x->t, weight->t, optional(bias), sizes(stride, 3), sizes(padding, 3), 1, groups);
    });
}
Made engine_conv_transpose3d(Given x, Given weight, Maybe bias, Sizes stride) {
    return make([&] { return at::conv_transpose3d(x->t, weight->t, optional(bias), sizes(stride, 3)); });
}
Made engine_layer_norm(Given x, int64_t width, Maybe weight, Maybe bias, double epsilon) {
    return make([&] { return at::layer_norm(x->t, {width}, optional(weight), optional(bias), epsilon); });
}
Made engine_group_norm(Given x, int64_t groups, Maybe weight, Maybe bias, double epsilon) {
    return make([&] { return at::group_norm(x->t, groups, optional(weight), optional(bias), epsilon); });
}
Made engine_prelu(Given x, Given slope) { return make([&] { return at::prelu(x->t, slope->t); }); }
