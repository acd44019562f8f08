/* gelu.c - ONNX Gelu: x times the normal distribution function of x, or (approximate
 * "tanh", here the first attribute 1) x times the logistic function of 2 u,
 * u = sqrt(2 / pi) (x + 0.044715 x^3). */
#include "graph/ops/curved.h"

static const real RATE = (real)0.7978845608028654, CUBIC = (real)0.044715;

static real logistic_of_2u(real x) {
    const real u = RATE * (x + CUBIC * x * x * x), e = GULL_EXP(-2 * fabs(u));
    return (u > 0 ? 1 : e) / (1 + e);
}
static real normal_below(real x) { return (real)0.5 * erfc(x * (real)-0.7071067811865476); }

static real value_of(attributes a, real x) {
    return x * (a.v[0] != 0 ? logistic_of_2u(x) : normal_below(x));
}

/* What x is multiplied by is y / x, and 1/2 at 0. */
static real slope_of(attributes a, real x, real y) {
    const real part = x != 0 ? y / x : (real)0.5;
    if (a.v[0] == 0) return part + x * (real)0.3989422804014327 * GULL_EXP((real)-0.5 * x * x);
    return part + 2 * (y * (1 - part)) * (RATE * (1 + 3 * CUBIC * x * x));
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    const bool approximate = a.v[0] != 0;
    const double bend = approximate ? 1.4185040087908284 : 1.4142135623730951;
    gull__curve_piece(c, -INFINITY, GULL_CONCAVE);
    gull__curve_piece(c, -bend, GULL_CONVEX);
    gull__curve_piece(c, approximate ? -0.752461422071016 : -0.7517915246935645, GULL_CONVEX);
    gull__curve_piece(c, bend, GULL_CONCAVE);
    c->error = 0x1p-40; /* as exponents are rounded */
    c->off = 0x1p-48;   /* of the slope, whose terms cancel */
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *given,
                   gull_error *err) {
    const char *how = gull_attr_string(given, "approximate", "none");
    TRY(elementwise_prepare(g, n, given, err));
    if (strcmp(how, "none") && strcmp(how, "tanh"))
        return gull__fail(err, GULL_EUNSUPPORTED, "approximate '%.40s'", how);
    ((elementwise *)n->state)->v[0] = !strcmp(how, "tanh");
    return GULL_OK;
}

GULL_ELEMENTWISE_OP_WITH(gelu, "Gelu", "x times the normal distribution function of x", 20,
                         .prepare = prepare, .traits = elementwise_traits)
