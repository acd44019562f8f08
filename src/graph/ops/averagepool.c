/* averagepool.c - ONNX AveragePool over one or two axes. */
#include "graph/ops/pool.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    const pool_state *s = n->state;
    TRY(pool_prepare(g, n, attributes, err));
    gull__graph_sum(g, s->window.kernel[0] * s->window.kernel[1] + 1);
    return GULL_OK;
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

/* How many taps of the window at `out` count: those inside, or inside the padding too. */
static size_t counted(const pool_state *s, int axis, size_t out, const taps *t) {
    const gull_window *w = &s->window;
    if (!s->count_padding) return t->last - t->first;
    const size_t padded = w->in[axis] + w->before[axis] + w->after[axis];
    const size_t start = out * w->stride[axis], d = w->dilation[axis];
    const size_t room = padded > start ? (padded - start + d - 1) / d : 0;
    return room < w->kernel[axis] ? room : w->kernel[axis];
}

/* Calls for each window: its taps and one over their count. */
#define FOR_EACH_WINDOW(s, a, b, share)                                                  \
    for (size_t i = 0; i < (s)->window.out[0]; i++)                                      \
        for (size_t j = 0; j < (s)->window.out[1]; j++) {                                \
            const taps a = taps_inside(&(s)->window, 0, i);                              \
            const taps b = taps_inside(&(s)->window, 1, j);                              \
            const size_t share = counted(s, 0, i, &a) * counted(s, 1, j, &b);

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t c = 0; c < p->n * s->channels; c++, x += w->in[0] * w->in[1])
        FOR_EACH_WINDOW(s, a, b, count)
            real sum = 0;
            for (size_t q = a.first; q < a.last; q++)
                for (size_t r = b.first; r < b.last; r++) sum += x[tap_index(w, &a, &b, q, r)];
            *y++ = count ? sum / (real)count : 0;
        }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const real *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, dx += w->in[0] * w->in[1])
        FOR_EACH_WINDOW(s, a, b, count)
            const real share = count ? *dy / (real)count : 0;
            dy++;
            for (size_t q = a.first; q < a.last; q++)
                for (size_t r = b.first; r < b.last; r++)
                    dx[tap_index(w, &a, &b, q, r)] += share;
        }
    return GULL_OK;
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const pool_state *s = n->state;
    (void)g;
    l->kind = GULL_LAYER_MEAN;
    l->count_padding = s->count_padding;
    return pool_layer(s, l);
}

const gull_op GULL_OP(averagepool);
const gull_op GULL_OP(averagepool) = {
    .onnx = "AveragePool",
    .summary = "the mean of each window",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .state_size = sizeof(pool_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .layer = layer,
};
