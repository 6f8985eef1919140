#pragma once
#include "kernels.h"

/// Memory of this thread for at least `count` floats, aligned to 64 bytes; what it held before is lost. The next call takes it back.
float *scratch(int64_t count);
