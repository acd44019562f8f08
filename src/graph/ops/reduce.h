/* reduce.h - an operator that makes one number of each group of numbers; axes are an
 * attribute, or an input (from opset 18, ReduceSum from 13).  The including file defines,
 * for the numbers x[at[0]], x[at[1]] ... of one group,
 *   static real reduced(const real *x, const size_t *at, size_t n);
 *   static void spread(const real *x, at, n, real y, real dy, real *dx);
 *       adds to dx what dy says at x and y = reduced(x) */
#include "graph/ops/axes.h"
#include <tgmath.h>

typedef struct reduction {
    axes axes;
} reduction;

static real reduced(const real *x, const size_t *at, size_t n);
static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx);

static int reduced_axes(const gull_graph *g, const gull_node *n,
                        const gull_attributes *attributes, unsigned *bits,
                        gull_error *err) {
    int64_t given[GULL_RANK + 1];
    const int rank = gull_in(g, n, 0)->rank;
    size_t count;
    int at;
    TRY(gull__ints_of(g, n, 1, attributes, "axes", GULL_RANK + 1, given, &count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(gull__row_axis(g, given[i], rank, &at, err));
        *bits |= 1u << at;
    }
    if (count || gull_attr_int(attributes, "noop_with_empty_axes", 0)) return GULL_OK;
    *bits = (1u << rank) - 1;
    return g->unbatched ? GULL_OK
                        : gull__fail(err, GULL_EUNSUPPORTED,
                                     "it goes over all axes, and axis 0 is the batch");
}

static int reduce_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                          gull_error *err) {
    reduction *s = n->state;
    unsigned bits = 0;
    int64_t dims[GULL_RANK];
    int rank = 0;
    TRY(gull_check_first(g, n, err));
    TRY(reduced_axes(g, n, attributes, &bits, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const bool keep = gull_attr_int(attributes, "keepdims", 1) != 0;
    for (int i = 0; i < x.rank; i++)
        if (!(bits >> i & 1)) dims[rank++] = x.dims[i];
        else if (keep) dims[rank++] = 1;
    TRY(axes_new(&s->axes, &x, bits));
    gull__graph_sum(g, s->axes.members + 1);
    return gull__graph_shape(g, n, rank, dims, err);
}

static int reduce_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const axes *a = &((const reduction *)n->state)->axes;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t r = 0; r < p->n; r++, x += a->groups * a->members)
        for (size_t j = 0; j < a->groups; j++)
            *y++ = reduced(x + a->group[j], a->member, a->members);
    return GULL_OK;
}

static int reduce_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const axes *a = &((const reduction *)n->state)->axes;
    const size_t size = a->groups * a->members;
    for (size_t r = 0; r < p->n; r++) {
        const real *x = p->value ? p->value[n->in[0]] : NULL;
        const real *y = p->value ? p->value[n->out] : NULL;
        for (size_t j = 0; j < a->groups; j++) {
            const size_t from = r * size + a->group[j], to = r * a->groups + j;
            spread(x ? x + from : NULL, a->member, a->members, y ? y[to] : 0,
                   p->grad[n->out][to], p->grad[n->in[0]] + from);
        }
    }
    return GULL_OK;
}

static inline unsigned reduce_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

#define GULL_REDUCE_OP(id, title, text, ...)                                             \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 1,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .optional = 1,                                                                   \
        .state_size = sizeof(reduction),                                                 \
        .prepare = reduce_prepare,                                                       \
        .release = axes_release,                                                         \
        .forward = reduce_forward,                                                       \
        .gradient = reduce_gradient,                                                     \
        __VA_ARGS__};
