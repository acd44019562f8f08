/* squeeze.c - ONNX Squeeze: axes of size 1 are left out. */
#include "graph/ops/index.h"

enum { AXES = GULL_RANK + 1 };

/* Bit i: axis i of the row goes. */
static int marked(const gull_graph *g, const gull_node *n, const gull_attributes *a,
                  unsigned *bits, gull_error *err) {
    const gull_tensor *x = gull_in(g, n, 0);
    int64_t given[AXES];
    size_t count;
    TRY(gull__ints_of(g, n, 1, a, "axes", AXES, given, &count, err));
    for (size_t i = 0; i < count; i++) {
        int axis;
        TRY(gull__row_axis(g, given[i], x->rank, &axis, err));
        if (x->dims[axis] != 1)
            return gull__fail(err, GULL_EFORMAT, "axis %lld has size %lld, not 1",
                              (long long)given[i], (long long)x->dims[axis]);
        *bits |= 1u << axis;
    }
    if (!count && gull_batch_axes(g) && g->batch == 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "the batch axis is left out");
    for (int i = 0; i < x->rank && !count; i++)
        if (x->dims[i] == 1) *bits |= 1u << i;
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    int64_t dims[GULL_RANK];
    unsigned bits = 0;
    int rank = 0;
    TRY(gull_check_first(g, n, err));
    TRY(marked(g, n, attributes, &bits, err));
    const gull_tensor x = *gull_in(g, n, 0);
    for (int i = 0; i < x.rank; i++)
        if (!(bits >> i & 1)) dims[rank++] = x.dims[i];
    return gull__graph_shape(g, n, rank, dims, err);
}

GULL_INDEX_OP(squeeze, "Squeeze", "axes of size 1 left out", 1, 1)
