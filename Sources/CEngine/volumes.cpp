// Operations on whole volumes that registration needs: turning, doubling, pooling, sums over boxes, instance norm.
#include "internal.hpp"
#include "parallel.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/upsample_trilinear3d.h>
#include <ATen/ops/var_mean.h>
#include <algorithm>
#include <torch/csrc/autograd/custom_function.h>
#include <vector>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sums of `2 * reach + 1` neighbours along the rows of a plane [J, K], then along its columns.
template <class T> void sum_plane(const T *from, T *rows, T *to, int64_t J, int64_t K, int64_t reach) {
    for (int64_t j = 0; j < J; ++j) {
        const T *x = from + j * K;
        T *y = rows + j * K;
        std::fill_n(y, K, T(0));
        for (int64_t shift = -reach; shift <= reach; ++shift)
            for (int64_t k = std::max<int64_t>(0, -shift); k < std::min(K, K - shift); ++k) y[k] += x[k + shift];
    }
    for (int64_t j = 0; j < J; ++j) {
        T *y = to + j * K;
        std::fill_n(y, K, T(0));
        for (int64_t near = std::max<int64_t>(0, j - reach); near <= std::min(J - 1, j + reach); ++near)
            for (int64_t k = 0; k < K; ++k) y[k] += rows[near * K + k];
    }
}

template <class T> void sum_boxes(const T *from, T *planes, T *to, const int64_t side[4], int64_t reach) {
    const int64_t I = side[1], plane = side[2] * side[3];
    in_parallel(side[0] * I, 1, [&](int64_t first, int64_t last) {
        std::vector<T> rows(plane);
        for (int64_t n = first; n < last; ++n)
            sum_plane(from + n * plane, rows.data(), planes + n * plane, side[2], side[3], reach);
    });
    in_parallel(side[0] * I, 1, [&](int64_t first, int64_t last) {
        for (int64_t n = first; n < last; ++n) {
            T *y = to + n * plane;
            std::fill_n(y, plane, T(0));
            const int64_t start = n / I * I, i = n % I;
            for (int64_t near = std::max<int64_t>(0, i - reach); near <= std::min(I - 1, i + reach); ++near) {
                const T *x = planes + (start + near) * plane;
                for (int64_t k = 0; k < plane; ++k) y[k] += x[k];
            }
        }
    });
}

at::Tensor box_sums(const at::Tensor &given, int64_t reach) {
    const auto x = given.contiguous();
    auto planes = at::empty(x.sizes(), x.options()), y = at::empty(x.sizes(), x.options());
    const int64_t side[4] = {x.size(0) * x.size(1), x.size(2), x.size(3), x.size(4)};
    if (x.scalar_type() == at::kFloat)
        sum_boxes(x.const_data_ptr<float>(), planes.mutable_data_ptr<float>(), y.mutable_data_ptr<float>(), side, reach);
    else
        sum_boxes(x.const_data_ptr<double>(), planes.mutable_data_ptr<double>(), y.mutable_data_ptr<double>(), side, reach);
    return y;
}

/// The sum over a box around every voxel; its own adjoint.
struct BoxSum : torch::autograd::Function<BoxSum> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &x, int64_t reach) {
        context->saved_data["reach"] = reach;
        return box_sums(x, reach);
    }
    static variable_list backward(AutogradContext *context, variable_list gradients) {
        return {box_sums(gradients[0], context->saved_data["reach"].toInt()), at::Tensor()};
    }
};
}  // namespace

Made engine_roll(Given x, Sizes shifts, Sizes axes, int64_t count) {
    return make([&] { return at::roll(x->t, sizes(shifts, count), sizes(axes, count)); });
}
Made engine_resize3d(Given x, Sizes shape) {
    return make([&] { return at::upsample_trilinear3d(x->t, sizes(shape, 3), false); });
}
Made engine_average_pool3d(Given x, int64_t kernel, int64_t stride, int64_t padding) {
    return make([&] { return at::avg_pool3d(x->t, kernel, stride, padding); });
}

Made engine_max_pool3d(Given x, Sizes kernel, Sizes stride, Sizes padding) {
    return make([&] { return at::max_pool3d(x->t, sizes(kernel, 3), sizes(stride, 3), sizes(padding, 3)); });
}
Made engine_box_sum(Given x, int64_t reach) {
    return make([&] {
        const auto &t = x->t;
        TORCH_CHECK(t.dim() == 5 && reach >= 0, "expected a volume [batch, channel, i, j, k], found ", t.sizes());
        if (t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble)) return BoxSum::apply(t, reach);
        const int64_t width = 2 * reach + 1;
        return at::mul(at::avg_pool3d(t, width, 1, reach), static_cast<double>(width * width * width));
    });
}
Made engine_instance_norm(Given x, double epsilon) {
    return make([&] {
        TORCH_CHECK(x->t.dim() == 5, "expected a volume [batch, channel, i, j, k], found ", x->t.sizes());
        // Whatever the memory's order, which stays; the engine's own operation would rearrange it twice.
        auto [variance, mean] = at::var_mean(x->t, {2, 3, 4}, std::optional<at::Scalar>(0), true);
        const auto scale = at::rsqrt(at::add(variance, epsilon));
        return at::addcmul(at::neg(at::mul(mean, scale)), x->t, scale);
    });
}
