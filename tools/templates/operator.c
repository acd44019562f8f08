/* xyz.c - TEMPLATE: ONNX Xyz.  Compiled twice, in float and in double.  As it stands: softsign,
 * x / (1 + |x|), which is convex below 0 and concave above; the bounds follow from that. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return x / (1 + fabs(x)); }

static real slope_of(attributes a, real x, real y) {
    const real d = 1 + fabs(x);
    return 1 / (d * d);
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONVEX);
    gull__curve_piece(c, 0, GULL_CONCAVE);
    c->low = -1;
    c->high = 1;
}

GULL_ELEMENTWISE_OP(xyz, "Xyz", "one line for `gull list operators`", 1)
