/* groupnormalization.c - ONNX GroupNormalization: groups of channels, each with mean 0 and
 * deviation 1; scale and shift of each group (opset 18) or channel (from 21). */
#include "graph/ops/standard.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    standard *s = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor *x = gull_in(g, n, 0);
    const int64_t groups = gull_attr_int(attributes, "num_groups", 0);
    if (n->in_count != 3 || x->rank < 1)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, the first of %d dimensions",
                          n->in_count, x->rank + 1);
    if (groups < 1 || x->dims[0] % groups)
        return gull__fail(err, GULL_EFORMAT, "%lld channels in %lld groups",
                          (long long)x->dims[0], (long long)groups);
    const size_t runs = (size_t)(g->opset < 21 ? groups : x->dims[0]);
    TRY(axes_of_runs(&s->axes, (size_t)groups, x->size / (size_t)groups));
    TRY(standard_new(s, g, n, gull_attr_float(attributes, "epsilon", 1e-5f), err));
    TRY(read_runs(g, n, 1, runs, s->scale, err));
    return read_runs(g, n, 2, runs, s->shift, err);
}

GULL_STANDARD_OP(groupnormalization, "GroupNormalization",
                 "groups of channels with mean 0 and deviation 1, scaled and shifted", 18, )
