/* prelu.c - ONNX PRelu: x, and slope times x below 0. */
#define COMBINE(x, y) ((x) < 0 ? (y) * (x) : (x))
#define MAGNITUDE(x, y) (x)
#define SLOPE_X(x, y) ((x) > 0 ? (real)1 : (y))
#define SLOPE_Y(x, y) ((x) < 0 ? (x) : 0)
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (void)(y_constant), false)
#include "graph/ops/binary.h"
#include "graph/ops/binary_bounds.h"

/* The part below 0 is a product, and with x >= 0 nothing else is possible than x. */
static void range_of(const double *x, const double *y, bool same, double *out) {
    const double below[2] = {fmin(x[0], 0), fmin(x[1], 0)};
    (void)same;
    product_range(below, y, out);
    if (x[0] >= 0) out[0] = x[0], out[1] = x[1];
    else if (x[1] > 0) out[1] = fmax(out[1], x[1]);
}

static bool curve_of(bool first, double slope, double lo, double hi, gull_curve *c) {
    (void)slope, (void)lo, (void)hi;
    gull__curve_piece(c, -INFINITY, GULL_LINEAR);
    gull__curve_piece(c, 0, GULL_LINEAR);
    return !first;
}

GULL_BINARY_OP(prelu, "PRelu", "x, and slope times x below 0", .interval = binary_interval,
               .lines = binary_lines)
