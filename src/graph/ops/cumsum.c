/* cumsum.c - ONNX CumSum: the sums of all numbers up to each along an axis. */
#include "graph/ops/axes.h"

typedef struct cumsum_state {
    axes axes;
    bool exclusive, reverse;
} cumsum_state;

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    cumsum_state *s = n->state;
    int axis;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(gull__check_constant(g, n, 1, "axis", err));
    TRY(gull__row_axis(g, gull__whole(gull_in(g, n, 1)->f64[0]), x.rank, &axis, err));
    s->exclusive = gull_attr_int(attributes, "exclusive", 0) != 0;
    s->reverse = gull_attr_int(attributes, "reverse", 0) != 0;
    TRY(axes_new(&s->axes, &x, 1u << axis));
    gull__graph_sum(g, s->axes.members + 1);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

/* to += the sums of `from` along each line, in the order given. */
static void add_sums(const cumsum_state *s, size_t rows, bool reverse, const real *from,
                     real *to) {
    const axes *a = &s->axes;
    for (size_t j = 0; j < rows * a->groups; j++) {
        const size_t base = j / a->groups * a->groups * a->members + a->group[j % a->groups];
        double sum = 0;
        for (size_t k = 0; k < a->members; k++) {
            const size_t at = base + a->member[reverse ? a->members - 1 - k : k];
            const double before = sum;
            sum += (double)from[at];
            to[at] += (real)(s->exclusive ? before : sum);
        }
    }
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const cumsum_state *s = n->state;
    memset(p->value[n->out], 0, p->n * p->graph->tensor[n->out].size * sizeof(real));
    add_sums(s, p->n, s->reverse, p->value[n->in[0]], p->value[n->out]);
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const cumsum_state *s = n->state;
    add_sums(s, p->n, !s->reverse, p->grad[n->out], p->grad[n->in[0]]);
    return GULL_OK;
}

const gull_op GULL_OP(cumsum);
const gull_op GULL_OP(cumsum) = {
    .onnx = "CumSum",
    .summary = "the sums up to each number along an axis",
    .since = 11,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(cumsum_state),
    .prepare = prepare,
    .release = axes_release,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
