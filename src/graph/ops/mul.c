/* mul.c - ONNX Mul: x times y, broadcasting. */
#define COMBINE(x, y) ((x) * (y))
#define MAGNITUDE(x, y) ((x) * (y))
#define SLOPE_X(x, y) ((real)(y))
#define SLOPE_Y(x, y) ((real)(x))
#define AFFINE_IF(x_constant, y_constant) ((x_constant) || (y_constant))
#include "graph/ops/binary.h"
#include "graph/ops/binary_bounds.h"

static void range_of(const double *x, const double *y, bool same, double *out) {
    product_range(x, y, out);
    if (same && x[0] <= 0 && x[1] >= 0) out[0] = 0; /* a square */
}

/* With a constant it is affine. */
static bool curve_of(bool first, double c, double lo, double hi, gull_curve *curve) {
    (void)first, (void)c, (void)lo, (void)hi, (void)curve;
    return false;
}

GULL_BINARY_OP(mul, "Mul", "x times y, broadcasting", .interval = binary_interval)
