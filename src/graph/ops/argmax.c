/* argmax.c - ONNX ArgMax: where the greatest number of an axis is; its gradient is 0. */
#define BETTER(a, b) ((a) > (b))
#include "graph/ops/argbest.h"

GULL_ARGBEST_OP(argmax, "ArgMax", "the place of the greatest number; its gradient is 0")
