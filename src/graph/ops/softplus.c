/* softplus.c - ONNX Softplus: log(1 + exp(x)). */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    return log1p(GULL_EXP(-fabs(x))) + (x > 0 ? x : 0);
}
static real slope_of(attributes a, real x, real y) {
    const real e = GULL_EXP(-fabs(x));
    return (x > 0 ? 1 : e) / (1 + e);
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONVEX);
    c->low = 0;
}

GULL_ELEMENTWISE_OP(softplus, "Softplus", "log(1 + exp(x))", 1)
