/* reshape.c - ONNX Reshape; the first axis stays the batch. */
#include "graph/ops/index.h"

enum { AXES = GULL_RANK + 1 };

/* The wanted dims with 0 (an axis of the input, the batch counting as 1) and -1 resolved. */
static int resolve(const gull_graph *g, const gull_tensor *x, const gull_tensor *want,
                   bool allow_zero, int64_t *dims, gull_error *err) {
    const int count = (int)want->size, batch = gull_batch_axes(g);
    const int bad = g->batch > 1 ? GULL_EUNSUPPORTED : GULL_EFORMAT; /* rows may be mixed */
    int64_t product = 1, size = (int64_t)x->size;
    int unknown = -1;
    for (int i = 0; i < count; i++) {
        const double d = batch && !i && want->f64[0] == (double)g->batch ? 1 : want->f64[i];
        dims[i] = gull__whole(d);
        if (d == 0 && allow_zero)
            return gull__fail(err, GULL_EUNSUPPORTED, "a wanted dimension of size 0");
        if (d == 0 && i < x->rank + batch)
            dims[i] = i < batch ? 1 : x->dims[i - batch];
        if (d == -1 && unknown < 0) {
            unknown = i;
            dims[i] = 1;
        }
        if (d < -1 || dims[i] < 1 || dims[i] > size || product > size / dims[i])
            return gull__fail(err, bad,
                              "a row of %zu numbers does not take the wanted shape", x->size);
        product *= dims[i];
    }
    if (unknown >= 0) dims[unknown] = size / product;
    if (size % product || (unknown < 0 && product != size))
        return gull__fail(err, bad,
                          "a row of %zu numbers does not take the wanted shape", x->size);
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    int64_t dims[AXES];
    if (n->in_count < 2 || !gull__is_constant(g, n->in[1]))
        return gull__fail(err, GULL_EUNSUPPORTED, "the wanted shape is not a constant");
    const gull_tensor *want = gull_in(g, n, 1);
    if (want->rank != 1 || want->size > AXES)
        return gull__fail(err, GULL_EUNSUPPORTED, "a wanted shape of %zu dimensions",
                          want->size);
    TRY(resolve(g, &x, want, gull_attr_int(attributes, "allowzero", 0) != 0, dims, err));
    const int count = (int)want->size;
    if (g->unbatched) return gull__graph_shape(g, n, count, dims, err);
    if (g->batch > 1 && (dims[0] != 1 || want->f64[0] == 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "rows of the batch are mixed");
    /* [n] or [10] instead of [1, n]: one row, whose batch axis is left out */
    if (dims[0] != 1)
        return count == 1 ? gull__graph_shape(g, n, 1, dims, err)
                          : gull__fail(err, GULL_EUNSUPPORTED,
                                       "the first dimension is not the batch");
    return gull__graph_shape(g, n, count - 1, dims + 1, err);
}

GULL_INDEX_OP(reshape, "Reshape", "other axes, the batch first", 1, 0)
