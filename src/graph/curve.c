/* curve.c - intervals and linear relaxations of piecewise convex or concave functions,
 * after Zhang et al. (CROWN, NeurIPS 2018) and Singh et al. (DeepPoly, POPL 2019).  The
 * slope of a line is chosen for tightness in the middle; its shift is then computed so that
 * the line holds for that slope, whatever it is: see shift_above. */
#include "graph/curve.h"
#include <float.h>

static double identity(const gull_curve *c, double x) {
    (void)c;
    return x;
}
static double one(const gull_curve *c, double x) {
    (void)c;
    (void)x;
    return 1;
}

const gull_curve gull__curve = {
    .value = identity, .slope = one, .from = -INFINITY, .to = INFINITY,
    .low = -INFINITY, .high = INFINITY,
};

void gull__curve_piece(gull_curve *c, double x, gull_bend bend) {
    if (isnan(x)) c->from = INFINITY; /* defined nowhere */
    const bool rising = x < INFINITY && (c->knots == 0 || x > c->knot[c->knots - 1]);
    if (x > -INFINITY && (!rising || c->knots == GULL_KNOTS)) return;
    if (x > -INFINITY) c->knot[c->knots++] = x;
    c->bend[c->knots] = bend;
}

/* More than a few roundings of terms of this size, and of underflow. */
static double slack(double size) { return size * 0x1p-49 + DBL_MIN; }

static double error_of(const gull_curve *c, double v) {
    return c->error > 0 || c->off > 0 ? fabs(v) * c->error + c->off + DBL_MIN : 0;
}

/* An upper bound of sign * f(x). */
static double above(const gull_curve *c, double sign, double x) {
    const double v = sign * c->value(c, x), most = sign > 0 ? c->high : -c->low;
    if (isnan(v)) return most;
    if (v == -INFINITY) return isinf(x) ? v : -DBL_MAX; /* it overflowed */
    return v < INFINITY ? fmin(v + error_of(c, v), most) : v;
}

static bool is_inside(const gull_curve *c, double lo, double hi) {
    return lo >= c->from && hi <= c->to && lo <= hi;
}

/* Each piece is monotone. */
static double greatest(const gull_curve *c, double sign, double lo, double hi) {
    double most = fmax(above(c, sign, lo), above(c, sign, hi));
    for (int i = 0; i < c->knots; i++)
        if (c->knot[i] > lo && c->knot[i] < hi) most = fmax(most, above(c, sign, c->knot[i]));
    return most;
}

void gull__curve_interval(const gull_curve *c, double lo, double hi, double *out_lo,
                          double *out_hi) {
    const bool inside = is_inside(c, lo, hi);
    *out_lo = inside ? -greatest(c, -1, lo, hi) : c->low;
    *out_hi = inside ? greatest(c, 1, lo, hi) : c->high;
}

/* ---- Lines ---- */

static bool is_concave(const gull_curve *c, double sign, int piece) {
    return c->bend[piece] == (sign > 0 ? GULL_CONCAVE : GULL_CONVEX);
}

/* Inside (l, u), where a concave function's slope is about s; its accuracy costs
 * tightness only. */
static double touching(const gull_curve *c, double sign, double l, double u, double s) {
    double near = l, far = u, d = l / 2 + u / 2;
    for (int step = 0; step < 32; step++) {
        if (sign * c->slope(c, d) > s)
            near = d;
        else
            far = d;
        const double next = near / 2 + far / 2;
        if (!(next > l && next < u)) break;
        d = next;
    }
    return d;
}

/* A bound of f(x) - s x over a concave piece [l, u], *size gets the size of its terms.  The
 * piece lies below its tangent at d: f(x) - s x <= f(d) - s d + (f'(d) - s)(x - d), which is
 * greatest at an end. */
static double concave_above(const gull_curve *c, double sign, double l, double u, double s,
                            double *size) {
    const double d = touching(c, sign, l, u, s), v = above(c, sign, d);
    if (!(d > l && d < u)) { /* neighbours: both terms are monotone */
        *size = fabs(s * l) + fabs(s * u);
        return fmax(above(c, sign, l), above(c, sign, u)) + fmax(-s * l, -s * u);
    }
    const double slope = sign * c->slope(c, d), off = error_of(c, slope);
    if (!isfinite(slope)) return INFINITY;
    const double right = fmax(slope + off - s, 0) * (u - d);
    const double left = fmax(s - slope + off, 0) * (d - l);
    *size = fabs(v) + fabs(s * d) + right + left +
            (fabs(slope) + fabs(s)) * (u - l); /* what slope - s may have lost */
    return v - s * d + fmax(right, left);
}

