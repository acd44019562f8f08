/* sigmoid.c - ONNX Sigmoid: 1 / (1 + exp(-x)), without overflow. */
#include "graph/ops/elementwise.h"

static real value_of(attributes a, real x) {
    const real e = GULL_EXP(-fabs(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}
static real slope_of(attributes a, real x, real y) { return y * (1 - y); }

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    gull__s_shape_interval(&gull__logistic, n, lo, hi, out_lo, out_hi);
}

static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    gull__s_shape_lines(&gull__logistic, n, lo, hi, out);
}

GULL_ELEMENTWISE_OP(sigmoid, "Sigmoid", "1 / (1 + exp(-x))", 6)
