/* sqrt.c - ONNX Sqrt; its slope at 0 is taken as 0. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return sqrt(x); }
static real slope_of(attributes a, real x, real y) { return y > 0 ? 1 / (2 * y) : 0; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONCAVE);
    c->from = c->low = 0;
}

GULL_ELEMENTWISE_OP(sqrt, "Sqrt", "the square root", 6)
