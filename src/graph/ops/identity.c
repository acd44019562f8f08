/* identity.c - ONNX Identity. */
#include "graph/ops/index.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

GULL_INDEX_OP(identity, "Identity", "x as it is", 1, 0)
