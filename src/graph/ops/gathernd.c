/* gathernd.c - ONNX GatherND: numbers or slices by constant tuples of indices. */
#include "graph/ops/moves.h"

typedef struct tuples {
    int shared; /* leading axes of the row that x and the indices share */
    int length; /* of a tuple */
    int first;  /* axis of the indices that is the row's first */
} tuples;

static int read_tuples(const gull_graph *g, const gull_tensor *x, const gull_tensor *index,
                       int64_t shared, tuples *t, gull_error *err) {
    const int batch = gull_batch_axes(g);
    if (shared < batch)
        return gull__fail(err, GULL_EUNSUPPORTED, "an index of the batch");
    if (index->rank < 1 || shared >= index->rank ||
        index->dims[index->rank - 1] > x->rank + batch - shared)
        return gull__fail(err, GULL_EFORMAT, "indices of %d dimensions, %lld shared",
                          index->rank, (long long)shared);
    if (batch && (index->dims[0] != 1 || g->batch > 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "indices differ between rows of the batch");
    *t = (tuples){(int)shared - batch, (int)index->dims[index->rank - 1], batch};
    for (int i = 0; i < t->shared; i++)
        if (index->dims[i + batch] != x->dims[i])
            return gull__fail(err, GULL_EFORMAT, "%lld indices for %lld numbers",
                              (long long)index->dims[i + batch], (long long)x->dims[i]);
    return GULL_OK;
}

/* The shared axes, then those of the indices, then what is left of x. */
static int shape(gull_graph *g, const gull_node *n, const tuples *t, gull_error *err) {
    const gull_tensor *x = gull_in(g, n, 0), *index = gull_in(g, n, 1);
    int64_t dims[2 * GULL_RANK + 2];
    int rank = 0;
    for (int i = t->first; i + 1 < index->rank; i++) dims[rank++] = index->dims[i];
    for (int i = t->shared + t->length; i < x->rank; i++) dims[rank++] = x->dims[i];
    return gull__graph_shape(g, n, rank, dims, err);
}

static int pick(moves_state *s, const gull_tensor *x, const gull_tensor *index,
                const tuples *t, gull_error *err) {
    size_t slice = 1, blocks = 1;
    for (int i = t->shared + t->length; i < x->rank; i++) slice *= (size_t)x->dims[i];
    for (int i = 0; i < t->shared; i++) blocks *= (size_t)x->dims[i];
    const size_t count = index->size / (size_t)t->length, each = count / blocks;
    for (size_t k = 0; k < count; k++) {
        size_t at = k / each;
        for (int i = 0; i < t->length; i++) {
            const double size = (double)x->dims[t->shared + i];
            const double given = index->f64[k * (size_t)t->length + (size_t)i];
            const double v = given < 0 ? given + size : given;
            if (!(v >= 0 && v < size))
                return gull__fail(err, GULL_EFORMAT, "index %g of %g", given, size);
            at = at * (size_t)size + (size_t)v;
        }
        TRY(moves_add(s, 0, at * slice, slice));
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    tuples t = {0, 0, 0};
    TRY(gull_check_first(g, n, err));
    TRY(gull__check_constant(g, n, 1, "indices", err));
    const gull_tensor x = *gull_in(g, n, 0), index = *gull_in(g, n, 1);
    TRY(read_tuples(g, &x, &index, gull_attr_int(attributes, "batch_dims", 0), &t, err));
    TRY(shape(g, n, &t, err));
    s->repeats = true;
    gull__graph_sum(g, index.size);
    return pick(s, &x, &index, &t, err);
}

GULL_MOVES_OP(gathernd, "GatherND", "numbers or slices, constant tuples of indices",
              .since = 11)
