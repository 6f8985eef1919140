#include "scratch.hpp"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")))
namespace avx512 {
constexpr int ROWS = 8, ROWS_LEFT = 4, ROWS_LAST = 4, BLOCKS = 2, GROUP = 8;
#include "set.hpp"
}  // namespace avx512

extern const Kernels avx512_kernels;
const Kernels avx512_kernels = avx512::named("avx512");
#endif
