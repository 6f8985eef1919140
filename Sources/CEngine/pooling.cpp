#include "pooling.h"

#include "internal.hpp"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/max_pool3d.h>

Made engine_max_pool3d(Given x, Sizes kernel, Sizes stride, Sizes padding) {
    return make([&] { return at::max_pool3d(x->t, sizes(kernel, 3), sizes(stride, 3), sizes(padding, 3)); });
}

Made engine_batch_norm(Given x, Given weight, Given bias, Given mean, Given variance, int training, double momentum,
                       double epsilon) {
    return make([&] {
        return at::batch_norm(x->t, weight->t, bias->t, mean->t, variance->t, training != 0, momentum, epsilon, false);
    });
}
