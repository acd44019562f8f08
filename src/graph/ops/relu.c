/* relu.c - ONNX Relu: max(x, 0); its slope at 0 is 0. */
#include "graph/ops/elementwise.h"

static real value_of(real x) { return x > 0 ? x : 0; }

static real slope_of(real x, real y) {
    (void)y;
    return x > 0 ? 1 : 0;
}

GULL_ELEMENTWISE_OP(relu, "Relu", "max(x, 0)", 6)
