/* pow.c - ONNX Pow: x to the power of y.  The slope of a power of 0 is taken as 0, unless
 * the power is 1. */
#include "graph/real.h"
#include <tgmath.h>

/* The exponents that networks have, without the library. */
static inline real power(real x, real y) {
    return y == 2 ? x * x : y == (real)0.5 ? sqrt(x) : y == 3 ? x * x * x : pow(x, y);
}
static real power_slope(real x, real y) {
    if (x == 0) return y == 1;
    return y == 2 ? 2 * x : y * pow(x, y - 1);
}
static real power_slope_y(real x, real y) { return x > 0 ? pow(x, y) * log(x) : 0; }

#define COMBINE(x, y) power(x, y)
#define MAGNITUDE(x, y) power(x, y)
#define SLOPE_X(x, y) power_slope(x, y)
#define SLOPE_Y(x, y) power_slope_y(x, y)
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (void)(y_constant), false)
#include "graph/ops/binary.h"
#include "graph/ops/binary_bounds.h"

static void range_of(const double *x, const double *y, bool same, double *out) {
    (void)x, (void)y, (void)same, (void)out; /* anything */
}

/* x to the power of a whole number p, for x of both signs. */
static bool whole_power(double p, gull_curve *c) {
    const bool even = fmod(p, 2) == 0;
    gull__curve_piece(c, -INFINITY, even ? GULL_CONVEX : GULL_CONCAVE);
    if (p > 0) gull__curve_piece(c, 0, GULL_CONVEX);
    if (even) c->low = 0;
    return true;
}

static bool curve_of(bool first, double p, double lo, double hi, gull_curve *c) {
    if (first || !isfinite(p)) return false;
    c->error = 0x1p-43 * (1 + fabs(p)); /* of the slope, as p - 1 is rounded */
    if (p == 0) gull__curve_piece(c, -INFINITY, GULL_FLAT);
    else if (p == 1) gull__curve_piece(c, -INFINITY, GULL_LINEAR);
    else if (p == trunc(p) && (p > 0 || hi < 0)) return whole_power(p, c);
    else {
        gull__curve_piece(c, -INFINITY, p > 0 && p < 1 ? GULL_CONCAVE : GULL_CONVEX);
        c->low = c->from = 0;
    }
    return p >= 0 || lo > 0;
}

GULL_BINARY_OP(pow, "Pow", "x to the power of y, broadcasting",
               .interval = binary_interval, .lines = binary_lines)
