/* instancenormalization.c - ONNX InstanceNormalization: each channel with mean 0 and
 * deviation 1, then its scale and shift. */
#include "graph/ops/standard.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    standard *s = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor *x = gull_in(g, n, 0);
    if (n->in_count != 3 || x->rank < 1)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, the first of %d dimensions",
                          n->in_count, x->rank + 1);
    const size_t channels = (size_t)x->dims[0];
    TRY(axes_of_runs(&s->axes, channels, x->size / channels));
    TRY(standard_new(s, g, n, gull_attr_float(attributes, "epsilon", 1e-5f), err));
    TRY(read_runs(g, n, 1, channels, s->scale, err));
    return read_runs(g, n, 2, channels, s->shift, err);
}

GULL_STANDARD_OP(instancenormalization, "InstanceNormalization",
                 "each channel with mean 0 and deviation 1, scaled and shifted", 6, )
