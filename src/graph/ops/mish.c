/* mish.c - ONNX Mish: x tanh(log(1 + exp(x))), with n = exp(x) (exp(x) + 2) as
 * x n / (n + 2); beyond 40 that is x. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    const real e = GULL_EXP(x < 40 ? x : 40), n = e * (e + 2);
    return x < 40 ? x * (n / (n + 2)) : x;
}
static real slope_of(attributes a, real x, real y) {
    const real e = GULL_EXP(x < 40 ? x : 40), d = e * (e + 2) + 2;
    return x < 40 ? e * (e + 2) / d + x * (4 * e / d) * ((e + 1) / d) : 1;
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_CONCAVE);
    gull__curve_piece(c, -2.25637639636079312, GULL_CONVEX);
    gull__curve_piece(c, -1.1924312145154952, GULL_CONVEX); /* its least */
    gull__curve_piece(c, 1.4905711794854285, GULL_CONCAVE);
    c->error = 0x1p-40; /* as exponents are rounded */
    c->off = 0x1p-48;   /* of the slope, whose terms cancel */
}

GULL_ELEMENTWISE_OP(mish, "Mish", "x tanh(log(1 + exp(x)))", 18)
