// Gradients and the optimiser's step.
#include "internal.hpp"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <c10/core/GradMode.h>
#include <vector>

Made engine_parameter(Given x) {
    return make([&] { return x->t.detach().clone().set_requires_grad(true); });
}
Made engine_detach(Given x) { return make([&] { return x->t.detach(); }); }
int engine_backward(Given loss) {
    return guarded([&] { loss->t.backward(); }) ? 0 : -1;
}
Made engine_gradient(Given parameter) {
    bool there = false;
    auto made = make([&] {
        there = parameter->t.grad().defined();
        return parameter->t.grad();
    });
    if (made && !there) {
        engine_free(made);
        set_error("");
        return nullptr;
    }
    return made;
}

static std::vector<at::Tensor> list(const EngineTensor *const *tensors, int64_t count) {
    std::vector<at::Tensor> made;
    for (int64_t i = 0; i < count; ++i) made.push_back(tensors[i]->t);
    return made;
}

int engine_clear_gradients(const EngineTensor *const *parameters, int64_t count) {
    return guarded([&] {
        for (auto &tensor : list(parameters, count)) tensor.mutable_grad() = at::Tensor();
    }) ? 0 : -1;
}

// Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019. Parameters without a gradient stay.
int engine_adamw(const EngineTensor *const *parameters, const EngineTensor *const *first,
                 const EngineTensor *const *second, int64_t count, double step, double rate, double beta1, double beta2,
                 double epsilon, double decay) {
    return guarded([&] {
        c10::AutoGradMode off(false);
        std::vector<at::Tensor> weights, gradients, means, squares, steps;
        for (int64_t i = 0; i < count; ++i) {
            if (!parameters[i]->t.grad().defined()) continue;
            weights.push_back(parameters[i]->t);
            // The fused kernel walks memory: all four must lie alike.
            gradients.push_back(parameters[i]->t.grad().contiguous());
            means.push_back(first[i]->t);
            squares.push_back(second[i]->t);
            // The kernel counts from the number of steps that have been taken, this one included.
            steps.push_back(at::full({}, step, at::TensorOptions(at::kFloat).device(parameters[i]->t.device())));
        }
        at::_fused_adamw_(weights, gradients, means, squares, {}, steps, rate, beta1, beta2, decay, epsilon, false, false);
    }) ? 0 : -1;
}
