/* tile.c - ONNX Tile: a row laid side by side, some times along each axis. */
#include "graph/ops/moves.h"

enum { AXES = GULL_RANK + 1 };

static int read_repeats(const gull_graph *g, const gull_node *n, const gull_tensor *x,
                        int64_t *dims, gull_error *err) {
    const int batch = gull_batch_axes(g), limit = 1 << 28;
    int64_t all[AXES];
    size_t count;
    TRY(gull__check_constant(g, n, 1, "repeats", err));
    TRY(gull__ints_of(g, n, 1, NULL, "repeats", AXES, all, &count, err));
    if ((int)count != x->rank + batch)
        return gull__fail(err, GULL_EFORMAT, "%zu repeats, expected %d", count,
                          x->rank + batch);
    if (batch && all[0] != 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "the batch is repeated");
    for (int i = 0; i < x->rank; i++) {
        if (all[i + batch] < 1 || all[i + batch] > limit)
            return gull__fail(err, GULL_EUNSUPPORTED, "%lld repeats",
                              (long long)all[i + batch]);
        dims[i] = x->dims[i] * all[i + batch];
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t dims[GULL_RANK], *map[GULL_RANK] = {0};
    (void)attributes;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(read_repeats(g, n, &x, dims, err));
    TRY(gull__graph_shape(g, n, x.rank, dims, err));
    TRY(moves_new_maps(x.rank, dims, map));
    for (int d = 0; d < x.rank; d++)
        for (int64_t i = 0; i < dims[d]; i++) map[d][i] %= x.dims[d];
    const int status = moves_by_axis(s, &x, dims, map, err);
    moves_free_maps(map);
    s->repeats = true;
    gull__graph_sum(g, g->tensor[n->out].size / x.size + 1);
    return status;
}

GULL_MOVES_OP(tile, "Tile", "a row some times side by side", .since = 6)
