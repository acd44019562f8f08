/* last_axes.h - LayerNormalization and RMSNormalization: all axes from one on together; the
 * scale and the shift broadcast over them. */
#include "graph/ops/standard.h"

/* Constant i, if it is there, aligned to the right of x. */
static int read_aligned(const gull_graph *g, const gull_node *n, int i, double *to,
                        gull_error *err) {
    if (i >= n->in_count || n->in[i] < 0) return GULL_OK;
    TRY(gull__check_constant(g, n, i, "scale and shift", err));
    const gull_tensor *c = gull_in(g, n, i), *x = gull_in(g, n, 0);
    const int extra = c->rank - x->rank;
    size_t step[GULL_RANK], size = 1;
    if (extra > gull_batch_axes(g) || (extra == 1 && c->dims[0] != 1))
        return gull__fail(err, GULL_EFORMAT, "input %d has %d dimensions", i + 1, c->rank);
    for (int d = x->rank; d-- > 0;) {
        const int64_t dim = d + extra < 0 ? 1 : c->dims[d + extra];
        if (dim != 1 && dim != x->dims[d])
            return gull__fail(err, GULL_EFORMAT, "input %d has size %lld in a dimension of %lld",
                              i + 1, (long long)dim, (long long)x->dims[d]);
        step[d] = dim == 1 ? 0 : size;
        size *= (size_t)dim;
    }
    for (size_t k = 0; k < x->size; k++) {
        size_t at = 0, left = k;
        for (int d = x->rank; d-- > 0; left /= (size_t)x->dims[d])
            at += left % (size_t)x->dims[d] * step[d];
        to[k] = c->f64[at];
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    standard *s = n->state;
    int axis;
    size_t groups = 1;
    TRY(gull_check_first(g, n, err));
    const gull_tensor *x = gull_in(g, n, 0);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", -1), x->rank, &axis, err));
    for (int i = 0; i < axis; i++) groups *= (size_t)x->dims[i];
    TRY(axes_of_runs(&s->axes, groups, x->size / groups));
    TRY(standard_new(s, g, n, gull_attr_float(attributes, "epsilon", 1e-5f), err));
    s->centred = CENTRED;
    TRY(read_aligned(g, n, 1, s->scale, err));
    return read_aligned(g, n, 2, s->shift, err);
}
