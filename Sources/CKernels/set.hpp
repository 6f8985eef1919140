// All kernels for one kind of processor. Included once in each one's namespace.
#include "numbers.hpp"
#include "product.hpp"
#include "norm.hpp"
#include "perceptron.hpp"
#include "separable.hpp"
#include "winograd.hpp"
#include "resample.hpp"

constexpr Kernels named(const char *name) {
    return {name, layer_norm, moments, perceptron, separable, convolution, halving, doubling};
}
