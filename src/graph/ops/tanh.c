/* tanh.c - ONNX Tanh. */
#include "graph/ops/elementwise.h"

static real value_of(real x) { return (real)tanh((double)x); }

static real slope_of(real x, real y) {
    (void)x;
    return 1 - y * y;
}

GULL_ELEMENTWISE_OP(tanh, "Tanh", "the hyperbolic tangent", 6)
