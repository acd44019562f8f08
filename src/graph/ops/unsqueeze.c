/* unsqueeze.c - ONNX Unsqueeze: new axes of size 1. */
#include "graph/ops/index.h"

enum { AXES = GULL_RANK + 1 };

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    int64_t given[AXES], dims[GULL_RANK];
    unsigned bits = 0;
    size_t count;
    TRY(gull_check_first(g, n, err));
    TRY(gull__ints_of(g, n, 1, attributes, "axes", AXES, given, &count, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int rank = x.rank + (int)count;
    if (!count) return gull__fail(err, GULL_EFORMAT, "no axes");
    if (rank > GULL_RANK)
        return gull__fail(err, GULL_EUNSUPPORTED, "%d dimensions, at most %d", rank,
                          GULL_RANK);
    for (size_t i = 0; i < count; i++) {
        int axis;
        TRY(gull__row_axis(g, given[i], rank, &axis, err));
        if (bits >> axis & 1) return gull__fail(err, GULL_EFORMAT, "the same axis twice");
        bits |= 1u << axis;
    }
    for (int i = 0, k = 0; i < rank; i++) dims[i] = bits >> i & 1 ? 1 : x.dims[k++];
    return gull__graph_shape(g, n, rank, dims, err);
}

GULL_INDEX_OP(unsqueeze, "Unsqueeze", "new axes of size 1", 1, 0)
