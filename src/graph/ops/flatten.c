/* flatten.c - ONNX Flatten to one dimension beside the batch. */
#include "graph/ops/index.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int64_t axis = gull_attr_int(attributes, "axis", 1), size = (int64_t)x.size;
    const int64_t at = axis < 0 ? axis + x.rank + 1 : axis;
    int64_t before = 1;
    if (at < 0 || at > x.rank + 1)
        return gull__fail(err, GULL_EFORMAT, "axis %lld of a %d-dimensional input",
                          (long long)axis, x.rank + 1);
    for (int64_t i = 1; i < at; i++) before *= x.dims[i - 1];
    if (before != 1 || (at == 0 && g->batch > 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "axis %lld mixes rows of the batch",
                          (long long)axis);
    return gull__graph_shape(g, n, 1, &size, err);
}

GULL_INDEX_OP(flatten, "Flatten", "a row of numbers", 1, 0)
