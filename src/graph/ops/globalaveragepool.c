/* globalaveragepool.c - ONNX GlobalAveragePool: the mean of each channel. */
#include "graph/real.h"

typedef struct mean_state {
    size_t channels, area;
} mean_state;

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    mean_state *s = n->state;
    TRY(gull_check_first(g, n, err));
    gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    if (x.rank < 2)
        return gull__fail(err, GULL_EFORMAT, "%d-dimensional input, expected 3 or more",
                          x.rank + 1);
    s->channels = (size_t)x.dims[0];
    s->area = x.size / s->channels;
    for (int i = 1; i < x.rank; i++) x.dims[i] = 1;
    gull__graph_sum(g, s->area + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const mean_state *s = n->state;
    const real *x = p->value[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, x += s->area) {
        real sum = 0;
        for (size_t i = 0; i < s->area; i++) sum += x[i];
        p->value[n->out][c] = sum / (real)s->area;
    }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const mean_state *s = n->state;
    real *dx = p->grad[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, dx += s->area) {
        const real share = p->grad[n->out][c] / (real)s->area;
        for (size_t i = 0; i < s->area; i++) dx[i] += share;
    }
    return GULL_OK;
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const gull_tensor *x = gull_in(g, n, 0);
    const size_t width = (size_t)x->dims[x->rank - 1];
    const size_t height = ((const mean_state *)n->state)->area / width;
    l->kind = GULL_LAYER_MEAN;
    l->conv.window = (gull_window){{height, width}, {1, 1}, {height, width}, {height, width},
                                   {1, 1}, {0, 0}, {0, 0}};
    return true;
}

const gull_op GULL_OP(globalaveragepool);
const gull_op GULL_OP(globalaveragepool) = {
    .onnx = "GlobalAveragePool",
    .summary = "the mean of each channel",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .state_size = sizeof(mean_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .layer = layer,
};
