/* curved.h - elementwise.h with bounds of a gull_curve.  The including file defines, beside
 * value_of and slope_of,
 *   static void curve_of(attributes a, double lo, double hi, gull_curve *c);
 * which describes the function over [lo, hi]; c is gull__curve with both in it. */
#include "graph/curve.h"
#include "graph/ops/elementwise.h"

static void curve_of(attributes a, double lo, double hi, gull_curve *c);

static double curve_value(const gull_curve *c, double x) {
    return (double)value_of(*(const attributes *)c->parameters, (real)x);
}
static double curve_slope(const gull_curve *c, double x) {
    const attributes a = *(const attributes *)c->parameters;
    return (double)slope_of(a, (real)x, value_of(a, (real)x));
}

static gull_curve begin_curve(const attributes *a, double lo, double hi) {
    gull_curve c = gull__curve;
    c.value = curve_value;
    c.slope = curve_slope;
    c.parameters = a;
    c.error = 0x1p-48;
    curve_of(*a, lo, hi, &c);
    return c;
}

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    for (size_t i = 0; i < n; i++) {
        const gull_curve c = begin_curve(&a, lo[i], hi[i]);
        gull__curve_interval(&c, lo[i], hi[i], &out_lo[i], &out_hi[i]);
    }
}

static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    for (size_t i = 0; i < n; i++) {
        const gull_curve c = begin_curve(&a, lo[i], hi[i]);
        gull__curve_lines(&c, lo[i], hi[i], out, i);
    }
}
