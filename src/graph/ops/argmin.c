/* argmin.c - ONNX ArgMin: where the least number of an axis is; its gradient is 0. */
#define BETTER(a, b) ((a) < (b))
#include "graph/ops/argbest.h"

GULL_ARGBEST_OP(argmin, "ArgMin", "the place of the least number; its gradient is 0")
