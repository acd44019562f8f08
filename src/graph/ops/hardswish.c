/* hardswish.c - ONNX HardSwish: x times (x + 3) / 6 between 0 and 1. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    const real y = (x + 3) * (real)(1 / 6.), z = y > 0 ? y : 0;
    return x * (z < 1 ? z : 1);
}
static real slope_of(attributes a, real x, real y) {
    return x <= -3 ? 0 : x < 3 ? (2 * x + 3) * (real)(1 / 6.) : 1;
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_FLAT);
    gull__curve_piece(c, -3, GULL_CONVEX);
    gull__curve_piece(c, -1.5, GULL_CONVEX);
    gull__curve_piece(c, 3, GULL_LINEAR);
}

GULL_ELEMENTWISE_OP(hardswish, "HardSwish", "x times (x + 3) / 6 between 0 and 1", 14)
