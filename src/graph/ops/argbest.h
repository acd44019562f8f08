/* argbest.h - the place of the greatest or least number along one axis; its gradient is 0.
 * The including file defines BETTER(a, b). */
#include "graph/real.h"

typedef struct argbest_state {
    size_t outer, length, inner;
    bool last; /* of equals */
} argbest_state;

static int argbest_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                           gull_error *err) {
    argbest_state *s = n->state;
    int64_t dims[GULL_RANK];
    int axis = 0, rank = 0;
    TRY(gull_check_first(g, n, err));
    const gull_tensor *x = gull_in(g, n, 0);
    const bool keep = gull_attr_int(attributes, "keepdims", 1) != 0;
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", 0), x->rank, &axis, err));
    *s = (argbest_state){1, (size_t)x->dims[axis], 1,
                         gull_attr_int(attributes, "select_last_index", 0) != 0};
    for (int i = 0; i < x->rank; i++) {
        if (i != axis) *(i < axis ? &s->outer : &s->inner) *= (size_t)x->dims[i];
        if (i != axis || keep) dims[rank++] = i == axis ? 1 : x->dims[i];
    }
    g->tensor[n->out].type = GULL_INT;
    return gull__graph_shape(g, n, rank, dims, err);
}

static unsigned argbest_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

static size_t best_of(const argbest_state *s, const real *x) {
    size_t best = 0;
    for (size_t i = 1; i < s->length; i++) {
        const real a = x[i * s->inner], b = x[best * s->inner];
        if (BETTER(a, b) || (s->last && a == b)) best = i;
    }
    return best;
}

static int argbest_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const argbest_state *s = n->state;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t k = 0; k < p->n * s->outer * s->inner; k++)
        y[k] = (real)best_of(s, x + k / s->inner * s->length * s->inner + k % s->inner);
    return GULL_OK;
}

static int argbest_gradient(const gull_node *n, const void *pass) {
    (void)n;
    (void)pass;
    return GULL_OK;
}

/* The first and the last place that may hold the best number. */
static int argbest_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                            const double *const *hi, double *out_lo, double *out_hi) {
    const argbest_state *s = n->state;
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        const size_t start = k / s->inner * s->length * s->inner + k % s->inner;
        const double *l = lo[n->in[0]] + start, *h = hi[n->in[0]] + start;
        const double *worst = BETTER(1, 0) ? l : h, *best = BETTER(1, 0) ? h : l;
        double sure = worst[0]; /* some number is at least as good */
        size_t first = s->length, last = 0;
        for (size_t i = 1; i < s->length; i++)
            if (BETTER(worst[i * s->inner], sure)) sure = worst[i * s->inner];
        for (size_t i = 0; i < s->length; i++) {
            if (BETTER(sure, best[i * s->inner])) continue;
            if (first == s->length) first = i;
            last = i;
        }
        out_lo[k] = (double)first;
        out_hi[k] = (double)last;
    }
    return GULL_OK;
}

#define GULL_ARGBEST_OP(id, title, text)                                                 \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 1,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .state_size = sizeof(argbest_state),                                             \
        .prepare = argbest_prepare,                                                      \
        .traits = argbest_traits,                                                        \
        .forward = argbest_forward,                                                      \
        .gradient = argbest_gradient,                                                    \
        .interval = argbest_interval,                                                    \
    };
