/* lrn.c - ONNX LRN, local response normalization: x / (bias + alpha / size times the sum of
 * squares of `size` neighbouring channels) to the power of beta. */
#include "graph/ops/outward.h"
#include "graph/real.h"
#include <tgmath.h>

typedef struct lrn_state {
    size_t channels, area, before, after; /* neighbours of a channel */
    double rate, beta, bias;              /* rate: alpha / size */
} lrn_state;

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    lrn_state *s = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int64_t size = gull_attr_int(attributes, "size", 0);
    if (x.rank < 1 || size < 1 || size > 1 << 20)
        return gull__fail(err, GULL_EFORMAT, "%lld neighbours of a %d-dimensional input",
                          (long long)size, x.rank + 1);
    s->channels = (size_t)x.dims[0];
    s->area = x.size / s->channels;
    s->before = (size_t)(size - 1) / 2;
    s->after = (size_t)size / 2;
    s->rate = gull_attr_float(attributes, "alpha", 1e-4f) / (double)size;
    s->beta = gull_attr_float(attributes, "beta", 0.75f);
    s->bias = gull_attr_float(attributes, "bias", 1);
    gull__graph_sum(g, (size_t)size + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

static size_t first(const lrn_state *s, size_t c) { return c > s->before ? c - s->before : 0; }
static size_t last(const lrn_state *s, size_t c) {
    return c + s->after < s->channels ? c + s->after : s->channels - 1;
}

/* The base of the power at channel c; x: one place of all channels. */
static double base_of(const lrn_state *s, const real *x, size_t c) {
    double sum = 0;
    for (size_t k = first(s, c); k <= last(s, c); k++)
        sum += (double)x[k * s->area] * (double)x[k * s->area];
    return s->bias + s->rate * sum;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const lrn_state *s = n->state;
    for (size_t i = 0; i < p->n * s->area; i++) {
        const size_t from = i / s->area * s->channels * s->area + i % s->area;
        const real *x = p->value[n->in[0]] + from;
        real *y = p->value[n->out] + from;
        for (size_t c = 0; c < s->channels; c++)
            y[c * s->area] = (real)((double)x[c * s->area] * pow(base_of(s, x, c), -s->beta));
    }
    return GULL_OK;
}

/* Channel c's own part, and its part in the base of its neighbours. */
static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const lrn_state *s = n->state;
    for (size_t i = 0; i < p->n * s->area; i++) {
        const size_t from = i / s->area * s->channels * s->area + i % s->area;
        const real *x = p->value[n->in[0]] + from, *dy = p->grad[n->out] + from;
        real *dx = p->grad[n->in[0]] + from;
        for (size_t c = 0; c < s->channels; c++) {
            const double base = base_of(s, x, c), power = pow(base, -s->beta);
            const double d = (double)dy[c * s->area];
            const double part = -2 * s->rate * s->beta * d * (double)x[c * s->area] * power / base;
            dx[c * s->area] += (real)(d * power);
            for (size_t k = first(s, c); k <= last(s, c); k++)
                dx[k * s->area] += (real)(part * (double)x[k * s->area]);
        }
    }
    return GULL_OK;
}

/* A number between lo and hi times a power between those of the extreme bases. */
static void channel_range(const lrn_state *s, const double *lo, const double *hi, size_t c,
                          double *out) {
    double least = 0, most = 0;
    for (size_t k = first(s, c); k <= last(s, c); k++) {
        const double u = least_size(lo[k * s->area], hi[k * s->area]);
        const double v = greatest_size(lo[k * s->area], hi[k * s->area]);
        least += u * u;
        most += v * v;
    }
    const size_t terms = 64 * (1 + (size_t)s->beta); /* of the sum, and what the power adds */
    const double a = below(pow(above(s->bias + s->rate * most, s->channels), -s->beta), terms);
    const double b = above(pow(below(s->bias + s->rate * least, s->channels), -s->beta), terms);
    const double l = lo[c * s->area], h = hi[c * s->area];
    out[0] = below(l * (l < 0 ? b : a), 2);
    out[1] = above(h * (h > 0 ? b : a), 2);
}

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const lrn_state *s = n->state;
    const bool known = s->rate >= 0 && s->beta >= 0 && s->beta < 100 && s->bias > 1e-30;
    (void)g;
    for (size_t i = 0; i < s->channels * s->area; i++) {
        double out[2] = {-INFINITY, INFINITY};
        const size_t at = i % s->area;
        if (known)
            channel_range(s, lo[n->in[0]] + at, hi[n->in[0]] + at, i / s->area, out);
        out_lo[i] = out[0];
        out_hi[i] = out[1];
    }
    return GULL_OK;
}

const gull_op GULL_OP(lrn);
const gull_op GULL_OP(lrn) = {
    .onnx = "LRN",
    .summary = "x divided by a power of its neighbouring channels' squares",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .state_size = sizeof(lrn_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
