/* matmul.c - ONNX MatMul: rows times constant weights, constant times rows, or two
 * activations. */
#include "graph/real.h"

enum { X_CONSTANT_Y, CONSTANT_X, X_Y };
typedef struct matmul_state {
    int kind;
    size_t batch, m, n, k; /* per row: batch products of m x k by k x n */
} matmul_state;

#ifdef GULL_REAL32
#define GEMM gull__gemm32
#else
#define GEMM gull__gemm64
#endif

static int64_t leading(const gull_tensor *t) {
    int64_t product = 1;
    for (int i = 0; i + 2 < t->rank; i++) product *= t->dims[i];
    return product;
}

static int not_matching(const gull_tensor *x, const gull_tensor *y, gull_error *err) {
    return gull__fail(err, GULL_EUNSUPPORTED, "a product of %d and %d dimensions that gull "
                      "does not know", x->rank, y->rank);
}

static int prepare(gull_graph *g, gull_node *node, const gull_attributes *attributes,
                   gull_error *err) {
    matmul_state *s = node->state;
    (void)attributes;
    if (node->in_count != 2)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 2", node->in_count);
    const gull_tensor x = *gull_in(g, node, 0);
    gull_tensor y = *gull_in(g, node, 1);
    const bool cx = gull__is_constant(g, node->in[0]), cy = gull__is_constant(g, node->in[1]);
    const bool vector = cx && g->unbatched && x.rank == 2 && y.rank == 1;
    s->kind = cy ? X_CONSTANT_Y : cx ? CONSTANT_X : X_Y;
    if (vector) { /* a column, whose second axis is left out again */
        y.rank = 2;
        y.dims[1] = 1;
    }
    if (x.rank < (cy ? 1 : 2) || y.rank < 2) return not_matching(&x, &y, err);
    const int batch = gull_batch_axes(g), most = x.rank > 1 ? x.rank + batch : 2;
    if ((cy && (leading(&y) != 1 || y.rank > most)) ||
        (cx && (leading(&x) != 1 || x.rank > y.rank + batch)) ||
        (!cx && !cy && x.rank != y.rank))
        return not_matching(&x, &y, err);
    for (int i = 0; s->kind == X_Y && i + 2 < x.rank; i++)
        if (x.dims[i] != y.dims[i]) return not_matching(&x, &y, err);
    if (x.dims[x.rank - 1] != y.dims[y.rank - 2])
        return gull__fail(err, GULL_EFORMAT, "%lld columns times %lld rows",
                          (long long)x.dims[x.rank - 1], (long long)y.dims[y.rank - 2]);
    s->k = (size_t)x.dims[x.rank - 1];
    s->m = x.rank > 1 ? (size_t)x.dims[x.rank - 2] : 1;
    s->n = (size_t)y.dims[y.rank - 1];
    s->batch = (size_t)(cx ? leading(&y) : leading(&x));
    gull_tensor out = cx ? y : x;
    if (!cy) out.dims[out.rank - 2] = (int64_t)s->m;
    out.dims[out.rank - 1] = (int64_t)s->n;
    gull__graph_sum(g, s->k + 1);
    return gull__graph_shape(g, node, vector ? 1 : out.rank, out.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    return ((const matmul_state *)n->state)->kind == X_Y ? 0 : GULL_OP_AFFINE;
}

/* The constant left factor; in absolute mode a copy in *own. */
static const real *left_constant(const gull_pass *p, const gull_node *node, real **own) {
    const gull_tensor *t = gull_in(p->graph, node, 0);
    *own = NULL;
    if (!GULL_ABSOLUTE(p)) return GULL_PAYLOAD(t);
    *own = malloc(t->size * sizeof **own);
    for (size_t i = 0; *own && i < t->size; i++)
        (*own)[i] = gull_abs_if(true, GULL_PAYLOAD(t)[i]);
    return *own;
}

static int forward(const gull_node *node, const void *pass) {
    const gull_pass *p = pass;
    const matmul_state *s = node->state;
    const size_t rows = p->n * s->batch;
    const gull_dense_shape dense = {s->k, s->n, false};
    real *out = p->value[node->out], *own = NULL;
    memset(out, 0, p->n * p->graph->tensor[node->out].size * sizeof *out);
    if (s->kind == X_CONSTANT_Y)
        return GULL_PASS(dense)(p, node, &dense, rows * s->m,
                                GULL_PAYLOAD(gull_in(p->graph, node, 1)),
                                p->value[node->in[0]], out);
    const real *left = s->kind == CONSTANT_X ? left_constant(p, node, &own)
                                             : p->value[node->in[0]];
    const size_t step = s->kind == CONSTANT_X ? 0 : s->m * s->k;
    int status = left ? GULL_OK : GULL_ENOMEM;
    for (size_t r = 0; r < rows && !status; r++)
        status = GEMM(s->m, s->n, s->k, left + r * step, s->k, 1,
                      p->value[node->in[1]] + r * s->k * s->n, s->n, 1,
                      out + r * s->m * s->n, s->n);
    free(own);
    return status;
}

/* d left += d out right^T; d right += left^T d out. */
static int gradient_left(const gull_pass *p, const gull_node *node, size_t r) {
    const matmul_state *s = node->state;
    return GEMM(s->m, s->k, s->n, p->grad[node->out] + r * s->m * s->n, s->n, 1,
                p->value[node->in[1]] + r * s->k * s->n, 1, s->n,
                p->grad[node->in[0]] + r * s->m * s->k, s->k);
}

static int gradient_right(const gull_pass *p, const gull_node *node, const real *left,
                          size_t r) {
    const matmul_state *s = node->state;
    return GEMM(s->k, s->n, s->m, left, 1, s->k, p->grad[node->out] + r * s->m * s->n, s->n,
                1, p->grad[node->in[1]] + r * s->k * s->n, s->n);
}

static int gradient(const gull_node *node, const void *pass) {
    const gull_pass *p = pass;
    const matmul_state *s = node->state;
    const gull_dense_shape dense = {s->k, s->n, false};
    const size_t rows = p->n * s->batch;
    real *own = NULL;
    if (s->kind == X_CONSTANT_Y)
        return GULL_PASS(dense_back)(p, node, &dense, rows * s->m,
                                     GULL_PAYLOAD(gull_in(p->graph, node, 1)),
                                     p->grad[node->out], p->grad[node->in[0]]);
    const real *left = s->kind == CONSTANT_X ? left_constant(p, node, &own)
                                             : p->value[node->in[0]];
    int status = left ? GULL_OK : GULL_ENOMEM;
    for (size_t r = 0; r < rows && !status; r++) {
        if (s->kind == X_Y) status = gradient_left(p, node, r);
        if (!status)
            status = gradient_right(p, node, left + (s->kind == X_Y ? r * s->m * s->k : 0), r);
    }
    free(own);
    return status;
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const matmul_state *s = n->state;
    if (s->kind != X_CONSTANT_Y || s->batch != 1 || s->m != 1) return false;
    l->kind = GULL_LAYER_DENSE;
    l->dense = (gull_dense_shape){s->k, s->n, false};
    l->weights = gull_in(g, n, 1)->f32;
    return gull_in(g, n, 0)->rank == 2 - gull_batch_axes(g);
}

const gull_op GULL_OP(matmul);
const gull_op GULL_OP(matmul) = {
    .onnx = "MatMul",
    .summary = "a product with constant weights, or of two activations",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(matmul_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .layer = layer,
};
