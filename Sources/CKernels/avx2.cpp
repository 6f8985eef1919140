#include "scratch.hpp"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
namespace avx2 {
constexpr int ROWS = 6, ROWS_LEFT = 4, ROWS_LAST = 2, BLOCKS = 1, GROUP = 4;
#include "numbers.hpp"
#include "product.hpp"
#include "norm.hpp"
#include "perceptron.hpp"
#include "separable.hpp"
#include "winograd.hpp"
#include "resample.hpp"
}  // namespace avx2

extern const Kernels avx2_kernels;
const Kernels avx2_kernels{"avx2",       avx2::layer_norm,  avx2::moments, avx2::perceptron,
                           avx2::separable, avx2::convolution, avx2::halving, avx2::doubling};
#endif
