/* div.c - ONNX Div: x divided by y, broadcasting. */
#define COMBINE(x, y) ((x) / (y))
#define MAGNITUDE(x, y) ((x) / (y))
#define SLOPE_X(x, y) ((real)(1 / (y)))
#define SLOPE_Y(x, y) ((real)(-(x) / ((y) * (y))))
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (y_constant))
#include "graph/ops/binary.h"
#include "graph/ops/binary_bounds.h"

/* x times 1 / y, for y on one side of 0. */
static void range_of(const double *x, const double *y, bool same, double *out) {
    (void)same;
    if (!(y[0] > 0 || y[1] < 0)) return;
    const double inverse[2] = {nextafter(1 / y[1], -INFINITY), nextafter(1 / y[0], INFINITY)};
    product_range(x, inverse, out);
}

/* c / x on one side of 0. */
static bool curve_of(bool first, double c, double lo, double hi, gull_curve *curve) {
    const bool convex = (c > 0) == (lo > 0);
    gull__curve_piece(curve, -INFINITY, convex ? GULL_CONVEX : GULL_CONCAVE);
    if (convex) curve->low = 0;
    else curve->high = 0;
    if (c == 0) curve->low = curve->high = 0;
    return first && isfinite(c) && (lo > 0 || hi < 0);
}

GULL_BINARY_OP(div, "Div", "x divided by y, broadcasting", .interval = binary_interval,
               .lines = binary_lines)
