/* pad.c - ONNX Pad: a constant, the edge, the reflection or the other side around a row;
 * negative widths crop. */
#include "graph/ops/moves.h"

enum { AXES = GULL_RANK + 1 };
typedef enum { CONSTANT, EDGE, REFLECT, WRAP } pad_mode;

static int read_mode(const gull_attributes *a, pad_mode *mode, gull_error *err) {
    static const char *const names[] = {"constant", "edge", "reflect", "wrap"};
    const char *given = gull_attr_string(a, "mode", "constant");
    for (int i = 0; i < 4; i++)
        if (!strcmp(given, names[i])) {
            *mode = (pad_mode)i;
            return GULL_OK;
        }
    return gull__fail(err, GULL_EUNSUPPORTED, "mode '%.40s'", given);
}

static int read_value(const gull_graph *g, const gull_node *n, const gull_attributes *a,
                      double *value, gull_error *err) {
    *value = gull_attr_float(a, "value", 0);
    if (n->in_count < 3 || n->in[2] < 0) return GULL_OK;
    TRY(gull__check_constant(g, n, 2, "constant_value", err));
    if (gull_in(g, n, 2)->size != 1)
        return gull__fail(err, GULL_EFORMAT, "%zu constant values", gull_in(g, n, 2)->size);
    *value = gull_in(g, n, 2)->f64[0];
    return GULL_OK;
}

/* Where place i of an axis comes from; -1: the constant. */
static int64_t source(pad_mode mode, int64_t i, int64_t size) {
    if (i >= 0 && i < size) return i;
    if (mode == CONSTANT) return -1;
    if (mode == EDGE) return i < 0 ? 0 : size - 1;
    const int64_t period = mode == WRAP ? size : size > 1 ? 2 * size - 2 : 1;
    const int64_t at = (i % period + period) % period;
    return at < size ? at : period - at;
}

static int widen(const gull_tensor *x, int axis, int64_t before, int64_t after, pad_mode mode,
                 int64_t *dims, int64_t **map, gull_error *err) {
    const int64_t limit = 1 << 28, size = x->dims[axis];
    if (before > limit || before < -limit || after > limit || after < -limit ||
        size + before + after < 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "widths %lld and %lld around %lld numbers",
                          (long long)before, (long long)after, (long long)size);
    dims[axis] = size + before + after;
    free(map[axis]);
    map[axis] = malloc((size_t)dims[axis] * sizeof **map);
    if (!map[axis]) return GULL_ENOMEM;
    for (int64_t i = 0; i < dims[axis]; i++)
        map[axis][i] = source(mode, i - before, size);
    return GULL_OK;
}

typedef struct widths {
    int64_t pads[2 * AXES], axis[AXES];
    size_t count;
} widths;

static int read_widths(const gull_graph *g, const gull_node *n, const gull_attributes *a,
                       int rank, widths *w, gull_error *err) {
    size_t axes, count;
    TRY(gull__ints_of(g, n, 1, a, g->opset < 2 ? "paddings" : "pads", 2 * AXES, w->pads,
                     &count, err));
    TRY(gull__ints_of(g, n, 3, NULL, "axes", AXES, w->axis, &axes, err));
    w->count = axes ? axes : (size_t)(rank + gull_batch_axes(g));
    if (count != 2 * w->count)
        return gull__fail(err, GULL_EFORMAT, "%zu pads, expected %zu", count, 2 * w->count);
    for (size_t i = 0; i < w->count && !axes; i++) w->axis[i] = (int64_t)i;
    return GULL_OK;
}

static int widen_all(const gull_graph *g, const gull_tensor *x, const widths *w,
                     pad_mode mode, int64_t *dims, int64_t **map, gull_error *err) {
    for (size_t i = 0; i < w->count; i++) {
        const int64_t before = w->pads[i], after = w->pads[i + w->count];
        int axis;
        if (!before && !after) continue;
        TRY(gull__row_axis(g, w->axis[i], x->rank, &axis, err));
        TRY(widen(x, axis, before, after, mode, dims, map, err));
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t dims[GULL_RANK], *map[GULL_RANK] = {0};
    widths w = {.count = 0};
    pad_mode mode = CONSTANT;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(read_mode(attributes, &mode, err));
    TRY(read_value(g, n, attributes, &s->value, err));
    TRY(read_widths(g, n, attributes, x.rank, &w, err));
    memcpy(dims, x.dims, sizeof dims);
    TRY(moves_new_maps(x.rank, dims, map));
    int status = widen_all(g, &x, &w, mode, dims, map, err);
    if (status >= 0) status = gull__graph_shape(g, n, x.rank, dims, err);
    if (status >= 0) status = moves_by_axis(s, &x, dims, map, err);
    moves_free_maps(map);
    s->repeats = true;
    gull__graph_sum(g, g->tensor[n->out].size / x.size + 1);
    return status;
}

GULL_MOVES_OP(pad, "Pad", "a border: constant, edge, reflect or wrap", .since = 1,
              .optional = 2)
