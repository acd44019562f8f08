/* variadic_sum.h - Sum and Mean: the including file defines PART(n), what each of n inputs
 * counts. */
#include "graph/ops/variadic.h"

static unsigned traits(const gull_graph *g, const gull_node *n) {
    return GULL_OP_AFFINE | (only_activation(g, n) >= 0 ? GULL_OP_ELEMENTWISE : 0u);
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    const real part = PART((real)n->in_count);
    for (size_t r = 0; r < p->n; r++) {
        real *y = p->value[n->out] + r * size;
        for (size_t k = 0; k < size; k++) y[k] = 0;
        for (int i = 0; i < n->in_count; i++) {
            const real *x = operand(p, n, i, r);
            for (size_t k = 0; k < size; k++)
                y[k] += gull_abs_if(GULL_ABSOLUTE(p), x[operand_at(n->state, i, k)]);
        }
        for (size_t k = 0; k < size; k++) y[k] *= part;
    }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    const real part = PART((real)n->in_count);
    for (int i = 0; i < n->in_count; i++) {
        if (gull__is_constant(p->graph, n->in[i])) continue;
        for (size_t r = 0; r < p->n; r++) {
            const real *dy = p->grad[n->out] + r * size;
            real *dx = p->grad[n->in[i]] + r * gull_in(p->graph, n, i)->size;
            for (size_t k = 0; k < size; k++) dx[operand_at(n->state, i, k)] += part * dy[k];
        }
    }
    return GULL_OK;
}
