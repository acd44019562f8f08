/* abs.c - ONNX Abs; its slope at 0 is 0. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return fabs(x); }
static real slope_of(attributes a, real x, real y) { return (real)((x > 0) - (x < 0)); }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_LINEAR);
    gull__curve_piece(c, 0, GULL_LINEAR);
    c->error = 0;
}

GULL_ELEMENTWISE_OP(abs, "Abs", "x without its sign", 6)
