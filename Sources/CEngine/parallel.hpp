// Sharing work among the threads that libtorch has already.
//
// at::parallel_for is a template that runs on one thread unless this target, too, is compiled with OpenMP, which clang
// supports only with a runtime of its own beside libtorch's. Two sets of threads would then fight for the same cores.
#pragma once
#include <cstdint>
#include <functional>

/// Calls `body(first, last)` for parts of 0 ..< count, each of at least `grain`, on all of the engine's threads. Which thread
/// takes which part is left open: what `body` writes must not hang on it.
void in_parallel(int64_t count, int64_t grain, const std::function<void(int64_t first, int64_t last)> &body);
