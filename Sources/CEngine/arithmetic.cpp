// Elementwise arithmetic, products and sums.
#include "internal.hpp"
#include "parallel.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>

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
Made engine_keep_largest(Given x, int64_t count, int64_t axis) {
    return make([&] {
        auto [values, places] = at::topk(x->t, count, axis);
        return at::zeros_like(x->t).scatter(axis, places, values);
    });
}
Made engine_log_softmax(Given x, int64_t axis) { return make([&] { return at::log_softmax(x->t, axis); }); }
Made engine_sigmoid(Given x) { return make([&] { return at::sigmoid(x->t); }); }
Made engine_relu(Given x) { return make([&] { return at::relu(x->t); }); }
Made engine_square(Given x) { return make([&] { return at::square(x->t); }); }
Made engine_gelu(Given x) { return make([&] { return at::gelu(x->t); }); }
Made engine_leaky_relu(Given x, double slope) { return make([&] { return at::leaky_relu(x->t, slope); }); }
Made engine_exp(Given x) { return make([&] { return at::exp(x->t); }); }
Made engine_log(Given x) { return make([&] { return at::log(x->t); }); }
Made engine_sine(Given x) { return make([&] { return at::sin(x->t); }); }
Made engine_cosine(Given x) { return make([&] { return at::cos(x->t); }); }
Made engine_clamp(Given x, double low, double high) { return make([&] { return at::clamp(x->t, low, high); }); }
Made engine_sum(Given x, Sizes axes, int64_t rank, int keep) {
    return make([&] { return at::sum(x->t, sizes(axes, rank), keep != 0); });
}
Made engine_mean(Given x, Sizes axes, int64_t rank, int keep) {
    return make([&] { return at::mean(x->t, sizes(axes, rank), keep != 0); });
}
Made engine_bce_with_logits(Given logits, Given targets) {
    return make([&] { return at::binary_cross_entropy_with_logits(logits->t, targets->t); });
}
int engine_blend(EngineTensor *sum, Given block, Maybe weight, Sizes corner) {
    return guarded([&] {
        const auto given = block->t.dim() == 3 ? block->t.unsqueeze(0).contiguous() : block->t.contiguous();
        const int64_t channels = given.size(0), I = given.size(1), J = given.size(2), K = given.size(3);
        const auto whole = sum->t.sizes().slice(sum->t.dim() - 3);
        for (int axis = 0; axis < 3; ++axis)
            TORCH_CHECK(corner[axis] >= 0 && corner[axis] + given.size(axis + 1) <= whole[axis], "a block of ",
                        given.sizes(), " leaves the volume ", whole);
        TORCH_CHECK(sum->t.numel() == channels * whole[0] * whole[1] * whole[2], "expected ", sum->t.sizes(), ", found ",
                    given.sizes());
        TORCH_CHECK(!weight || weight->t.numel() == I * J * K, "the weight has another size than the block");
        const float *from = given.const_data_ptr<float>(), *w = weight ? weight->t.const_data_ptr<float>() : nullptr;
        float *to = sum->t.mutable_data_ptr<float>();
        in_parallel(channels * I, 1, [&](int64_t first, int64_t last) {
            for (int64_t n = first; n < last; ++n)
                for (int64_t j = 0; j < J; ++j) {
                    const int64_t i = n / I * whole[0] + corner[0] + n % I;
                    float *row = to + (i * whole[1] + corner[1] + j) * whole[2] + corner[2];
                    const float *x = from + (n * J + j) * K, *scale = w ? w + (n % I * J + j) * K : nullptr;
                    for (int64_t k = 0; k < K; ++k) row[k] += scale ? x[k] * scale[k] : x[k];
                }
        });
    })
               ? 0
               : -1;
}
