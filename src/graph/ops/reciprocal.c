/* reciprocal.c - ONNX Reciprocal: 1 / x. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) { return 1 / x; }
static real slope_of(attributes a, real x, real y) { return -y * y; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, lo > 0 ? GULL_CONVEX : GULL_CONCAVE);
    if (!(lo > 0 || hi < 0)) c->from = INFINITY; /* no bound about 0 */
    if (lo > 0) c->low = 0;
    if (hi < 0) c->high = 0;
}

GULL_ELEMENTWISE_OP(reciprocal, "Reciprocal", "1 / x", 6)
