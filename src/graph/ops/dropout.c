/* dropout.c - ONNX Dropout outside training: x as it is. */
#include "graph/ops/index.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    if (n->in_count > 2 && n->in[2] >= 0 &&
        (!gull__is_constant(g, n->in[2]) || g->tensor[n->in[2]].f64[0] != 0))
        return gull__fail(err, GULL_EUNSUPPORTED, "training mode");
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

GULL_INDEX_OP(dropout, "Dropout", "x as it is, since nothing is trained", 7, 1)
