/* globalmaxpool.c - ONNX GlobalMaxPool: the greatest number of each channel. */
#include "graph/ops/maximum.h"

/* One window over all of a channel; more than two axes count as one. */
static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    pool_state *s = n->state;
    TRY(gull_check_first(g, n, err));
    gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    if (x.rank < 2)
        return gull__fail(err, GULL_EFORMAT, "%d-dimensional input, expected 3 or more",
                          x.rank + 1);
    const size_t channels = (size_t)x.dims[0], area = x.size / channels;
    const size_t height = x.rank == 3 ? (size_t)x.dims[1] : 1, width = area / height;
    s->channels = channels;
    s->window = (gull_window){{height, width}, {1, 1}, {height, width}, {1, 1}, {1, 1}, {0, 0},
                              {0, 0}};
    for (int i = 1; i < x.rank; i++) x.dims[i] = 1;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

GULL_MAXIMUM_OP(globalmaxpool, "GlobalMaxPool", "the greatest number of each channel", prepare)
