#include "scratch.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define NATIVE_BFLOAT16
#define TARGET __attribute__((target("avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")))
namespace avx512bf16 {
constexpr int ROWS = 8, ROWS_LEFT = 4, ROWS_LAST = 4, BLOCKS = 2, GROUP = 8;
#include "set.hpp"
}  // namespace avx512bf16

extern const Kernels avx512bf16_kernels;
const Kernels avx512bf16_kernels = avx512bf16::named("avx512bf16");
#endif
