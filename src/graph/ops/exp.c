/* exp.c - ONNX Exp. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return GULL_EXP(x); }
static real slope_of(attributes a, real x, real y) { return y; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONVEX);
    c->low = 0;
}

GULL_ELEMENTWISE_OP(exp, "Exp", "e to the power of x", 6)
