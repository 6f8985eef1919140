// Making tensors, reading them, and looking at them under other shapes.
#include "internal.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <cstring>
#include <vector>

static const at::ScalarType kTypes[] = {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong,
                                        at::kInt,   at::kShort,  at::kChar, at::kByte,     at::kBool};

at::ScalarType scalar_type(int type) { return kTypes[type]; }
at::Device device_of(int device) { return device < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, device); }

void engine_free(EngineTensor *x) { delete x; }

Made engine_empty(int type, Sizes shape, int64_t rank) {
    return make([&] { return at::empty(sizes(shape, rank), scalar_type(type)); });
}
Made engine_full(double value, int type, Sizes shape, int64_t rank, int device) {
    return make([&] {
        return at::full(sizes(shape, rank), value, at::TensorOptions(scalar_type(type)).device(device_of(device)));
    });
}
void *engine_bytes(EngineTensor *x) { return x->t.data_ptr(); }

int engine_read(Given x, int type, void *destination) {
    return guarded([&] {
        auto values = x->t.detach().to(at::kCPU, scalar_type(type)).contiguous();
        std::memcpy(destination, values.const_data_ptr(), values.nbytes());
    }) ? 0 : -1;
}

int64_t engine_rank(Given x) { return x->t.dim(); }
void engine_shape(Given x, int64_t *shape) {
    for (auto length : x->t.sizes()) *shape++ = length;
}
int engine_type(Given x) {
    for (int i = 0; i <= engine_bool; ++i)
        if (kTypes[i] == x->t.scalar_type()) return i;
    return -1;
}
int engine_device(Given x) { return x->t.is_cuda() ? x->t.get_device() : -1; }

Made engine_convert(Given x, int type) { return make([&] { return x->t.to(scalar_type(type)); }); }
Made engine_move(Given x, int device) { return make([&] { return x->t.to(device_of(device)); }); }
Made engine_reshape(Given x, Sizes shape, int64_t rank) {
    return make([&] { return x->t.reshape(sizes(shape, rank)); });
}
Made engine_permute(Given x, Sizes axes, int64_t rank) {
    return make([&] { return x->t.permute(sizes(axes, rank)); });
}
Made engine_narrow(Given x, int64_t axis, int64_t start, int64_t length) {
    return make([&] { return x->t.narrow(axis, start, length); });
}
Made engine_select(Given x, int64_t axis, int64_t index) { return make([&] { return x->t.select(axis, index); }); }
Made engine_cat(const EngineTensor *const *parts, int64_t count, int64_t axis) {
    return make([&] {
        std::vector<at::Tensor> tensors;
        for (int64_t i = 0; i < count; ++i) tensors.push_back(parts[i]->t);
        return at::cat(tensors, axis);
    });
}
Made engine_expand(Given x, Sizes shape, int64_t rank) {
    return make([&] { return x->t.expand(sizes(shape, rank)); });
}
Made engine_flip(Given x, Sizes axes, int64_t rank) { return make([&] { return at::flip(x->t, sizes(axes, rank)); }); }
Made engine_take(Given x, int64_t axis, Sizes indices, int64_t count) {
    return make([&] { return at::index_select(x->t, axis, at::tensor(sizes(indices, count)).to(x->t.device())); });
}
Made engine_pad(Given x, Sizes pads, int64_t count, double value) {
    return make([&] { return at::constant_pad_nd(x->t, sizes(pads, count), value); });
}
Made engine_contiguous(Given x) { return make([&] { return x->t.contiguous(); }); }
Made engine_channels_last(Given x) {
    return make([&] { return x->t.contiguous(at::MemoryFormat::ChannelsLast3d); });
}
