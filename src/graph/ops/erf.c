/* erf.c - ONNX Erf, the error function. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return erf(x); }
static real slope_of(attributes a, real x, real y) {
    return (real)1.1283791670955126 * GULL_EXP(-x * x);
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONVEX);
    gull__curve_piece(c, 0, GULL_CONCAVE);
    c->low = -1;
    c->high = 1;
    c->error = 0x1p-40; /* of the slope, as x * x is rounded */
}

GULL_ELEMENTWISE_OP(erf, "Erf", "the error function", 9)
