/* hardsigmoid.c - ONNX HardSigmoid: alpha x + beta between 0 and 1; its slope at either end
 * is 0. */
#define ATTRIBUTES {"alpha", 0.2f}, {"beta", 0.5f}
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    const real y = a.v[0] * x + a.v[1], z = y > 0 ? y : 0;
    return z < 1 ? z : 1;
}
static real slope_of(attributes a, real x, real y) { return y > 0 && y < 1 ? a.v[0] : 0; }

/* The knots are rounded, which the absolute error makes up for. */
static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    const double at_0 = -a.v[1] / a.v[0], at_1 = (1 - a.v[1]) / a.v[0];
    gull__curve_piece(c, -INFINITY, GULL_FLAT);
    gull__curve_piece(c, fmin(at_0, at_1), GULL_STRAIGHT);
    gull__curve_piece(c, fmax(at_0, at_1), GULL_FLAT);
    c->low = 0;
    c->high = 1;
    if (!(isfinite(at_0) && isfinite(at_1) && at_0 != at_1)) c->from = INFINITY;
    c->off = 0x1p-48 * (1 + fabs((double)a.v[1]));
}

GULL_ELEMENTWISE_OP(hardsigmoid, "HardSigmoid", "alpha x + beta between 0 and 1", 6)
