// The inference kernels on tensors: maps [batch, i, j, k, channel], float32 on the processor, shared among the threads.
#include "fused.h"
#include "internal.hpp"
#include "parallel.hpp"

#include <kernels.h>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

namespace {
/// The numbers of weights, which layers keep contiguous; NULL where there are none.
const float *floats(const EngineTensor *x) { return x ? x->t.const_data_ptr<float>() : nullptr; }

bool is_bfloat16(Given packed) { return packed->t.scalar_type() == at::kBFloat16; }

/// A map in the layout that the kernels read.
struct Map {
    at::Tensor t;
    int64_t batch, channels, voxels;
    KernelSize size;
    const float *sample(int64_t n) const { return t.const_data_ptr<float>() + n * voxels * channels; }
};

Map map(Given x) {
    TORCH_CHECK(x->t.dim() == 5 && x->t.is_cpu() && x->t.scalar_type() == at::kFloat,
                "expected a float32 map [batch, i, j, k, channel] on the processor, found ", x->t.sizes());
    const auto s = x->t.sizes();
    return {x->t.contiguous(), s[0], s[4], s[1] * s[2] * s[3], {s[1], s[2], s[3]}};
}

void check_channels(const Map &x, int64_t channels) {
    TORCH_CHECK(x.channels == channels, "expected ", channels, " channels, found ", x.channels);
}

void check_even(const Map &x) {
    TORCH_CHECK(x.size.i % 2 == 0 && x.size.j % 2 == 0 && x.size.k % 2 == 0, "expected even sides, found ", x.t.sizes());
}

at::Tensor made(const Map &x, int64_t i, int64_t j, int64_t k, int64_t channels) {
    return at::empty({x.batch, i, j, k, channels}, x.t.options());
}

/// Mean and variance of a sample, summed in parts of a fixed size, so that they do not hang on the number of threads.
std::pair<double, double> moments(const Map &x, int64_t n) {
    constexpr int64_t part = 1 << 18;
    const int64_t count = x.voxels * x.channels, parts = (count + part - 1) / part;
    std::vector<double> sums(2 * parts);
    in_parallel(parts, 1, [&](int64_t first, int64_t last) {
        for (int64_t p = first; p < last; ++p)
            kernels()->moments(x.sample(n), p * part, std::min(count, (p + 1) * part), &sums[2 * p]);
    });
    double sum = 0, squares = 0;
    for (int64_t p = 0; p < parts; ++p) sum += sums[2 * p], squares += sums[2 * p + 1];
    return {sum / count, std::max(0.0, squares / count - sum / count * sum / count)};
}
}  // namespace

Made engine_packed(Given matrix, int32_t in_bfloat16) {
    return make([&] {
        TORCH_CHECK(matrix->t.dim() == 2, "a matrix has two axes");
        const auto t = matrix->t.to(at::kFloat).contiguous();
        auto packed = at::empty({kernel_packed_count(t.size(0), t.size(1))}, t.options());
        kernel_pack(t.const_data_ptr<float>(), t.size(0), t.size(1), packed.mutable_data_ptr<float>());
        if (!in_bfloat16) return packed;
        // Rows of 16 two by two.
        return packed.view({-1, 2, 16}).transpose(1, 2).to(at::kBFloat16).contiguous().flatten();
    });
}

Made engine_transformed(Given kernel) {
    return make([&] {
        TORCH_CHECK(kernel->t.dim() == 5 && kernel->t.size(2) == 3, "expected a 3×3×3 kernel");
        const auto t = kernel->t.to(at::kFloat).contiguous();
        auto made = at::empty({kernel_transformed_count(t.size(0), t.size(1))}, t.options());
        in_parallel(t.size(0) / 16 * t.size(1), 1, [&](int64_t first, int64_t last) {
            kernel_transform(t.const_data_ptr<float>(), t.size(0), t.size(1), made.mutable_data_ptr<float>(), first, last);
        });
        return made;
    });
}

Made engine_fused_perceptron(Given given, const FusedNorm *norm, const FusedStar *star, Maybe scale) {
    return make([&] {
        const Map x = map(given);
        const KernelPerceptron p{floats(norm->weight), norm->epsilon, star->widening->t.const_data_ptr(),
                                 star->narrowing->t.const_data_ptr(), star->scale, star->bias, floats(scale),
                                 x.channels, star->hidden, is_bfloat16(star->widening)};
        check_channels(x, norm->weight->t.size(0));
        auto y = at::empty_like(x.t);
        float *to = y.mutable_data_ptr<float>();
        in_parallel(x.batch * x.voxels, 48,
                         [&](int64_t first, int64_t last) { kernels()->perceptron(&p, x.sample(0), to, first, last); });
        return y;
    });
}

