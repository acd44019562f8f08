/* sin.c - ONNX Sin. */
#define QUARTER 0
#include "graph/ops/wave.h"

static real value_of(attributes a, real x) { return sin(x); }
static real slope_of(attributes a, real x, real y) { return cos(x); }

GULL_ELEMENTWISE_OP(sin, "Sin", "the sine", 7)
