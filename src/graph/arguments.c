/* arguments.c - what operators' prepare functions ask of their arguments: axes counted
 * with and without the batch, whole numbers from attributes or constants. */
#include "graph/graph.h"
#include <inttypes.h>

int gull__axis(const gull_graph *g, int64_t axis, int rank) {
    const int batch = gull_batch_axes(g), all = rank + batch;
    if (axis < -(int64_t)all || axis >= all) return GULL_AXIS_NONE;
    const int at = (int)(axis < 0 ? axis + all : axis) - batch;
    return at < 0 ? GULL_AXIS_BATCH : at;
}

int gull__row_axis(const gull_graph *g, int64_t axis, int rank, int *out, gull_error *err) {
    *out = gull__axis(g, axis, rank);
    if (*out == GULL_AXIS_BATCH)
        return gull__fail(err, GULL_EUNSUPPORTED, "axis %" PRId64 " is the batch", axis);
    if (*out == GULL_AXIS_NONE)
        return gull__fail(err, GULL_EFORMAT, "axis %" PRId64 " of a %d-dimensional input",
                          axis, rank + gull_batch_axes(g));
    return GULL_OK;
}

int64_t gull__whole(double v) {
    const double most = 4611686018427387904.0; /* 2^62: sums of two stay inside */
    return !(v > -most) ? -(INT64_C(1) << 62) : v >= most ? INT64_C(1) << 62 : (int64_t)v;
}

int gull__check_constant(const gull_graph *g, const gull_node *n, int k, const char *what,
                         gull_error *err) {
    if (k >= n->in_count || n->in[k] < 0)
        return gull__fail(err, GULL_EFORMAT, "no %s", what);
    if (!gull__is_constant(g, n->in[k]))
        return gull__fail(err, GULL_EUNSUPPORTED, "%s that depend on the model's input", what);
    return GULL_OK;
}

int gull__ints_of(const gull_graph *g, const gull_node *n, int k, const gull_attributes *a,
                  const char *name, size_t most, int64_t *out, size_t *count,
                  gull_error *err) {
    const bool input = k < n->in_count && n->in[k] >= 0;
    const int64_t *given;
    *count = gull_attr_ints(a, name, &given);
    if (input) {
        TRY(gull__check_constant(g, n, k, name, err));
        *count = g->tensor[n->in[k]].size;
    }
    if (*count > most)
        return gull__fail(err, GULL_EUNSUPPORTED, "%zu numbers in '%s', at most %zu", *count,
                          name, most);
    for (size_t i = 0; i < *count; i++)
        out[i] = gull__whole(input ? g->tensor[n->in[k]].f64[i] : (double)given[i]);
    return GULL_OK;
}
