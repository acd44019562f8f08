/* gather.c - ONNX Gather: chosen slices along one axis, by constant indices. */
#include "graph/ops/moves.h"

/* The axis's map: the indices, all inside. */
static int map_axis(const gull_tensor *index, int64_t size, int64_t **map, gull_error *err) {
    free(*map);
    *map = malloc((index->size + 1) * sizeof **map);
    if (!*map) return GULL_ENOMEM;
    for (size_t i = 0; i < index->size; i++) {
        const double v = index->f64[i] < 0 ? index->f64[i] + (double)size : index->f64[i];
        if (!(v >= 0 && v < (double)size))
            return gull__fail(err, GULL_EFORMAT, "index %g of %lld", index->f64[i],
                              (long long)size);
        (*map)[i] = (int64_t)v;
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t dims[GULL_RANK], out[2 * GULL_RANK + 2], *map[GULL_RANK] = {0};
    int axis, rank = 0;
    TRY(gull_check_first(g, n, err));
    TRY(gull__check_constant(g, n, 1, "indices", err));
    const gull_tensor x = *gull_in(g, n, 0), *index = gull_in(g, n, 1);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", 0), x.rank, &axis, err));
    memcpy(dims, x.dims, sizeof dims);
    dims[axis] = (int64_t)index->size;
    for (int i = 0; i < axis; i++) out[rank++] = x.dims[i];
    for (int i = 0; i < index->rank; i++) out[rank++] = index->dims[i];
    for (int i = axis + 1; i < x.rank; i++) out[rank++] = x.dims[i];
    TRY(gull__graph_shape(g, n, rank, out, err));
    TRY(moves_new_maps(x.rank, x.dims, map));
    int status = map_axis(index, x.dims[axis], &map[axis], err);
    if (status >= 0) status = moves_by_axis(s, &x, dims, map, err);
    moves_free_maps(map);
    s->repeats = true;
    gull__graph_sum(g, index->size);
    return status;
}

GULL_MOVES_OP(gather, "Gather", "chosen slices along one axis, constant indices", .since = 1)
