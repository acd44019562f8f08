/* selu.c - ONNX Selu: gamma x, and gamma alpha (exp(x) - 1) below 0. */
#define ATTRIBUTES {"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    return a.v[1] * (x > 0 ? x : a.v[0] * GULL_EXPM1(x));
}
static real slope_of(attributes a, real x, real y) {
    return a.v[1] * (x > 0 ? 1 : a.v[0] * GULL_EXP(x));
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, a.v[0] * a.v[1] > 0 ? GULL_CONVEX : GULL_CONCAVE);
    gull__curve_piece(c, 0, GULL_LINEAR);
}

GULL_ELEMENTWISE_OP(selu, "Selu", "gamma x, and gamma alpha (exp(x) - 1) below 0", 6)
