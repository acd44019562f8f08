/* leakyrelu.c - ONNX LeakyRelu: x, and alpha x below 0. */
#define ATTRIBUTES {"alpha", 0.01f}
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return x < 0 ? a.v[0] * x : x; }
static real slope_of(attributes a, real x, real y) { return x > 0 ? 1 : a.v[0]; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, GULL_LINEAR);
    gull__curve_piece(c, 0, GULL_LINEAR);
}

GULL_ELEMENTWISE_OP(leakyrelu, "LeakyRelu", "x, and alpha x below 0", 6)
