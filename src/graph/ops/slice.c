/* slice.c - ONNX Slice: every step-th number from start to end, per axis. */
#include "graph/ops/moves.h"

enum { AXES = GULL_RANK + 1 };

typedef struct cut {
    int64_t start[AXES], end[AXES], axis[AXES], step[AXES];
    size_t count;
} cut;

static int read_cut(const gull_graph *g, const gull_node *n, const gull_attributes *a, cut *c,
                    gull_error *err) {
    size_t ends, axes, steps;
    TRY(gull__ints_of(g, n, 1, a, "starts", AXES, c->start, &c->count, err));
    TRY(gull__ints_of(g, n, 2, a, "ends", AXES, c->end, &ends, err));
    TRY(gull__ints_of(g, n, 3, a, "axes", AXES, c->axis, &axes, err));
    TRY(gull__ints_of(g, n, 4, a, "steps", AXES, c->step, &steps, err));
    if (!c->count || ends != c->count || (axes && axes != c->count) ||
        (steps && steps != c->count))
        return gull__fail(err, GULL_EFORMAT, "%zu starts, %zu ends, %zu axes, %zu steps",
                          c->count, ends, axes, steps);
    for (size_t i = 0; i < c->count; i++) {
        if (!axes) c->axis[i] = (int64_t)i;
        if (!steps) c->step[i] = 1;
        if (!c->step[i]) return gull__fail(err, GULL_EFORMAT, "a step of 0");
    }
    return GULL_OK;
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

/* Which of an axis's numbers are kept: first, step, how many. */
static int64_t kept(int64_t size, int64_t start, int64_t end, int64_t step, int64_t *first) {
    const int64_t least = step > 0 ? 0 : -1, most = step > 0 ? size : size - 1;
    if (start < 0) start += size;
    if (end < 0) end += size;
    start = clamp(start, 0, most);
    end = clamp(end, least, most);
    *first = start;
    const int64_t span = step > 0 ? end - start : start - end, by = step > 0 ? step : -step;
    return span <= 0 ? 0 : (span - 1) / by + 1;
}

static int cut_axis(const gull_graph *g, const gull_tensor *x, const cut *c, size_t i,
                    int64_t *dims, int64_t **map, gull_error *err) {
    int64_t first, count;
    int axis;
    if (gull__axis(g, c->axis[i], x->rank) == GULL_AXIS_BATCH &&
        kept(g->batch, c->start[i], c->end[i], c->step[i], &first) == g->batch && !first)
        return GULL_OK;
    TRY(gull__row_axis(g, c->axis[i], x->rank, &axis, err));
    count = kept(x->dims[axis], c->start[i], c->end[i], c->step[i], &first);
    if (!count)
        return gull__fail(err, GULL_EUNSUPPORTED, "nothing is left of dimension %lld",
                          (long long)c->axis[i]);
    dims[axis] = count;
    for (int64_t k = 0; k < count; k++) map[axis][k] = first + k * c->step[i];
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    cut c = {.count = 0};
    int64_t dims[GULL_RANK], *map[GULL_RANK] = {0};
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(read_cut(g, n, attributes, &c, err));
    memcpy(dims, x.dims, sizeof dims);
    TRY(moves_new_maps(x.rank, dims, map));
    int status = GULL_OK;
    for (size_t i = 0; i < c.count && status >= 0; i++)
        status = cut_axis(g, &x, &c, i, dims, map, err);
    if (status >= 0) status = gull__graph_shape(g, n, x.rank, dims, err);
    if (status >= 0) status = moves_by_axis(n->state, &x, dims, map, err);
    moves_free_maps(map);
    return status;
}

GULL_MOVES_OP(slice, "Slice", "every step-th number from start to end, per axis", .since = 1,
              .optional = 3)
