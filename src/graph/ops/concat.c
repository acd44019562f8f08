/* concat.c - ONNX Concat: activations and constants side by side along one axis. */
#include "graph/ops/moves.h"

/* The dims of input k in a row: a constant's batch axis must be 1. */
static int row_dims(const gull_graph *g, const gull_node *n, int k, int rank, int64_t *dims,
                    gull_error *err) {
    const gull_tensor *t = gull_in(g, n, k);
    const int skip = gull__is_constant(g, n->in[k]) ? gull_batch_axes(g) : 0;
    if (t->rank != rank + skip)
        return gull__fail(err, GULL_EFORMAT, "input %d has %d dimensions, the others %d", k,
                          t->rank + gull_batch_axes(g) - skip, rank + gull_batch_axes(g));
    if (skip && (t->dims[0] != 1 || g->batch > 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "input %d differs between rows of the batch",
                          k);
    for (int i = 0; i < rank; i++) dims[i] = t->dims[i + skip];
    return GULL_OK;
}

static int first_activation(const gull_graph *g, const gull_node *n) {
    int k = 0;
    while (gull__is_constant(g, n->in[k])) k++;
    return k;
}

/* Grows dims[axis] by each input's and checks the other dims. */
static int total(const gull_graph *g, const gull_node *n, int axis, int rank, int64_t *dims,
                 gull_error *err) {
    int64_t one[GULL_RANK], sum = 0;
    TRY(row_dims(g, n, first_activation(g, n), rank, dims, err));
    for (int k = 0; k < n->in_count; k++) {
        TRY(row_dims(g, n, k, rank, one, err));
        for (int i = 0; i < rank; i++)
            if (i != axis && one[i] != dims[i])
                return gull__fail(err, GULL_EFORMAT, "sizes %lld and %lld in dimension %d",
                                  (long long)one[i], (long long)dims[i],
                                  i + gull_batch_axes(g));
        sum += one[axis];
    }
    dims[axis] = sum;
    return GULL_OK;
}

/* No number comes from a constant or from a tensor that is there twice. */
static bool is_rename(const gull_graph *g, const gull_node *n) {
    for (int k = 0; k < n->in_count; k++) {
        if (gull__is_constant(g, n->in[k])) return false;
        for (int j = 0; j < k; j++)
            if (n->in[j] == n->in[k]) return false;
    }
    return true;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    const int rank = gull_in(g, n, first_activation(g, n))->rank;
    int64_t dims[GULL_RANK];
    size_t outer = 1;
    int axis;
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", g->opset < 4 ? 1 : 0), rank, &axis,
                      err));
    TRY(total(g, n, axis, rank, dims, err));
    TRY(gull__graph_shape(g, n, rank, dims, err));
    for (int i = 0; i < axis; i++) outer *= (size_t)dims[i];
    for (size_t o = 0; o < outer; o++)
        for (int k = 0; k < n->in_count; k++) {
            const size_t part = gull_in(g, n, k)->size / outer;
            TRY(moves_add(s, k, o * part, part));
        }
    s->repeats = !is_rename(g, n);
    return GULL_OK;
}

GULL_MOVES_OP(concat, "Concat", "inputs side by side along one axis", .since = 1)
