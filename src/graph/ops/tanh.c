/* tanh.c - ONNX Tanh. */
#include "graph/ops/elementwise.h"

static real value_of(attributes a, real x) { return (real)tanh((double)x); }

static real slope_of(attributes a, real x, real y) {
    return 1 - y * y;
}

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    gull__s_shape_interval(&gull__tanh, n, lo, hi, out_lo, out_hi);
}

static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    gull__s_shape_lines(&gull__tanh, n, lo, hi, out);
}

GULL_ELEMENTWISE_OP(tanh, "Tanh", "the hyperbolic tangent", 6)
