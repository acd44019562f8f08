/* lpnormalization.c - ONNX LpNormalization: numbers along an axis divided by the sum of
 * their sizes (p = 1) or their Euclidean length (p = 2); all zeros stay so. */
#include "graph/ops/axes.h"
#include "graph/ops/outward.h"
#include <tgmath.h>

typedef struct lp_state {
    axes axes;
    bool squares;
} lp_state;

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    lp_state *s = n->state;
    int axis;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int64_t p = gull_attr_int(attributes, "p", 2);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", -1), x.rank, &axis, err));
    if (p != 1 && p != 2)
        return gull__fail(err, GULL_EFORMAT, "p is %lld, expected 1 or 2", (long long)p);
    s->squares = p == 2;
    TRY(axes_new(&s->axes, &x, 1u << axis));
    gull__graph_sum(g, s->axes.members + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

static double length_of(const lp_state *s, const real *x) {
    double sum = 0;
    for (size_t k = 0; k < s->axes.members; k++) {
        const double v = fabs((double)x[s->axes.member[k]]);
        sum += s->squares ? v * v : v;
    }
    return s->squares ? sqrt(sum) : sum;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const lp_state *s = n->state;
    const axes *a = &s->axes;
    for (size_t j = 0; j < p->n * a->groups; j++) {
        const size_t from = j / a->groups * a->groups * a->members + a->group[j % a->groups];
        const real *x = p->value[n->in[0]] + from;
        real *y = p->value[n->out] + from;
        const double length = length_of(s, x);
        for (size_t k = 0; k < a->members; k++)
            y[a->member[k]] = length > 0 ? (real)((double)x[a->member[k]] / length) : 0;
    }
    return GULL_OK;
}

/* dx = (dy - (dy . y) d length / dx) / length. */
static void group_gradient(const lp_state *s, const real *x, const real *y, const real *dy,
                           real *dx) {
    const axes *a = &s->axes;
    const double length = length_of(s, x);
    double dot = 0;
    if (!(length > 0)) return;
    for (size_t k = 0; k < a->members; k++)
        dot += (double)dy[a->member[k]] * (double)y[a->member[k]];
    for (size_t k = 0; k < a->members; k++) {
        const size_t at = a->member[k];
        const double slope = s->squares ? (double)y[at] : (x[at] > 0) - (x[at] < 0);
        dx[at] += (real)(((double)dy[at] - dot * slope) / length);
    }
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const lp_state *s = n->state;
    const axes *a = &s->axes;
    for (size_t j = 0; j < p->n * a->groups; j++) {
        const size_t from = j / a->groups * a->groups * a->members + a->group[j % a->groups];
        group_gradient(s, p->value[n->in[0]] + from, p->value[n->out] + from,
                       p->grad[n->out] + from, p->grad[n->in[0]] + from);
    }
    return GULL_OK;
}

/* A number and the lengths that the others leave possible. */
static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const lp_state *s = n->state;
    const axes *a = &s->axes;
    (void)g;
    for (size_t j = 0; j < a->groups; j++) {
        const double *l = lo[n->in[0]] + a->group[j], *h = hi[n->in[0]] + a->group[j];
        double least = 0, most = 0;
        for (size_t k = 0; k < a->members; k++) {
            const double u = least_size(l[a->member[k]], h[a->member[k]]);
            const double v = greatest_size(l[a->member[k]], h[a->member[k]]);
            least += s->squares ? u * u : u;
            most += s->squares ? v * v : v;
        }
        least = fmax(below(s->squares ? sqrt(least) : least, a->members), 0);
        most = above(s->squares ? sqrt(most) : most, a->members);
        for (size_t k = 0; k < a->members; k++) {
            const size_t at = a->member[k], i = a->group[j] + at;
            out_lo[i] = fmax(below(l[at] / (l[at] < 0 ? least : most), 2), -1);
            out_hi[i] = fmin(above(h[at] / (h[at] > 0 ? least : most), 2), 1);
        }
    }
    return GULL_OK;
}

const gull_op GULL_OP(lpnormalization);
const gull_op GULL_OP(lpnormalization) = {
    .onnx = "LpNormalization",
    .summary = "numbers along an axis divided by their L1 or L2 length",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(lp_state),
    .prepare = prepare,
    .release = axes_release,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
