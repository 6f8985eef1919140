// Volumes read at places between their voxels: what warps an image along a field of displacements.
//
// libtorch's own operation runs on one thread at batch 1. Here rows of the output are shared among threads, and the
// pass backward over the volume by slabs of the volume, so that no two threads write to one voxel and sums never change
// with the threads.
#include "internal.hpp"
#include "parallel.hpp"
#include "sampling.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/grid_sampler_3d.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <limits>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Shares the pass backward over the volume: each part is one slab of one sample, and takes the rows that reach it.
template <class T> void spread_all(const Sampling<T> &s, int64_t samples, const T *upstream, T *gradient) {
    const int64_t per_sample = s.out[0] * s.out[1], rows = samples * per_sample;
    std::vector<T> lowest(rows), highest(rows);
    in_parallel(rows, 64, [&](int64_t first, int64_t last) {
        for (int64_t row = first; row < last; ++row) {
            const T *place = s.places + row / per_sample * 3 * s.positions() + row % per_sample * s.out[2];
            const T i = s.relative ? row % per_sample / s.out[1] : 0;
            const auto [least, most] = std::minmax_element(place, place + s.out[2]);
            lowest[row] = *least + i - 1;
            highest[row] = *most + i + 1;
        }
    });
    const int64_t slab = std::max<int64_t>(1, s.side[0] / 16), slabs = (s.side[0] + slab - 1) / slab;
    in_parallel(samples * slabs, 1, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
            const int64_t first = part % slabs * slab, last = std::min(s.side[0], first + slab);
            for (int64_t row = part / slabs * per_sample; row < (part / slabs + 1) * per_sample; ++row) {
                // Written so that a row with a place that is no number is looked at.
                if (lowest[row] > static_cast<T>(last) || highest[row] < static_cast<T>(first)) continue;
                spread(s, row, upstream, gradient, first, last);
            }
        }
    });
}

template <class T>
Sampling<T> described(const at::Tensor &volume, const at::Tensor &places, bool relative, bool nearest) {
    Sampling<T> s{volume.const_data_ptr<T>(), places.const_data_ptr<T>(), volume.size(1), {}, {}, relative, nearest};
    for (int axis = 0; axis < 3; ++axis) s.side[axis] = volume.size(axis + 2), s.out[axis] = places.size(axis + 2);
    return s;
}

struct Sample : torch::autograd::Function<Sample> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &volume, const at::Tensor &places, bool relative,
                              bool nearest) {
        const auto x = volume.contiguous(), p = places.contiguous();
        context->save_for_backward({x, p});
        context->saved_data["relative"] = relative;
        context->saved_data["nearest"] = nearest;
        auto y = at::empty({x.size(0), x.size(1), p.size(2), p.size(3), p.size(4)}, x.options());
        const int64_t rows = p.size(0) * p.size(2) * p.size(3);
        const auto work = [&](auto zero) {
            using T = decltype(zero);
            const auto s = described<T>(x, p, relative, nearest);
            T *to = y.template mutable_data_ptr<T>();
            in_parallel(rows, 16, [&](int64_t first, int64_t last) { sample_rows(s, first, last, to); });
        };
        x.scalar_type() == at::kFloat ? work(0.0f) : work(0.0);
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto &x = saved[0], &p = saved[1];
        const bool relative = context->saved_data["relative"].toBool(), nearest = context->saved_data["nearest"].toBool();
        const auto up = gradients[0].contiguous();
        at::Tensor volume, places;
        if (context->needs_input_grad(0)) volume = at::zeros_like(x);
        if (context->needs_input_grad(1)) places = nearest ? at::zeros_like(p) : at::empty(p.sizes(), p.options());
        const auto work = [&](auto zero) {
            using T = decltype(zero);
            const auto s = described<T>(x, p, relative, nearest);
            const T *from = up.template const_data_ptr<T>();
            if (volume.defined()) spread_all(s, x.size(0), from, volume.template mutable_data_ptr<T>());
            if (!places.defined() || nearest) return;
            T *to = places.template mutable_data_ptr<T>();
            in_parallel(p.size(0) * p.size(2) * p.size(3), 16,
                        [&](int64_t first, int64_t last) { derive_rows(s, first, last, from, to); });
        };
        x.scalar_type() == at::kFloat ? work(0.0f) : work(0.0);
        return {volume, places, at::Tensor(), at::Tensor()};
    }
};

/// The same by libtorch's operation, on any device.
at::Tensor sampled_by_libtorch(const at::Tensor &volume, const at::Tensor &places, bool relative, bool nearest) {
    std::vector<at::Tensor> axes;
    for (int axis = 2; axis >= 0; --axis) {
        auto p = places.select(1, axis);
        if (relative) {
            std::vector<int64_t> shape(4, 1);
            shape[axis + 1] = p.size(axis + 1);
            p = at::add(p, at::arange(p.size(axis + 1), p.options()).view(shape));
        }
        const double side = static_cast<double>(volume.size(axis + 2));
        axes.push_back(at::add(at::mul(p, 2 / side), 1 / side - 1));
    }
    return at::grid_sampler_3d(volume, at::stack(axes, -1), nearest ? 1 : 0, 0, false);
}
}  // namespace

Made engine_sample(Given volume, Given places, int relative, int nearest, int own) {
    return make([&] {
        const auto &x = volume->t;
        auto p = places->t.to(x.scalar_type());
        TORCH_CHECK(x.dim() == 5 && p.dim() == 5 && p.size(1) == 3 && p.size(0) == x.size(0) && x.numel() > 0,
                    "a volume of shape ", x.sizes(), " cannot be sampled at places of shape ", p.sizes());
        const bool fits = x.size(2) * x.size(3) * x.size(4) <= std::numeric_limits<int32_t>::max();
        const bool serves = x.is_cpu() && fits && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
        if (own && serves) return Sample::apply(x, p, relative != 0, nearest != 0);
        return sampled_by_libtorch(x, p, relative != 0, nearest != 0);
    });
}
