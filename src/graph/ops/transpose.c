/* transpose.c - ONNX Transpose; the batch axis stays first. */
#include "graph/real.h"

typedef struct transpose_state {
    int rank;
    size_t dims[GULL_RANK], step[GULL_RANK]; /* of the output, and where it reads */
} transpose_state;

/* perm without the batch axis, checked. */
static int permutation(const gull_graph *g, int rank, const gull_attributes *attributes,
                       int *perm, gull_error *err) {
    const int batch = gull_batch_axes(g);
    const int64_t *given;
    const size_t count = gull_attr_ints(attributes, "perm", &given);
    unsigned seen = 0;
    if (count && count != (size_t)(rank + batch))
        return gull__fail(err, GULL_EFORMAT, "perm has %zu entries, expected %d", count,
                          rank + batch);
    for (int i = 0; i < rank + batch; i++) {
        const int64_t p = count ? given[i] : rank + batch - 1 - i;
        if (p < 0 || p >= rank + batch || seen & 1u << p)
            return gull__fail(err, GULL_EFORMAT, "perm is not a permutation");
        if (batch && (p == 0) != (i == 0))
            return gull__fail(err, GULL_EUNSUPPORTED, "the batch axis moves");
        seen |= 1u << p;
        if (i >= batch) perm[i - batch] = (int)p - batch;
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    transpose_state *s = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    int perm[GULL_RANK];
    int64_t dims[GULL_RANK];
    size_t step[GULL_RANK + 1];
    TRY(permutation(g, x.rank, attributes, perm, err));
    step[x.rank] = 1;
    for (int i = x.rank; i-- > 0;) step[i] = step[i + 1] * (size_t)x.dims[i];
    s->rank = x.rank;
    for (int i = 0; i < x.rank; i++) {
        dims[i] = x.dims[perm[i]];
        s->dims[i] = (size_t)dims[i];
        s->step[i] = step[perm[i] + 1];
    }
    return gull__graph_shape(g, n, x.rank, dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE | GULL_OP_INDEX | GULL_OP_RENAME;
}

/* Steps `from` to the place that the next output number reads. */
static size_t next(const transpose_state *s, size_t *at, size_t from) {
    for (int i = s->rank; i-- > 0;) {
        from += s->step[i];
        if (++at[i] < s->dims[i]) return from;
        from -= s->step[i] * s->dims[i];
        at[i] = 0;
    }
    return from;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++) {
        const real *x = p->value[n->in[0]] + r * size;
        real *y = p->value[n->out] + r * size;
        size_t at[GULL_RANK] = {0}, from = 0;
        for (size_t i = 0; i < size; i++, from = next(n->state, at, from)) y[i] = x[from];
    }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++) {
        real *dx = p->grad[n->in[0]] + r * size;
        const real *dy = p->grad[n->out] + r * size;
        size_t at[GULL_RANK] = {0}, from = 0;
        for (size_t i = 0; i < size; i++, from = next(n->state, at, from)) dx[from] += dy[i];
    }
    return GULL_OK;
}

const gull_op GULL_OP(transpose);
const gull_op GULL_OP(transpose) = {
    .onnx = "Transpose",
    .summary = "axes in another order, the batch first",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(transpose_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
