/* split.c - ONNX Split: one of the parts along an axis. */
#include "graph/ops/moves.h"

enum { PARTS = 4096 };

/* Where part `port` begins and how long it is: given lengths, or equal ones whose last may
 * be shorter. */
static int part(const gull_graph *g, const gull_node *n, const gull_attributes *a,
                int64_t size, int64_t *first, int64_t *length, gull_error *err) {
    int64_t given[PARTS], sum = 0;
    size_t count;
    TRY(gull__ints_of(g, n, 1, a, "split", PARTS, given, &count, err));
    const int64_t port = gull_attr_int(a, "(port)", 0);
    const int64_t outputs = gull_attr_int(a, "num_outputs", gull_attr_int(a, "(outputs)", 1));
    if (outputs < 1 || outputs > PARTS || port >= (count ? (int64_t)count : outputs))
        return gull__fail(err, GULL_EFORMAT, "%lld outputs", (long long)outputs);
    const int64_t equal = (size - 1) / outputs + 1;
    for (int64_t k = 0; k < (count ? (int64_t)count : outputs); k++) {
        const int64_t left = size - sum, one = count ? given[k] : equal < left ? equal : left;
        if (one < 0 || one > left) 
            return gull__fail(err, GULL_EFORMAT, "a part of %lld numbers", (long long)one);
        if (k == port) {
            *first = sum;
            *length = one;
        }
        sum += one;
    }
    if (sum != size || (g->opset < 18 && !count && size % outputs))
        return gull__fail(err, GULL_EFORMAT, "the parts make %lld numbers of %lld",
                          (long long)sum, (long long)size);
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    moves_state *s = n->state;
    int64_t first = 0, length = 0, dims[GULL_RANK];
    size_t outer = 1, inner = 1;
    int axis;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", 0), x.rank, &axis, err));
    TRY(part(g, n, attributes, x.dims[axis], &first, &length, err));
    memcpy(dims, x.dims, sizeof dims);
    dims[axis] = length;
    TRY(gull__graph_shape(g, n, x.rank, dims, err));
    for (int i = 0; i < axis; i++) outer *= (size_t)dims[i];
    for (int i = axis + 1; i < x.rank; i++) inner *= (size_t)dims[i];
    for (size_t o = 0; o < outer; o++)
        TRY(moves_add(s, 0, (o * (size_t)x.dims[axis] + (size_t)first) * inner,
                      (size_t)length * inner));
    return GULL_OK;
}

GULL_MOVES_OP(split, "Split", "parts along one axis", .since = 2, .optional = 1,
              .outputs = PARTS)
