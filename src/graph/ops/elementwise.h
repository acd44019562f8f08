/* elementwise.h - an operator of one input, number by number.  The including file defines
 *   static real value_of(real x);  static real slope_of(real x, real y);
 * and bounds of n numbers (graph/lines.h),
 *   static void interval_of(n, lo, hi, out_lo, out_hi);  static void lines_of(n, lo, hi, out); */
#include "graph/lines.h"
#include "graph/real.h"

static real value_of(real x);
static real slope_of(real x, real y);
static void interval_of(size_t n, const double *lo, const double *hi, double *out_lo,
                        double *out_hi);
static void lines_of(size_t n, const double *lo, const double *hi, gull_lines *out);

static int elementwise_prepare(gull_graph *g, gull_node *n,
                               const gull_attributes *attributes, gull_error *err) {
    (void)attributes;
    if (n->in_count != 1)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 1", n->in_count);
    const gull_tensor x = *gull_in(g, n, 0);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned elementwise_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_ELEMENTWISE;
}

static int elementwise_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t i = 0; i < count; i++) y[i] = value_of(x[i]);
    return GULL_OK;
}

static int elementwise_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *x = p->value[n->in[0]], *y = p->value[n->out], *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t i = 0; i < count; i++) dx[i] += dy[i] * slope_of(x[i], y[i]);
    return GULL_OK;
}

static int elementwise_interval(const gull_node *n, const gull_graph *g,
                                const double *const *lo, const double *const *hi,
                                double *out_lo, double *out_hi) {
    const int x = n->in[0];
    interval_of(g->tensor[x].size, lo[x], hi[x], out_lo, out_hi);
    return GULL_OK;
}

static int elementwise_lines(const gull_node *n, const gull_graph *g, const double *lo,
                             const double *hi, gull_lines *out) {
    lines_of(g->tensor[n->out].size, lo, hi, out);
    return GULL_OK;
}

#define GULL_ELEMENTWISE_OP(id, title, text, first_opset)                                \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = GULL_OPSET_LATEST,                                                      \
        .prepare = elementwise_prepare,                                                  \
        .traits = elementwise_traits,                                                    \
        .forward = elementwise_forward,                                                  \
        .gradient = elementwise_gradient,                                                \
        .interval = elementwise_interval,                                                \
        .lines = elementwise_lines,                                                      \
    };
