/* add.c - ONNX Add: x + y, broadcasting */
#define COMBINE(x, y) ((x) + (y))
#define MAGNITUDE(x, y) ((x) + (y))
#define SLOPE_X(x, y) ((real)1)
#define SLOPE_Y(x, y) ((real)1)
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (void)(y_constant), true)
#include "graph/ops/binary.h"

/* A sum of two activations, or a number for each channel. */
static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const bool cx = gull__is_constant(g, n->in[0]), cy = gull__is_constant(g, n->in[1]);
    const gull_tensor *x = gull_in(g, n, cx), *y = gull_in(g, n, !cx);
    const int batch = 1 - gull_batch_axes(g), axes = x->rank - batch - 1;
    l->in[0] = cx;
    if (!cx && !cy) {
        l->kind = GULL_LAYER_ADD;
        return x->size == y->size && x->size == g->tensor[n->out].size;
    }
    l->kind = GULL_LAYER_BIAS;
    l->bias = y->f32;
    if (axes < 0 || y->rank <= axes || (int64_t)y->size != x->dims[batch]) return false;
    return y->dims[y->rank - 1 - axes] == x->dims[batch];
}

GULL_BINARY_OP(add, "Add", "x + y, broadcasting", .layer = layer)
