/* standard.h - normalizations: groups of numbers get mean 0 (or keep theirs) and standard
 * deviation 1, then each number its own scale and shift.  The including file defines prepare
 * and its table. */
#include "graph/ops/axes.h"
#include "graph/ops/outward.h"
#include <tgmath.h>

typedef struct standard {
    axes axes;
    double *scale, *shift; /* of each number of a row, one block */
    double epsilon;
    bool outside;          /* the divisor: deviation + epsilon, not sqrt(variance + epsilon) */
    bool centred;          /* the mean is taken off */
} standard;

static void standard_release(void *state) {
    axes_release(state);
    free(((standard *)state)->scale);
}

/* After the axes; scale 1 and shift 0. */
static int standard_new(standard *s, gull_graph *g, gull_node *n, double epsilon,
                        gull_error *err) {
    const gull_tensor x = *gull_in(g, n, 0);
    s->scale = malloc(2 * x.size * sizeof *s->scale);
    if (!s->scale) return GULL_ENOMEM;
    s->shift = s->scale + x.size;
    for (size_t i = 0; i < x.size; i++) s->scale[i] = 1, s->shift[i] = 0;
    s->epsilon = epsilon;
    s->centred = true;
    gull__graph_sum(g, s->axes.members + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

/* Input i, if it is there, has one number for each of `count` runs of a row. */
static inline int read_runs(const gull_graph *g, const gull_node *n, int i, size_t count,
                            double *to, gull_error *err) {
    if (i >= n->in_count || n->in[i] < 0) return GULL_OK;
    TRY(gull__check_constant(g, n, i, "scale and shift", err));
    const gull_tensor *c = gull_in(g, n, i);
    const size_t size = gull_in(g, n, 0)->size;
    if (c->size != count)
        return gull__fail(err, GULL_EFORMAT, "input %d has %zu numbers, expected %zu", i + 1,
                          c->size, count);
    for (size_t k = 0; k < size; k++) to[k] = c->f64[k / (size / count)];
    return GULL_OK;
}

typedef struct moments {
    double mean, divisor, deviation; /* deviation: what the divisor's slope is divided by */
} moments;

static moments moments_of(const standard *s, const real *x) {
    const axes *a = &s->axes;
    const double n = (double)a->members;
    double sum = 0, squares = 0;
    for (size_t k = 0; s->centred && k < a->members; k++) sum += (double)x[a->member[k]];
    const double mean = sum / n;
    for (size_t k = 0; k < a->members; k++) {
        const double d = (double)x[a->member[k]] - mean;
        squares += d * d;
    }
    const double inside = sqrt(squares / n + (s->outside ? 0 : s->epsilon));
    return (moments){mean, s->outside ? inside + s->epsilon : inside, inside};
}

static int standard_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const standard *s = n->state;
    const axes *a = &s->axes;
    for (size_t r = 0; r < p->n; r++)
        for (size_t j = 0; j < a->groups; j++) {
            const size_t row = r * a->groups * a->members;
            const real *x = p->value[n->in[0]] + row + a->group[j];
            real *y = p->value[n->out] + row + a->group[j];
            const moments m = moments_of(s, x);
            for (size_t k = 0; k < a->members; k++) {
                const size_t at = a->member[k], i = a->group[j] + at;
                y[at] = (real)(((double)x[at] - m.mean) / m.divisor * s->scale[i] + s->shift[i]);
            }
        }
    return GULL_OK;
}

/* With u = dy scale and c = x - mean: dx = (u - mean(u)) / d - c sum(u c) / (n d^2 d'),
 * d' the deviation; without centring the mean of u stays. */
static void group_gradient(const standard *s, const real *x, const real *dy,
                           const double *scale, real *dx) {
    const axes *a = &s->axes;
    const moments m = moments_of(s, x);
    const double n = (double)a->members;
    double sum = 0, dot = 0;
    for (size_t k = 0; k < a->members; k++) {
        const size_t at = a->member[k];
        const double u = (double)dy[at] * scale[at];
        sum += u;
        dot += u * ((double)x[at] - m.mean);
    }
    const double mean = s->centred ? sum / n : 0;
    const double part = m.deviation > 0 ? dot / (n * m.divisor * m.divisor * m.deviation) : 0;
    for (size_t k = 0; k < a->members; k++) {
        const size_t at = a->member[k];
        dx[at] += (real)(((double)dy[at] * scale[at] - mean) / m.divisor -
                         ((double)x[at] - m.mean) * part);
    }
}

static int standard_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const standard *s = n->state;
    const axes *a = &s->axes;
    for (size_t r = 0; r < p->n; r++)
        for (size_t j = 0; j < a->groups; j++) {
            const size_t at = r * a->groups * a->members + a->group[j];
            group_gradient(s, p->value[n->in[0]] + at, p->grad[n->out] + at,
                           s->scale + a->group[j], p->grad[n->in[0]] + at);
        }
    return GULL_OK;
}

