/* neg.c - ONNX Neg: -x. */
#include "graph/real.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    const gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE | GULL_OP_ELEMENTWISE;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real sign = GULL_ABSOLUTE(p) ? 1 : -1, *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t i = 0; i < count; i++) y[i] = sign * x[i];
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real sign = GULL_ABSOLUTE(p) ? 1 : -1, *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t i = 0; i < count; i++) dx[i] += sign * dy[i];
    return GULL_OK;
}

const gull_op GULL_OP(neg);
const gull_op GULL_OP(neg) = {
    .onnx = "Neg",
    .summary = "-x",
    .since = 6,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
