// StarReLU, scale · relu(x)² + bias with two scalars, in one pass over memory each way.
//
// Composed of the engine's own operations it would read and write every feature map four times, which costs more than
// the convolutions between. Other types than float32 on the processor take the composed way.
#include "internal.hpp"
#include "parallel.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/square.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
constexpr int64_t kChunk = 1 << 15;  // values summed by one thread before its sum is put aside: fixed, so sums repeat

at::Tensor dense(const at::Tensor &x) { return x.is_non_overlapping_and_dense() ? x : x.contiguous(); }

struct StarReLU : torch::autograd::Function<StarReLU> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given, const at::Tensor &scale,
                              const at::Tensor &bias) {
        auto x = dense(given);
        auto y = at::empty_like(x);
        const float a = scale.item<float>(), b = bias.item<float>();
        const float *from = x.const_data_ptr<float>();
        float *to = y.mutable_data_ptr<float>();
        in_parallel(x.numel(), kChunk, [&](int64_t first, int64_t last) {
            for (int64_t n = first; n < last; ++n) {
                const float positive = from[n] > 0 ? from[n] : 0;
                to[n] = a * positive * positive + b;
            }
        });
        context->save_for_backward({x, scale});
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0];
        // The gradient may lie in memory in another order than x.
        auto upstream = at::empty_like(x).copy_(gradients[0]);
        auto gradient = at::empty_like(x);
        const float a = saved[1].item<float>();
        const float *from = x.const_data_ptr<float>(), *up = upstream.const_data_ptr<float>();
        float *to = gradient.mutable_data_ptr<float>();
        const int64_t count = x.numel(), chunks = (count + kChunk - 1) / kChunk;
        std::vector<double> scales(chunks), biases(chunks);
        in_parallel(chunks, 1, [&](int64_t first, int64_t last) {
            for (int64_t chunk = first; chunk < last; ++chunk) {
                float s = 0, b = 0;
                const int64_t end = std::min(count, (chunk + 1) * kChunk);
#pragma clang loop vectorize(enable)
                for (int64_t n = chunk * kChunk; n < end; ++n) {
#pragma clang fp reassociate(on)
                    const float positive = from[n] > 0 ? from[n] : 0;
                    to[n] = 2 * a * positive * up[n];
                    s += positive * positive * up[n];
                    b += up[n];
                }
                scales[chunk] = s;
                biases[chunk] = b;
            }
        });
        double scale = 0, bias = 0;
        for (int64_t chunk = 0; chunk < chunks; ++chunk) scale += scales[chunk], bias += biases[chunk];
        auto shaped = [&](double value) { return at::empty_like(saved[1]).fill_(value); };
        return {gradient, shaped(scale), shaped(bias)};
    }
};
}  // namespace

Made engine_star_relu(Given x, Given scale, Given bias) {
    return make([&] {
        if (x->t.is_cpu() && x->t.scalar_type() == at::kFloat) return StarReLU::apply(x->t, scale->t, bias->t);
        return at::add(at::mul(at::square(at::relu(x->t)), scale->t), bias->t);
    });
}
