#include "scratch.hpp"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
namespace avx2 {
constexpr int ROWS = 6, ROWS_LEFT = 4, ROWS_LAST = 2, BLOCKS = 1, GROUP = 4;
#include "set.hpp"
}  // namespace avx2

extern const Kernels avx2_kernels;
const Kernels avx2_kernels = avx2::named("avx2");
#endif
