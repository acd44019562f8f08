/* bernoulli.c - ONNX Bernoulli: 1 with probability x, else 0, fresh in every draw.  The
 * gradient is the straight-through estimate (Bengio, Leonard and Courville 2013,
 * arXiv:1308.3432, section 3): that of the mean. */
#include "graph/noise.h"
#include "graph/real.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *given, gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    (void)given;
    g->randomised = true;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_STRAIGHT;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t r = 0; r < p->n; r++)
        for (size_t i = 0; i < size; i++)
            y[r * size + i] =
                gull__noise_uniform(p->noise[r], n->number, i) < (double)x[r * size + i];
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t i = 0; i < count; i++) dx[i] += dy[i];
    return GULL_OK;
}

const gull_op GULL_OP(bernoulli);
const gull_op GULL_OP(bernoulli) = {
    .onnx = "Bernoulli",
    .summary = "1 with probability x, else 0, fresh in every draw; its mean's gradient",
    .since = 15,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
