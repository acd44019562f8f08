/* log.c - ONNX Log, the natural logarithm. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return log(x); }
static real slope_of(attributes a, real x, real y) { return 1 / x; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONCAVE);
    c->from = 0x1p-1074;
}

GULL_ELEMENTWISE_OP(log, "Log", "the natural logarithm", 6)
