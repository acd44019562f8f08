/* expand.c - ONNX Expand: axes of size 1 repeated, and new axes in front. */
#include "graph/ops/moves.h"

enum { AXES = GULL_RANK + 1 };

/* The wanted shape as row axes; what it says of the batch must be no more than 1. */
static int wanted(const gull_graph *g, const gull_node *n, int *rank, int64_t *dims,
                  gull_error *err) {
    int64_t all[AXES];
    size_t count;
    const int batch = gull_batch_axes(g), x_rank = gull_in(g, n, 0)->rank;
    TRY(gull__ints_of(g, n, 1, NULL, "shape", AXES, all, &count, err));
    if ((int)count > x_rank + batch && batch)
        return gull__fail(err, GULL_EUNSUPPORTED, "new axes before the batch");
    if ((int)count == x_rank + 1 && batch && all[0] != 1 && all[0] != g->batch)
        return gull__fail(err, GULL_EUNSUPPORTED, "the batch is repeated");
    *rank = (int)count > x_rank + batch ? (int)count : x_rank;
    if (*rank > GULL_RANK)
        return gull__fail(err, GULL_EUNSUPPORTED, "%d dimensions, at most %d", *rank,
                          GULL_RANK);
    for (int i = 0; i < *rank; i++) {
        const int from = i - *rank + (int)count;
        dims[i] = from < 0 ? 1 : all[from];
    }
    return GULL_OK;
}

/* x with 1s in front; each dim of 1 takes the wanted size. */
static int spread(gull_tensor *x, int rank, int64_t *dims, gull_error *err) {
    const int more = rank - x->rank;
    memmove(x->dims + more, x->dims, (size_t)x->rank * sizeof *x->dims);
    for (int i = 0; i < more; i++) x->dims[i] = 1;
    x->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 1) dims[i] = x->dims[i];
        if (x->dims[i] != 1 && x->dims[i] != dims[i])
            return gull__fail(err, GULL_EFORMAT, "sizes %lld and %lld do not broadcast",
                              (long long)x->dims[i], (long long)dims[i]);
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t dims[GULL_RANK], *map[GULL_RANK] = {0};
    int rank = 0;
    (void)attributes;
    TRY(gull_check_first(g, n, err));
    TRY(gull__check_constant(g, n, 1, "shape", err));
    TRY(wanted(g, n, &rank, dims, err));
    gull_tensor x = *gull_in(g, n, 0);
    TRY(spread(&x, rank, dims, err));
    TRY(gull__graph_shape(g, n, rank, dims, err));
    TRY(moves_new_maps(rank, dims, map));
    for (int d = 0; d < rank; d++)
        for (int64_t i = 0; x.dims[d] == 1 && i < dims[d]; i++) map[d][i] = 0;
    const int status = moves_by_axis(s, &x, dims, map, err);
    moves_free_maps(map);
    s->repeats = true;
    gull__graph_sum(g, g->tensor[n->out].size / x.size + 1);
    return status;
}

GULL_MOVES_OP(expand, "Expand", "axes of size 1 repeated", .since = 8)