/* A shift t with sign f(x) <= s x + t on [l, u] for any slope s.  Where sign f is convex
 * or straight, sign f(x) - s x is greatest at an end of the piece. */
static double shift_above(const gull_curve *c, double sign, double l, double u, double s) {
    double t = -INFINITY, size = 0;
    for (int i = 0; i <= c->knots; i++) {
        const double a = i ? fmax(l, c->knot[i - 1]) : l;
        const double b = i < c->knots ? fmin(u, c->knot[i]) : u;
        if (a > b) continue;
        const double va = above(c, sign, a), vb = above(c, sign, b);
        double more = 0;
        t = fmax(t, fmax(va - s * a, vb - s * b));
        size = fmax(size, fmax(fabs(va) + fabs(s * a), fabs(vb) + fabs(s * b)));
        if (!is_concave(c, sign, i) || !(a < b)) continue;
        t = fmax(t, concave_above(c, sign, a, b, s, &more));
        size = fmax(size, more);
    }
    return t + slack(size);
}

enum { SAMPLES = 16, POINTS = SAMPLES + 1 + GULL_KNOTS };

/* l, u, points between them and the knots between them. */
static int points_of(const gull_curve *c, double l, double u, double *x) {
    int n = 0;
    for (int i = 0; i <= SAMPLES; i++)
        x[n++] = i < SAMPLES ? l + (u - l) * i / SAMPLES : u;
    for (int i = 0; i < c->knots; i++)
        if (c->knot[i] > l && c->knot[i] < u) x[n++] = c->knot[i];
    return n;
}

/* The slope of the upper hull of some points of the graph over the middle. */
static double hull_slope(const gull_curve *c, double sign, double l, double u) {
    const double middle = l / 2 + u / 2;
    double x[POINTS], y[POINTS], best = -INFINITY, slope = 0;
    const int n = points_of(c, l, u, x);
    for (int i = 0; i < n; i++) y[i] = sign * c->value(c, x[i]);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n && x[i] <= middle; k++) {
            if (!(x[k] > middle)) continue;
            const double s = (y[k] - y[i]) / (x[k] - x[i]);
            const double at = y[i] + s * (middle - x[i]);
            if (at > best) best = at, slope = s;
        }
    return slope;
}

/* The piece that all of [l, u] is in, or -1. */
static int piece_of(const gull_curve *c, double l, double u) {
    int i = 0;
    while (i < c->knots && c->knot[i] <= l) i++;
    return i == c->knots || c->knot[i] >= u ? i : -1;
}

/* A number of [l, u] inside the piece, l < u. */
static double inside(const gull_curve *c, int piece, double l, double u) {
    if (!piece || l > c->knot[piece - 1]) return l;
    return piece < c->knots && u == c->knot[piece] ? l / 2 + u / 2 : u;
}

static double slope_above(const gull_curve *c, double sign, int piece, double l, double u) {
    const bool thin = !(u - l > 1e-7 * fmax(1, fmax(fabs(l), fabs(u))));
    if (piece >= 0 && (thin || is_concave(c, sign, piece)))
        return sign * c->slope(c, l / 2 + u / 2);
    if (piece >= 0) return sign * (c->value(c, u) - c->value(c, l)) / (u - l);
    return hull_slope(c, sign, l, u);
}

/* sign f(x) <= slope x + shift: a line where it is lower in the middle than the constant. */
static void line_above(const gull_curve *c, double sign, double l, double u, double *slope,
                       double *shift) {
    *slope = 0;
    *shift = sign > 0 ? c->high : -c->low;
    if (!is_inside(c, l, u)) return;
    *shift = greatest(c, sign, l, u);
    if (!(l > -1e100 && u < 1e100)) return;
    const int piece = piece_of(c, l, u);
    const gull_bend bend = piece < 0 ? GULL_STRAIGHT : c->bend[piece];
    if (bend == GULL_FLAT && c->off == 0) *shift = sign * c->value(c, inside(c, piece, l, u));
    if (bend == GULL_FLAT || l == u) return;
    if (bend == GULL_LINEAR) {
        *slope = sign * c->slope(c, inside(c, piece, l, u));
        *shift = 0;
        return;
    }
    const double s = slope_above(c, sign, piece, l, u);
    if (!isfinite(s)) return;
    const double t = shift_above(c, sign, l, u, s);
    if (s * (l / 2 + u / 2) + t < *shift) *slope = s, *shift = t;
}

void gull__curve_lines(const gull_curve *c, double lo, double hi, gull_lines *out, size_t k) {
    double s, t;
    line_above(c, 1, lo, hi, &out->upper_slope[k], &out->upper_shift[k]);
    line_above(c, -1, lo, hi, &s, &t);
    out->lower_slope[k] = -s;
    out->lower_shift[k] = -t;
}
