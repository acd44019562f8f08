/* tanh.c - ONNX Tanh: m / (m + 2) of m = exp(-2 |x|) - 1 in float, with the sign turned. */
#include "graph/ops/elementwise.h"

static real value_of(attributes a, real x) {
#ifdef GULL_REAL32
    const float m = GULL_EXPM1(-2 * fabs(x)), y = m / (m + 2);
    return x < 0 ? y : -y;
#else
    return tanh(x);
#endif
}
static real slope_of(attributes a, real x, real y) { return 1 - y * y; }

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    gull__s_shape_interval(&gull__tanh, n, lo, hi, out_lo, out_hi);
}

static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    gull__s_shape_lines(&gull__tanh, n, lo, hi, out);
}

GULL_ELEMENTWISE_OP(tanh, "Tanh", "the hyperbolic tangent", 6)
