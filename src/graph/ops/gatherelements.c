/* gatherelements.c - ONNX GatherElements: a number for each index, along one axis, by
 * constant indices. */
#include "graph/ops/moves.h"

/* The indices' dims as row axes: no more than x's, and the batch axis 1. */
static int row_dims(const gull_graph *g, const gull_tensor *x, const gull_tensor *index,
                    int axis, int64_t *dims, gull_error *err) {
    const int batch = gull_batch_axes(g);
    if (index->rank != x->rank + batch)
        return gull__fail(err, GULL_EFORMAT, "indices of %d dimensions, expected %d",
                          index->rank, x->rank + batch);
    if (batch && (index->dims[0] != 1 || g->batch > 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "indices differ between rows of the batch");
    for (int i = 0; i < x->rank; i++) {
        dims[i] = index->dims[i + batch];
        if (i != axis && dims[i] > x->dims[i])
            return gull__fail(err, GULL_EFORMAT, "%lld indices for %lld numbers",
                              (long long)dims[i], (long long)x->dims[i]);
    }
    return GULL_OK;
}

static int pick(moves_state *s, const gull_tensor *x, const gull_tensor *index, int axis,
                const int64_t *dims, gull_error *err) {
    size_t at[GULL_RANK] = {0}, step[GULL_RANK + 1];
    step[x->rank] = 1;
    for (int d = x->rank; d-- > 0;) step[d] = step[d + 1] * (size_t)x->dims[d];
    for (size_t i = 0; i < index->size; i++) {
        const double size = (double)x->dims[axis];
        const double v = index->f64[i] < 0 ? index->f64[i] + size : index->f64[i];
        size_t from = 0;
        if (!(v >= 0 && v < size))
            return gull__fail(err, GULL_EFORMAT, "index %g of %g", index->f64[i], size);
        for (int d = 0; d < x->rank; d++) from += (d == axis ? (size_t)v : at[d]) * step[d + 1];
        TRY(moves_add(s, 0, from, 1));
        for (int d = x->rank; d-- > 0 && ++at[d] == (size_t)dims[d];) at[d] = 0;
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t dims[GULL_RANK];
    int axis;
    TRY(gull_check_first(g, n, err));
    TRY(gull__check_constant(g, n, 1, "indices", err));
    const gull_tensor x = *gull_in(g, n, 0), index = *gull_in(g, n, 1);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", 0), x.rank, &axis, err));
    TRY(row_dims(g, &x, &index, axis, dims, err));
    TRY(gull__graph_shape(g, n, x.rank, dims, err));
    s->repeats = true;
    gull__graph_sum(g, index.size);
    return pick(s, &x, &index, axis, dims, err);
}

GULL_MOVES_OP(gatherelements, "GatherElements", "a number per index, constant indices",
              .since = 11)
