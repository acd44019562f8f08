/* sigmoid.c - ONNX Sigmoid: 1 / (1 + exp(-x)), without overflow. */
#include "graph/ops/elementwise.h"

static real value_of(real x) {
    const real e = (real)exp(-fabs((double)x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

static real slope_of(real x, real y) {
    (void)x;
    return y * (1 - y);
}

GULL_ELEMENTWISE_OP(sigmoid, "Sigmoid", "1 / (1 + exp(-x))", 6)
