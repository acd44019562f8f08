/* swish.c - ONNX Swish: x / (1 + exp(-alpha x)). */
#define ATTRIBUTES {"alpha", 1}
#include "graph/ops/curved.h"

/* 1 / (1 + exp(-z)) without overflow. */
static real logistic(real z) {
    const real e = GULL_EXP(-fabs(z));
    return (z > 0 ? 1 : e) / (1 + e);
}

static real value_of(attributes a, real x) { return x * logistic(a.v[0] * x); }
static real slope_of(attributes a, real x, real y) {
    const real s = logistic(a.v[0] * x);
    return s + a.v[0] * x * s * (1 - s);
}

/* With alpha < 0 it is the curve of |alpha| turned by half a circle. */
static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    const double alpha = a.v[0], bend = 2.3993572805154677 / fabs(alpha);
    const bool turned = alpha < 0;
    c->error = 0x1p-40;
    c->off = 0x1p-48;
    if (alpha == 0) return; /* straight */
    gull__curve_piece(c, -INFINITY, turned ? GULL_CONVEX : GULL_CONCAVE);
    gull__curve_piece(c, -bend, turned ? GULL_CONCAVE : GULL_CONVEX);
    gull__curve_piece(c, -1.278464542761074 / alpha, turned ? GULL_CONCAVE : GULL_CONVEX);
    gull__curve_piece(c, bend, turned ? GULL_CONVEX : GULL_CONCAVE);
}

GULL_ELEMENTWISE_OP(swish, "Swish", "x / (1 + exp(-alpha x))", 24)
