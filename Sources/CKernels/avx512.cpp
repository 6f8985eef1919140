#include "scratch.hpp"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")))
namespace avx512 {
constexpr int ROWS = 8, ROWS_LEFT = 4, ROWS_LAST = 4, BLOCKS = 2, GROUP = 8;
#include "numbers.hpp"
#include "product.hpp"
#include "norm.hpp"
#include "perceptron.hpp"
#include "separable.hpp"
#include "winograd.hpp"
#include "resample.hpp"
}  // namespace avx512

extern const Kernels avx512_kernels;
const Kernels avx512_kernels{"avx512",       avx512::layer_norm,  avx512::moments, avx512::perceptron,
                           avx512::separable, avx512::convolution, avx512::halving, avx512::doubling};
#endif
