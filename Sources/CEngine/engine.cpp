#include "engine.h"
int engine_placeholder(void) { return 0; }
