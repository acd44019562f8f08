/* cast.c - ONNX Cast: to floats x as it is; to integers x without its fraction, whose slope
 * counts as 1 (straight-through: Athalye et al., "Obfuscated Gradients Give a False Sense
 * of Security", 2018, section 4.1); to bool 1 where x is not 0, whose gradient is 0. */
#include "graph/real.h"
#include <math.h>

typedef enum { SAME, WHOLE, TRUTH } cast_kind;
typedef struct cast_state {
    cast_kind kind;
} cast_state;

/* Numbers of TensorProto.DataType. */
enum { FLOAT = 1, UINT8, INT8, UINT16, INT16, INT32, INT64, STRING, BOOL, FLOAT16, DOUBLE,
       UINT32, UINT64 };

static int type_of(int64_t to, int *type) {
    switch (to) {
    case FLOAT: *type = GULL_F32; return GULL_OK;
    case DOUBLE: *type = GULL_F64; return GULL_OK;
    case BOOL: *type = GULL_BOOL; return GULL_OK;
    case UINT8: case INT8: case UINT16: case INT16: case INT32: case INT64: case UINT32:
    case UINT64: *type = GULL_INT; return GULL_OK;
    }
    return GULL_EUNSUPPORTED;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    cast_state *s = n->state;
    const gull_tensor x = *gull_in(g, n, 0);
    const int64_t to = gull_attr_int(attributes, "to", 0);
    int type = GULL_F32;
    TRY(gull_check_first(g, n, err));
    if (type_of(to, &type) < 0)
        return gull__fail(err, GULL_EUNSUPPORTED, "to element type %lld%s", (long long)to,
                          to == FLOAT16 ? " (half precision)" : to == STRING ? " (text)" : "");
    const bool whole = x.type == GULL_INT || x.type == GULL_BOOL;
    s->kind = type == GULL_BOOL ? x.type == GULL_BOOL ? SAME : TRUTH
              : type == GULL_INT && !whole ? WHOLE
                                           : SAME;
    g->tensor[n->out].type = type;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    const cast_kind kind = ((const cast_state *)n->state)->kind;
    (void)g;
    return kind == SAME    ? GULL_OP_AFFINE | GULL_OP_INDEX | GULL_OP_RENAME
           : kind == WHOLE ? GULL_OP_ELEMENTWISE | GULL_OP_STRAIGHT
                           : GULL_OP_ELEMENTWISE;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const cast_kind kind = ((const cast_state *)n->state)->kind;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t i = 0; i < p->n * p->graph->tensor[n->out].size; i++)
        y[i] = kind == SAME ? x[i] : kind == WHOLE ? (real)trunc((double)x[i]) : x[i] != 0;
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const real *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    if (((const cast_state *)n->state)->kind == TRUTH) return GULL_OK;
    for (size_t i = 0; i < p->n * p->graph->tensor[n->out].size; i++) dx[i] += dy[i];
    return GULL_OK;
}

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const bool whole = ((const cast_state *)n->state)->kind == WHOLE;
    const double *l = lo[n->in[0]], *h = hi[n->in[0]];
    for (size_t i = 0; i < g->tensor[n->out].size; i++) {
        out_lo[i] = whole ? trunc(l[i]) : l[i] > 0 || h[i] < 0;
        out_hi[i] = whole ? trunc(h[i]) : !(l[i] == 0 && h[i] == 0);
    }
    return GULL_OK;
}

const gull_op GULL_OP(cast);
const gull_op GULL_OP(cast) = {
    .onnx = "Cast",
    .summary = "to float x as it is, to integers truncated (straight-through), to bool",
    .since = 6,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(cast_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
