#include "scratch.hpp"

#define TARGET 
namespace plain {
constexpr int ROWS = 3, ROWS_LEFT = 1, ROWS_LAST = 1, BLOCKS = 1, GROUP = 2;
#include "set.hpp"
}  // namespace plain

extern const Kernels plain_kernels;
const Kernels plain_kernels = plain::named("plain");