Made engine_fused_separable(Given given, const FusedNorm *norm, const FusedStar *star, Given filter) {
    return make([&] {
        const Map x = map(given);
        const KernelSeparable p{floats(norm->weight), norm->epsilon, star->widening->t.const_data_ptr(),
                                star->narrowing->t.const_data_ptr(), star->scale, star->bias, floats(filter),
                                x.channels, star->hidden, x.size, is_bfloat16(star->widening)};
        check_channels(x, norm->weight->t.size(0));
        auto y = at::empty_like(x.t);
        float *to = y.mutable_data_ptr<float>();
        const int64_t threads = at::get_num_threads();  // each part works on two planes more than its own: few parts
        for (int64_t n = 0; n < x.batch; ++n)
            in_parallel(x.size.i, (x.size.i + threads - 1) / threads, [&](int64_t first, int64_t last) {
                kernels()->separable(&p, x.sample(n), to + n * x.voxels * x.channels, first, last);
            });
        return y;
    });
}

Made engine_fused_convolution(Given given, Maybe second, const FusedConvolution *c) {
    return make([&] {
        const Map x = map(given);
        const auto b = second ? std::optional<Map>(map(second)) : std::nullopt;
        check_even(x);
        check_channels(x, c->channels - (b ? b->channels : 0));
        TORCH_CHECK(!b || b->voxels == x.voxels, "the maps to join differ in size");
        auto a = x.t;
        if (c->norm) {
            a = at::empty_like(x.t);
            float *to = a.mutable_data_ptr<float>();
            in_parallel(x.batch * x.voxels, 64, [&](int64_t first, int64_t last) {
                kernels()->layer_norm(floats(c->norm->weight), c->norm->epsilon, x.channels, x.sample(0), to, first, last);
            });
        }
        const KernelConvolution p{x.channels, b ? b->channels : 0, c->outputs, x.size, floats(c->kernel),
                                  floats(c->bias), c->normalises != 0, c->epsilon, floats(c->slope),
                                  floats(c->scale)};
        auto y = made(x, x.size.i, x.size.j, x.size.k, c->outputs);
        for (int64_t n = 0; n < x.batch; ++n)
            in_parallel(kernel_tiles(x.size), 1, [&](int64_t first, int64_t last) {
                kernels()->convolution(&p, a.const_data_ptr<float>() + n * x.voxels * x.channels, b ? b->sample(n) : nullptr,
                                       c->norm ? x.sample(n) : nullptr,
                                       y.mutable_data_ptr<float>() + n * x.voxels * c->outputs, first, last);
            });
        return y;
    });
}

Made engine_fused_halving(Given given, Given kernel, Given bias, const FusedNorm *before, const FusedNorm *after) {
    return make([&] {
        const Map x = map(given);
        check_even(x);
        const int64_t outputs = bias->t.size(0);
        const KernelHalving p{x.channels, outputs, x.size, kernel->t.const_data_ptr(), floats(bias),
                              before ? floats(before->weight) : nullptr, after ? floats(after->weight) : nullptr,
                              before ? before->epsilon : after ? after->epsilon : 0, is_bfloat16(kernel)};
        const auto s = x.size;
        TORCH_CHECK(kernel->t.numel() == kernel_packed_count(outputs, 27 * x.channels), "the kernel is for other channels");
        auto y = made(x, s.i / 2, s.j / 2, s.k / 2, outputs);
        for (int64_t n = 0; n < x.batch; ++n)
            in_parallel(s.i / 2 * (s.j / 2), 1, [&](int64_t first, int64_t last) {
                kernels()->halving(&p, x.sample(n), y.mutable_data_ptr<float>() + n * x.voxels / 8 * outputs, first, last);
            });
        return y;
    });
}

Made engine_fused_doubling(Given given, Given kernel, Given weight, Given bias, Maybe answer_bias, int64_t outputs) {
    return make([&] {
        const Map x = map(given);
        check_channels(x, weight->t.size(0));
        const auto s = x.size;
        auto y = answer_bias ? at::empty({x.batch, outputs, 2 * s.i, 2 * s.j, 2 * s.k}, x.t.options())
                             : made(x, 2 * s.i, 2 * s.j, 2 * s.k, outputs);
        std::vector<float> scale(x.channels), shift(x.channels);
        for (int64_t n = 0; n < x.batch; ++n) {
            const auto [mean, variance] = moments(x, n);
            for (int64_t c = 0; c < x.channels; ++c) {
                const double factor = floats(weight)[c] / std::sqrt(variance + 1e-5);
                scale[c] = static_cast<float>(factor);
                shift[c] = static_cast<float>(floats(bias)[c] - mean * factor);
            }
            const KernelDoubling p{x.channels, outputs, s, kernel->t.const_data_ptr(), scale.data(), shift.data(),
                                   floats(answer_bias), answer_bias != nullptr, is_bfloat16(kernel)};
            in_parallel(s.i * s.j, 1, [&](int64_t first, int64_t last) {
                kernels()->doubling(&p, x.sample(n), y.mutable_data_ptr<float>() + n * x.voxels * 8 * outputs, first, last);
            });
        }
        return y;
    });
}

const char *engine_kernels(void) { return kernels()->name; }
int32_t engine_use_kernels(const char *name) { return kernels_use(name) ? 1 : 0; }
