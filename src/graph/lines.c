/* lines.c - linear relaxations of ReLU (adaptive lower slope) and of S-shaped functions
 * (chords and tangents), after Zhang et al., "Efficient Neural Network Robustness
 * Certification with General Activation Functions" (CROWN, NeurIPS 2018), and Singh et
 * al., DeepPoly (POPL 2019).  The lines hold for all reals: see upper_shift. */
#include "graph/lines.h"
#include <float.h>

/* More than a few roundings of terms of this size, and of underflow. */
static double slack(double size) { return size * 0x1p-50 + DBL_MIN; }

void gull__relu_interval(size_t n, const double *lo, const double *hi, double *out_lo,
                         double *out_hi) {
    for (size_t i = 0; i < n; i++) {
        out_lo[i] = lo[i] > 0 ? lo[i] : 0;
        out_hi[i] = hi[i] > 0 ? hi[i] : 0;
    }
}

/* An unstable ReLU.  It is convex, so the upper line need only hold at both ends. */
void gull__relu_chord(double l, double u, double *slope, double *shift) {
    double s = isinf(u) ? 1 : isinf(l) ? 0 : u / (u - l);
    if (!(s >= 0 && s <= 1)) s = 1; /* u - l overflowed */
    const double at_l = s == 0 ? 0 : -s * l, at_u = isinf(u) ? 0 : u - s * u;
    *slope = s;
    *shift = fmax(at_l, at_u);
    *shift += slack(fmax(fabs(*shift), isinf(u) ? 0 : u));
}

void gull__relu_lines(size_t n, const double *lo, const double *hi, gull_lines *out) {
    for (size_t i = 0; i < n; i++) {
        const double keep = lo[i] >= 0 ? 1 : 0;
        out->lower_slope[i] = out->upper_slope[i] = keep;
        out->lower_shift[i] = out->upper_shift[i] = 0;
        if (lo[i] >= 0 || hi[i] <= 0) continue;
        out->lower_slope[i] = hi[i] > -lo[i] ? 1 : 0;
        gull__relu_chord(lo[i], hi[i], &out->upper_slope[i], &out->upper_shift[i]);
    }
}

static double logistic(double x) {
    const double e = exp(-fabs(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

static double logistic_slope(double x) {
    const double e = exp(-fabs(x));
    return e / ((1 + e) * (1 + e));
}

/* 1 - tanh^2 without its cancellation. */
static double tanh_slope(double x) {
    const double e = exp(-2 * fabs(x));
    return 4 * e / ((1 + e) * (1 + e));
}

const gull_s_shape gull__logistic = {logistic, logistic_slope, 0x1p-48, 0, 1};
const gull_s_shape gull__tanh = {tanh, tanh_slope, 0x1p-48, -1, 1};

/* exp and tanh of the C library are off by a few units in the last place; and exp(-2x)
 * of a rounded -2x is exact in its argument. */
static double value_below(const gull_s_shape *f, double x) {
    const double v = f->value(x);
    return fmax(v - fabs(v) * f->error - DBL_MIN, f->low);
}
static double value_above(const gull_s_shape *f, double x) {
    const double v = f->value(x);
    return fmin(v + fabs(v) * f->error + DBL_MIN, f->high);
}

void gull__s_shape_interval(const gull_s_shape *f, size_t n, const double *lo,
                            const double *hi, double *out_lo, double *out_hi) {
    for (size_t i = 0; i < n; i++) {
        out_lo[i] = value_below(f, lo[i]);
        out_hi[i] = value_above(f, hi[i]);
    }
}

/* A shift t with f(x) <= s x + t on [l, u], for any slope s and any point d of
 * [max(l, 0), u] (u <= 0: d is not used).  Below 0, f(x) - s x is convex, so its greatest
 * value there is at l or at min(u, 0).  Above 0, f lies below its tangent at d:
 * f(x) - s x <= f(d) - s d + (f'(d) - s)(x - d), which is greatest at an end. */
static double upper_shift(const gull_s_shape *f, double l, double u, double s, double d) {
    const double foot = fmax(l, 0);
    double t = -INFINITY, size = 0;
    if (l < 0) {
        const double top = fmin(u, 0);
        t = fmax(value_above(f, l) - s * l, value_above(f, top) - s * top);
        size = s * (fabs(l) + fabs(top));
    }
    if (u > 0) {
        const double slope = f->slope(d), off = slope * f->error + DBL_MIN;
        const double right = fmax(slope + off - s, 0) * (u - d);
        const double left = fmax(s - slope + off, 0) * (d - foot);
        t = fmax(t, value_above(f, d) - s * d + fmax(right, left));
        size += s * d + right + left;
    }
    return t + slack(size + 2);
}

/* Where the tangent passes through (l, f(l)), l < 0 <= d <= u; u when it would be beyond.
 * Newton's secant-free bisection: its accuracy costs tightness only. */
static double tangent_point(const gull_s_shape *f, double l, double u) {
    const double fl = f->value(l);
    double near = 0, far = u;
    if (f->slope(u) * (u - l) >= f->value(u) - fl) return u;
    for (int step = 0; step < 30; step++) {
        const double d = near + (far - near) / 2;
        if (f->slope(d) * (d - l) >= f->value(d) - fl)
            near = d;
        else
            far = d;
    }
    return far;
}

/* Upper line on finite [l, u]. */
static void upper_line(const gull_s_shape *f, double l, double u, double *slope,
                       double *shift) {
    const double wide = u - l;
    double d = fmax(l + wide / 2, 0), s = f->slope(d);
    if (l < 0) {
        const bool thin = !(wide > 1e-7 * fmax(1, fabs(l)));
        d = u > 0 && !thin ? tangent_point(f, l, u) : fmax(u, 0);
        if (u > 0 && d < u) s = f->slope(d);
        else s = thin ? f->slope(u) : (f->value(u) - f->value(l)) / wide;
    }
    if (!(s >= 0)) s = 0;
    *slope = s;
    *shift = upper_shift(f, l, u, s, d);
}

static void line_or_constant(const gull_s_shape *f, double l, double u, double *slope,
                             double *shift) {
    *slope = 0;
    *shift = value_above(f, u);
    const bool far = !(l > -1e100 && u < 1e100);
    if (!far && l < u) {
        double s, t;
        upper_line(f, l, u, &s, &t);
        if (s > 0) *slope = s, *shift = t;
    }
}

/* f(x) >= s x + t on [l, u] is f(y) <= s y + sum - t on [-u, -l], y = -x. */
void gull__s_shape_lines(const gull_s_shape *f, size_t n, const double *lo, const double *hi,
                         gull_lines *out) {
    const double sum = f->low + f->high;
    for (size_t i = 0; i < n; i++) {
        double t;
        line_or_constant(f, lo[i], hi[i], &out->upper_slope[i], &out->upper_shift[i]);
        line_or_constant(f, -hi[i], -lo[i], &out->lower_slope[i], &t);
        out->lower_shift[i] = sum - t - slack(fabs(t) + 1);
    }
}
