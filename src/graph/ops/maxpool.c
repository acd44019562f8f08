/* maxpool.c - ONNX MaxPool over one or two axes; padding never wins. */
#include "graph/ops/pool.h"

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

/* Where the first greatest number of a window is; SIZE_MAX: the window is empty. */
static size_t greatest(const gull_window *w, const taps *y, const taps *x, const real *map) {
    size_t best = SIZE_MAX;
    for (size_t i = y->first; i < y->last; i++)
        for (size_t j = x->first; j < x->last; j++) {
            const size_t k = tap_index(w, y, x, i, j);
            if (best == SIZE_MAX || map[k] > map[best]) best = k;
        }
    return best;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t c = 0; c < p->n * s->channels; c++, x += w->in[0] * w->in[1])
        for (size_t i = 0; i < w->out[0]; i++)
            for (size_t j = 0; j < w->out[1]; j++) {
                const taps a = taps_inside(w, 0, i), b = taps_inside(w, 1, j);
                const size_t k = greatest(w, &a, &b, x);
                *y++ = k == SIZE_MAX ? (real)-INFINITY : x[k];
            }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const size_t area = w->in[0] * w->in[1];
    const real *x = p->value[n->in[0]], *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, x += area, dx += area)
        for (size_t i = 0; i < w->out[0]; i++)
            for (size_t j = 0; j < w->out[1]; j++, dy++) {
                const taps a = taps_inside(w, 0, i), b = taps_inside(w, 1, j);
                const size_t k = greatest(w, &a, &b, x);
                if (k != SIZE_MAX) dx[k] += *dy;
            }
    return GULL_OK;
}

const gull_op GULL_OP(maxpool);
const gull_op GULL_OP(maxpool) = {
    .onnx = "MaxPool",
    .summary = "the greatest number of each window",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .state_size = sizeof(pool_state),
    .prepare = pool_prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
