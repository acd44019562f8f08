/* softmax.h - Softmax and LogSoftmax along one axis; before opset 13 along all axes from
 * the given one.  The including file defines
 *   static void one(const real *x, real *y, size_t length, size_t step);
 *   static void one_gradient(const real *y, const real *dy, real *dx, length, step); */
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
    };
