#include "scratch.hpp"

#define TARGET 
namespace plain {
constexpr int ROWS = 3, ROWS_LEFT = 1, ROWS_LAST = 1, BLOCKS = 1, GROUP = 2;
#include "numbers.hpp"
#include "product.hpp"
#include "norm.hpp"
#include "perceptron.hpp"
#include "separable.hpp"
#include "winograd.hpp"
#include "resample.hpp"
}  // namespace plain

extern const Kernels plain_kernels;
const Kernels plain_kernels{"plain",       plain::layer_norm,  plain::moments, plain::perceptron,
                           plain::separable, plain::convolution, plain::halving, plain::doubling};

