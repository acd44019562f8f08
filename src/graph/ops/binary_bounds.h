/* binary_bounds.h - after binary.h, bounds of an operator of two inputs.  The including file
 * defines
 *   static void range_of(const double *x, const double *y, bool same, double *out);
 *       out[0] and out[1] bound the value for x in [x[0], x[1]] and y in [y[0], y[1]];
 *       same: x and y are the same number
 *   static bool curve_of(bool first, double c, double lo, double hi, gull_curve *);
 *       the curve over [lo, hi] when the first or the second operand is the constant c;
 *       false: there is none; value and slope are filled in */
#include "graph/curve.h"
#include <float.h>

static void range_of(const double *x, const double *y, bool same, double *out);
static bool curve_of(bool first, double c, double lo, double hi, gull_curve *curve);

typedef struct operand_constant {
    double c;
    bool first;
} operand_constant;

static double curve_value(const gull_curve *curve, double v) {
    const operand_constant *k = curve->parameters;
    const real c = (real)k->c, x = (real)v;
    return k->first ? COMBINE(c, x) : COMBINE(x, c);
}

static double curve_slope(const gull_curve *curve, double v) {
    const operand_constant *k = curve->parameters;
    const real c = (real)k->c, x = (real)v;
    (void)c, (void)x; /* not all slopes depend on them */
    return k->first ? SLOPE_Y(c, x) : SLOPE_X(x, c);
}

static bool begin_curve(const operand_constant *k, double lo, double hi, gull_curve *curve) {
    *curve = gull__curve;
    curve->value = curve_value;
    curve->slope = curve_slope;
    curve->parameters = k;
    curve->error = 0x1p-48;
    return curve_of(k->first, k->c, lo, hi, curve);
}

static int binary_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                           const double *const *hi, double *out_lo, double *out_hi) {
    const bool cx = gull__is_constant(g, n->in[0]), cy = gull__is_constant(g, n->in[1]);
    const bool same = n->in[0] == n->in[1];
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        double x[2], y[2], out[2] = {-INFINITY, INFINITY};
        gull_curve curve;
        operand_range(g, n, 0, k, lo, hi, x);
        operand_range(g, n, 1, k, lo, hi, y);
        const operand_constant c = {cx ? x[0] : y[0], cx};
        const double *moving = cx ? y : x;
        if (!cx && !cy) range_of(x, y, same, out);
        else if (begin_curve(&c, moving[0], moving[1], &curve))
            gull__curve_interval(&curve, moving[0], moving[1], &out[0], &out[1]);
        out_lo[k] = out[0];
        out_hi[k] = out[1];
    }
    return GULL_OK;
}

/* ELEMENTWISE: the activation's number k. */
static inline int binary_lines(const gull_node *n, const gull_graph *g, const double *lo,
                        const double *hi, gull_lines *out) {
    const binary_state *s = n->state;
    const bool cx = gull__is_constant(g, n->in[0]);
    const double *constant = gull_in(g, n, cx ? 0 : 1)->f64;
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        const operand_constant c = {constant[operand_at(s, cx ? s->step_x : s->step_y, k)], cx};
        gull_curve curve;
        if (!begin_curve(&c, lo[k], hi[k], &curve)) {
            curve = gull__curve;
            curve.from = INFINITY; /* no lines */
        }
        gull__curve_lines(&curve, lo[k], hi[k], out, k);
    }
    return GULL_OK;
}

/* The interval of x times y, where 0 times infinity is 0, rounded outward. */
static inline void product_range(const double *x, const double *y, double *out) {
    out[0] = INFINITY;
    out[1] = -INFINITY;
    for (int i = 0; i < 4; i++) {
        const double v = x[i & 1] * y[i >> 1], p = isnan(v) ? 0 : v;
        const double off = p == 0 || isinf(p) ? 0 : fabs(p) * 0x1p-52 + DBL_MIN;
        out[0] = fmin(out[0], p - off);
        out[1] = fmax(out[1], p + off);
    }
    if (out[0] == INFINITY) out[0] = DBL_MAX; /* it overflowed */
    if (out[1] == -INFINITY) out[1] = -DBL_MAX;
}
