#include "parallel.hpp"

#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#include <exception>
#include <thread>
#include <vector>

namespace {
/// One piece of work that several threads take parts of until none is left.
struct Shared {
    const std::function<void(int64_t, int64_t)> &body;
    const int64_t count, part;
    std::atomic<int64_t> next{0};
    std::atomic<bool> has_failed{false};
    std::exception_ptr failure;

    void work() noexcept {
        try {
            for (int64_t first; (first = next.fetch_add(part)) < count && !has_failed;)
                body(first, std::min(count, first + part));
        } catch (...) {
            if (!has_failed.exchange(true)) failure = std::current_exception();
        }
    }
};

void work(void *shared) { static_cast<Shared *>(shared)->work(); }

/// The entry of libtorch's OpenMP runtime: runs a function on that many threads at once.
using Team = void (*)(void (*)(void *), void *, unsigned threads, unsigned flags);

void on_threads(Shared &shared, int threads) {
    static const Team team = reinterpret_cast<Team>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    if (team) return team(work, &shared, static_cast<unsigned>(threads), 0);
    std::vector<std::thread> others;  // another runtime, as on macOS
    for (int n = 1; n < threads; ++n) others.emplace_back(work, &shared);
    shared.work();
    for (auto &other : others) other.join();
}
}  // namespace

void in_parallel(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body) {
    const int64_t threads = at::get_num_threads();
    // Several parts a thread, so that a thread which is held up does not hold up all.
    const int64_t part = std::max(grain, (count + threads * 8 - 1) / (threads * 8));
    if (threads < 2 || part >= count) return body(0, count);
    Shared shared{body, count, part};
    on_threads(shared, static_cast<int>(threads));
    if (shared.failure) std::rethrow_exception(shared.failure);
}
