/* flatten.c - ONNX Flatten to one dimension beside the batch. */
#include "graph/ops/index.h"

/* Unbatched: two axes, as in the file. */
static int two_axes(gull_graph *g, gull_node *n, const gull_tensor *x, int64_t at,
                    gull_error *err) {
    int64_t dims[2] = {1, 1};
    for (int i = 0; i < x->rank; i++) dims[i >= at] *= x->dims[i];
    return gull__graph_shape(g, n, 2, dims, err);
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int64_t axis = gull_attr_int(attributes, "axis", 1), size = (int64_t)x.size;
    const int all = x.rank + gull_batch_axes(g);
    const int64_t at = axis < 0 ? axis + all : axis;
    int64_t before = 1;
    if (at < 0 || at > all)
        return gull__fail(err, GULL_EFORMAT, "axis %lld of a %d-dimensional input",
                          (long long)axis, all);
    if (g->unbatched) return two_axes(g, n, &x, at, err);
    for (int64_t i = 1; i < at; i++) before *= x.dims[i - 1];
    if (before != 1 || (at == 0 && g->batch > 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "axis %lld mixes rows of the batch",
                          (long long)axis);
    return gull__graph_shape(g, n, 1, &size, err);
}

GULL_INDEX_OP(flatten, "Flatten", "a row of numbers", 1, 0)
