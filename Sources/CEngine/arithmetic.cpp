// Elementwise arithmetic, products and sums.
#include "internal.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/div.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>

Made engine_add(Given a, Given b) { return make([&] { return at::add(a->t, b->t); }); }
Made engine_subtract(Given a, Given b) { return make([&] { return at::sub(a->t, b->t); }); }
Made engine_multiply(Given a, Given b) { return make([&] { return at::mul(a->t, b->t); }); }
Made engine_divide(Given a, Given b) { return make([&] { return at::div(a->t, b->t); }); }
Made engine_affine(Given x, double scale, double shift) {
    return make([&] {
        auto y = scale == 1 ? x->t : at::mul(x->t, scale);
        return shift == 0 ? y : at::add(y, shift);
    });
}
Made engine_matmul(Given a, Given b) { return make([&] { return at::matmul(a->t, b->t); }); }
Made engine_softmax(Given x, int64_t axis) { return make([&] { return at::softmax(x->t, axis); }); }
Made engine_log_softmax(Given x, int64_t axis) { return make([&] { return at::log_softmax(x->t, axis); }); }
Made engine_sigmoid(Given x) { return make([&] { return at::sigmoid(x->t); }); }
Made engine_relu(Given x) { return make([&] { return at::relu(x->t); }); }
Made engine_square(Given x) { return make([&] { return at::square(x->t); }); }
Made engine_gelu(Given x) { return make([&] { return at::gelu(x->t); }); }
Made engine_sum(Given x, Sizes axes, int64_t rank, int keep) {
    return make([&] { return at::sum(x->t, sizes(axes, rank), keep != 0); });
}
Made engine_mean(Given x, Sizes axes, int64_t rank, int keep) {
    return make([&] { return at::mean(x->t, sizes(axes, rank), keep != 0); });
}
Made engine_bce_with_logits(Given logits, Given targets) {
    return make([&] { return at::binary_cross_entropy_with_logits(logits->t, targets->t); });
}
int engine_add_into(EngineTensor *sum, Given addend) {
    return guarded([&] { sum->t.add_(addend->t); }) ? 0 : -1;
}
