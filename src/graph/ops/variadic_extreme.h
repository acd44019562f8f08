/* variadic_extreme.h - Max (SIGN 1) and Min (SIGN -1); the gradient goes to the first input
 * that has the extreme number. */
#include "graph/curve.h"
#include "graph/ops/variadic.h"

static unsigned traits(const gull_graph *g, const gull_node *n) {
    return only_activation(g, n) >= 0 ? GULL_OP_ELEMENTWISE : 0u;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++) {
        real *y = p->value[n->out] + r * size;
        for (size_t k = 0; k < size; k++) y[k] = operand(p, n, 0, r)[operand_at(n->state, 0, k)];
        for (int i = 1; i < n->in_count; i++) {
            const real *x = operand(p, n, i, r);
            for (size_t k = 0; k < size; k++) {
                const real v = x[operand_at(n->state, i, k)];
                y[k] = SIGN * v > SIGN * y[k] ? v : y[k];
            }
        }
    }
    return GULL_OK;
}

/* The input that number k comes from. */
static int winner(const gull_pass *p, const gull_node *n, size_t r, size_t k) {
    const real y = p->value[n->out][r * p->graph->tensor[n->out].size + k];
    int i = 0;
    while (i + 1 < n->in_count && operand(p, n, i, r)[operand_at(n->state, i, k)] != y) i++;
    return i;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++)
        for (size_t k = 0; k < size; k++) {
            const int i = winner(p, n, r, k);
            if (gull__is_constant(p->graph, n->in[i])) continue;
            real *dx = p->grad[n->in[i]] + r * gull_in(p->graph, n, i)->size;
            dx[operand_at(n->state, i, k)] += p->grad[n->out][r * size + k];
        }
    return GULL_OK;
}

/* ---- Bounds ---- */

static double further(double x, double y) { return SIGN * x > SIGN * y ? x : y; }

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        out_lo[k] = out_hi[k] = -SIGN * INFINITY;
        for (int i = 0; i < n->in_count; i++) {
            const size_t at = operand_at(n->state, i, k);
            const bool fixed = gull__is_constant(g, n->in[i]);
            const double *c = gull_in(g, n, i)->f64;
            out_lo[k] = further(out_lo[k], fixed ? c[at] : lo[n->in[i]][at]);
            out_hi[k] = further(out_hi[k], fixed ? c[at] : hi[n->in[i]][at]);
        }
    }
    return GULL_OK;
}

static double extreme_value(const gull_curve *c, double x) { return further(x, c->knot[0]); }
static double extreme_slope(const gull_curve *c, double x) {
    return SIGN * x > SIGN * c->knot[0];
}

/* ELEMENTWISE: a constant, all constants taken together, on one side of it, x on the other. */
static int lines(const gull_node *n, const gull_graph *g, const double *lo, const double *hi,
                 gull_lines *out) {
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        double c = -SIGN * INFINITY;
        for (int i = 0; i < n->in_count; i++)
            if (gull__is_constant(g, n->in[i]))
                c = further(c, gull_in(g, n, i)->f64[operand_at(n->state, i, k)]);
        gull_curve curve = gull__curve;
        curve.value = extreme_value;
        curve.slope = extreme_slope;
        gull__curve_piece(&curve, -INFINITY, SIGN > 0 ? GULL_FLAT : GULL_LINEAR);
        gull__curve_piece(&curve, c, SIGN > 0 ? GULL_LINEAR : GULL_FLAT);
        if (!curve.knots) curve = gull__curve, curve.bend[0] = GULL_LINEAR; /* x alone */
        gull__curve_lines(&curve, lo[k], hi[k], out, k);
    }
    return GULL_OK;
}
