/* softmax.h - Softmax and LogSoftmax along one axis; before opset 13 along all axes from
 * the given one.  The including file defines
 *   static void one(const real *x, real *y, size_t length, size_t step);
 *   static void one_gradient(const real *y, const real *dy, real *dx, length, step);
 *   FINISH(t): the result where t = log(sum of exp(x_j - x_i)) */
#include "graph/exponential.h"
#include "graph/ops/outward.h"
#include "graph/real.h"
#include "graph/softmax_state.h"


static void one(const real *x, real *y, size_t length, size_t step);
static void one_gradient(const real *y, const real *dy, real *dx, size_t length,
                         size_t step);

static int softmax_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                           gull_error *err) {
    softmax_state *s = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const bool flat = g->opset < 13;
    const int64_t axis = gull_attr_int(attributes, "axis", flat ? 1 : -1);
    int at;
    TRY(gull__row_axis(g, axis, x.rank, &at, err));
    *s = (softmax_state){1, 1, 1};
    for (int i = 0; i < x.rank; i++)
        *(i < at ? &s->outer : i == at || flat ? &s->length : &s->inner) *= (size_t)x.dims[i];
    gull__graph_sum(g, s->length + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned softmax_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

/* The k-th line of numbers starts here. */
static size_t line(const softmax_state *s, size_t k) {
    return k / s->inner * s->length * s->inner + k % s->inner;
}

static real greatest(const real *x, size_t length, size_t step) {
    real m = x[0];
    for (size_t i = 1; i < length; i++)
        if (x[i * step] > m) m = x[i * step];
    return m;
}

static int softmax_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const softmax_state *s = n->state;
    for (size_t k = 0; k < p->n * s->outer * s->inner; k++)
        one(p->value[n->in[0]] + line(s, k), p->value[n->out] + line(s, k), s->length,
            s->inner);
    return GULL_OK;
}

static int softmax_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const softmax_state *s = n->state;
    for (size_t k = 0; k < p->n * s->outer * s->inner; k++)
        one_gradient(p->value[n->out] + line(s, k), p->grad[n->out] + line(s, k),
                     p->grad[n->in[0]] + line(s, k), s->length, s->inner);
    return GULL_OK;
}

/* log(1 + sum over the others of exp(x_j - own)), off by less than 2^-40 of it and of 1, the
 * others as far as they are from it. */
static double rest_of(const double *x, double own, size_t i, size_t length, size_t step) {
    double most = 0, sum = 0;
    for (size_t j = 0; j < length; j++)
        if (j != i) most = fmax(most, x[j * step] - own);
    if (!isfinite(most)) return most;
    for (size_t j = 0; j < length; j++)
        if (j != i) sum += exp(x[j * step] - own - most);
    return most + log(sum + exp(-most));
}

/* Falls as the others rise and as x_i falls. */
static void one_interval(const double *lo, const double *hi, size_t length, size_t step,
                         double *out_lo, double *out_hi) {
    for (size_t i = 0; i < length; i++) {
        const size_t at = i * step;
        const double most = rest_of(hi, lo[at], i, length, step);
        const double least = rest_of(lo, hi[at], i, length, step);
        const double size = fabs(lo[at]) + fabs(hi[at]) + (double)length;
        out_lo[at] = below(FINISH(most + (most + size) * 0x1p-40), 2);
        out_hi[at] = above(FINISH(fmax(least - (least + size) * 0x1p-40, 0)), 2);
    }
}

static int softmax_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                            const double *const *hi, double *out_lo, double *out_hi) {
    const softmax_state *s = n->state;
    (void)g;
    for (size_t k = 0; k < s->outer * s->inner; k++) {
        const size_t from = line(s, k);
        one_interval(lo[n->in[0]] + from, hi[n->in[0]] + from, s->length, s->inner,
                     out_lo + from, out_hi + from);
    }
    return GULL_OK;
}

#define GULL_SOFTMAX_OP(id, title, text)                                                 \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 1,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .state_size = sizeof(softmax_state),                                             \
        .prepare = softmax_prepare,                                                      \
        .traits = softmax_traits,                                                        \
        .forward = softmax_forward,                                                      \
        .gradient = softmax_gradient,                                                    \
        .interval = softmax_interval,                                                    \
    };
