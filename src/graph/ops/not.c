/* not.c - ONNX Not: 1 where x is 0, else 0; its gradient is 0. */
#include "graph/real.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    const gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    TRY(gull_check_first(g, n, err));
    g->tensor[n->out].type = GULL_BOOL;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_ELEMENTWISE;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t i = 0; i < p->n * p->graph->tensor[n->out].size; i++) y[i] = x[i] == 0;
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    (void)n;
    (void)pass;
    return GULL_OK;
}

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const double *l = lo[n->in[0]], *h = hi[n->in[0]];
    for (size_t i = 0; i < g->tensor[n->out].size; i++) {
        out_lo[i] = l[i] == 0 && h[i] == 0;
        out_hi[i] = !(l[i] > 0 || h[i] < 0);
    }
    return GULL_OK;
}

const gull_op GULL_OP(not);
const gull_op GULL_OP(not) = {
    .onnx = "Not",
    .summary = "1 where x is 0, else 0; its gradient is 0",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
