/* xyz.c - TEMPLATE: ONNX Xyz.  Compiled twice, in float and in double.  As it stands: softsign,
 * x / (1 + |x|).  Bounds: it rises, so its ends bound it; as lines, level ones. */
#include "graph/ops/elementwise.h"

static real value_of(real x) { return x / (1 + (x < 0 ? -x : x)); }

static real slope_of(real x, real y) {
    const real d = 1 + (x < 0 ? -x : x);
    (void)y;
    return 1 / (d * d);
}

/* Three roundings of at most 2^-53 each: 2^-50 of the value is more than enough. */
static void interval_of(size_t n, const double *lo, const double *hi, double *out_lo,
                        double *out_hi) {
    for (size_t i = 0; i < n; i++) {
        const double a = isinf(lo[i]) ? -1 : lo[i] / (1 + fabs(lo[i]));
        const double b = isinf(hi[i]) ? 1 : hi[i] / (1 + fabs(hi[i]));
        out_lo[i] = a - 0x1p-50 * fabs(a);
        out_hi[i] = b + 0x1p-50 * fabs(b);
    }
}

static void lines_of(size_t n, const double *lo, const double *hi, gull_lines *out) {
    for (size_t i = 0; i < n; i++) out->lower_slope[i] = out->upper_slope[i] = 0;
    interval_of(n, lo, hi, out->lower_shift, out->upper_shift);
}

GULL_ELEMENTWISE_OP(xyz, "Xyz", "one line for `gull list operators`", 1)
