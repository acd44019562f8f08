/* thresholdedrelu.c - ONNX ThresholdedRelu: x above alpha, else 0. */
#define ATTRIBUTES {"alpha", 1}
#include "graph/ops/elementwise.h"

static real value_of(attributes a, real x) { return x > a.v[0] ? x : 0; }
static real slope_of(attributes a, real x, real y) { return x > a.v[0]; }

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    const double alpha = (double)a.v[0];
    for (size_t i = 0; i < n; i++) {
        const bool below = !(lo[i] > alpha), above = hi[i] > alpha;
        out_lo[i] = below ? above ? fmin(alpha, 0) : 0 : lo[i];
        out_hi[i] = below ? above ? fmax(hi[i], 0) : 0 : hi[i];
    }
}

/* On both sides of the jump the interval is all that is said. */
static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    interval_of(a, n, lo, hi, out->lower_shift, out->upper_shift);
    for (size_t i = 0; i < n; i++) {
        const bool above = lo[i] > (double)a.v[0];
        out->lower_slope[i] = out->upper_slope[i] = above;
        if (above) out->lower_shift[i] = out->upper_shift[i] = 0;
    }
}

GULL_ELEMENTWISE_OP(thresholdedrelu, "ThresholdedRelu", "x above alpha, else 0", 10)
