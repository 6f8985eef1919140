// What the files of this target share: running on the engine thread, and turning exceptions into messages.
#pragma once
#include "engine.h"

#include <ATen/core/Tensor.h>
#include <functional>
#include <optional>
#include <string>

struct EngineTensor {
    at::Tensor t;
};

void on_engine(const std::function<void()> &body);
void set_error(std::string message);
at::ScalarType scalar_type(int type);
at::Device device_of(int device);

// No C++ exception crosses into Swift: every body runs inside one of these two.
template <class F> bool guarded(F body) noexcept {
    std::string message;
    bool fine = false;
    on_engine([&] {
        try {
            body();
            fine = true;
        } catch (const c10::Error &e) {
            message = e.what_without_backtrace();
        } catch (const std::exception &e) {
            message = e.what();
        }
    });
    if (!fine) set_error(message.empty() ? "unknown error" : message.substr(0, message.find('\n')));
    return fine;
}

template <class F> EngineTensor *make(F body) noexcept {
    EngineTensor *made = nullptr;
    guarded([&] { made = new EngineTensor{body()}; });
    return made;
}

inline at::IntArrayRef sizes(const int64_t *lengths, int64_t count) { return at::IntArrayRef(lengths, count); }
inline std::optional<at::Tensor> optional(const EngineTensor *x) {
    return x ? std::optional<at::Tensor>(x->t) : std::nullopt;
}
