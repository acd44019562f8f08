/* cos.c - ONNX Cos. */
#define QUARTER 1
#include "graph/ops/wave.h"

static real value_of(attributes a, real x) { return cos(x); }
static real slope_of(attributes a, real x, real y) { return -sin(x); }

GULL_ELEMENTWISE_OP(cos, "Cos", "the cosine", 7)