static inline unsigned standard_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

/* ---- Bounds: of x - mean, then of the deviation, then of their quotient ---- */

typedef struct sums { /* of a group: of the bounds, and of what they may round */
    double lo, hi, off;
} sums;

static sums sums_of(const standard *s, const double *lo, const double *hi) {
    const axes *a = &s->axes;
    sums t = {0, 0, 0};
    for (size_t k = 0; k < a->members; k++) {
        t.lo += lo[a->member[k]];
        t.hi += hi[a->member[k]];
        t.off += greatest_size(lo[a->member[k]], hi[a->member[k]]);
    }
    t.off *= 0x1p-48; /* n roundings of the sum, then divided by n; and a few more */
    return t;
}

/* x - mean = (1 - 1/n) x - (sum of the others) / n, for the number at `at`. */
static void centred_range(const standard *s, const sums *t, double lo, double hi,
                          double *out) {
    const double n = (double)s->axes.members;
    out[0] = s->centred ? lo - lo / n - (t->hi - hi) / n - t->off - DBL_MIN : lo;
    out[1] = s->centred ? hi - hi / n - (t->lo - lo) / n + t->off + DBL_MIN : hi;
}

static void divisor_range(const standard *s, const sums *t, const double *lo,
                          const double *hi, double *out) {
    const axes *a = &s->axes;
    const double n = (double)a->members, inside = s->outside ? 0 : s->epsilon;
    double least = 0, most = 0, c[2];
    for (size_t k = 0; k < a->members; k++) {
        centred_range(s, t, lo[a->member[k]], hi[a->member[k]], c);
        least += least_size(c[0], c[1]) * least_size(c[0], c[1]);
        most += greatest_size(c[0], c[1]) * greatest_size(c[0], c[1]);
    }
    const double outside = s->outside ? s->epsilon : 0;
    out[0] = fmax(below(sqrt(least / n + inside) + outside, a->members), 0);
    out[1] = above(sqrt(most / n + inside) + outside, a->members);
}

/* No number is further from the mean than sqrt(n - 1) deviations, nor from 0 than sqrt(n)
 * roots of the mean square. */
static void quotient_range(const standard *s, const double *c, const double *d, double *out) {
    const double n = (double)s->axes.members, most = above(sqrt(s->centred ? n - 1 : n), 1);
    out[0] = fmax(below(c[0] / (c[0] < 0 ? d[0] : d[1]), 2), -most);
    out[1] = fmin(above(c[1] / (c[1] > 0 ? d[0] : d[1]), 2), most);
}

static int standard_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                             const double *const *hi, double *out_lo, double *out_hi) {
    const standard *s = n->state;
    const axes *a = &s->axes;
    const bool sound = s->epsilon >= 0; /* otherwise the divisor may be anything */
    (void)g;
    for (size_t j = 0; j < a->groups; j++) {
        const double *l = lo[n->in[0]] + a->group[j], *h = hi[n->in[0]] + a->group[j];
        const sums t = sums_of(s, l, h);
        double c[2], d[2], q[2];
        divisor_range(s, &t, l, h, d);
        for (size_t k = 0; k < a->members; k++) {
            const size_t at = a->member[k], i = a->group[j] + at;
            centred_range(s, &t, l[at], h[at], c);
            quotient_range(s, c, d, q);
            const double u = q[0] * s->scale[i], v = q[1] * s->scale[i];
            const double off = (fabs(u) + fabs(v) + fabs(s->shift[i])) * 0x1p-50 + DBL_MIN;
            out_lo[i] = sound ? fmin(u, v) + s->shift[i] - off : -INFINITY;
            out_hi[i] = sound ? fmax(u, v) + s->shift[i] + off : INFINITY;
        }
    }
    return GULL_OK;
}

#define GULL_STANDARD_OP(id, title, text, first_opset, ...)                              \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = GULL_OPSET_LATEST,                                                      \
        .state_size = sizeof(standard),                                                  \
        .prepare = prepare,                                                              \
        .release = standard_release,                                                     \
        .traits = standard_traits,                                                       \
        .forward = standard_forward,                                                     \
        .gradient = standard_gradient,                                                   \
        .interval = standard_interval,                                                   \
        __VA_ARGS__};
