#include "scratch.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define NATIVE_BFLOAT16
#define TARGET __attribute__((target("avx512bf16,avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")))
namespace avx512bf16 {
constexpr int ROWS = 8, ROWS_LEFT = 4, ROWS_LAST = 4, BLOCKS = 2, GROUP = 8;
#include "numbers.hpp"
#include "product.hpp"
#include "norm.hpp"
#include "perceptron.hpp"
#include "separable.hpp"
#include "winograd.hpp"
#include "resample.hpp"
}  // namespace avx512bf16

extern const Kernels avx512bf16_kernels;
const Kernels avx512bf16_kernels{
    "avx512bf16",          avx512bf16::layer_norm,  avx512bf16::moments, avx512bf16::perceptron,
    avx512bf16::separable, avx512bf16::convolution, avx512bf16::halving, avx512bf16::doubling};
#endif
