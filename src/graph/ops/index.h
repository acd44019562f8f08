/* index.h - operators that keep a row's numbers in their order and only rename its axes. */
#include "graph/real.h"

static unsigned index_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE | GULL_OP_INDEX | GULL_OP_RENAME;
}

static int index_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    memcpy(p->value[n->out], p->value[n->in[0]],
           p->n * p->graph->tensor[n->out].size * sizeof(real));
    return GULL_OK;
}

static int index_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t i = 0; i < count; i++) dx[i] += dy[i];
    return GULL_OK;
}

static bool index_layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    (void)g;
    (void)n;
    l->kind = GULL_LAYER_RENAME;
    return true;
}

#define GULL_INDEX_OP(id, title, text, first_opset, optional_from)                       \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = GULL_OPSET_LATEST,                                                      \
        .optional = optional_from,                                                       \
        .unbatched = true,                                                               \
        .prepare = prepare,                                                              \
        .traits = index_traits,                                                          \
        .forward = index_forward,                                                        \
        .gradient = index_gradient,                                                      \
        .layer = index_layer,                                                            \
    };
