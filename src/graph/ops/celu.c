/* celu.c - ONNX Celu: x, and alpha (exp(x / alpha) - 1) below 0. */
#define ATTRIBUTES {"alpha", 1}
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return x > 0 ? x : a.v[0] * GULL_EXPM1(x / a.v[0]); }
static real slope_of(attributes a, real x, real y) { return x > 0 ? 1 : GULL_EXP(x / a.v[0]); }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, a.v[0] > 0 ? GULL_CONVEX : GULL_CONCAVE);
    gull__curve_piece(c, 0, GULL_LINEAR);
    c->error = 0x1p-40; /* as x / alpha is rounded */
    if (a.v[0] == 0) c->from = INFINITY;
}

GULL_ELEMENTWISE_OP(celu, "Celu", "x, and alpha (exp(x / alpha) - 1) below 0", 12)
