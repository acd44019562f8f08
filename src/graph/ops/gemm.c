/* gemm.c - ONNX Gemm: alpha x W + beta C with constant W and C. */
#include "graph/real.h"

typedef struct gemm_state {
    gull_dense_shape shape;
    double alpha, beta;
    size_t bias_step; /* 0: one number for all outputs */
} gemm_state;

static int check_bias(const gull_graph *g, const gull_node *n, gemm_state *s,
                      gull_error *err) {
    if (n->in_count < 3 || n->in[2] < 0) return GULL_OK;
    const gull_tensor *c = gull_in(g, n, 2);
    if (!gull__is_constant(g, n->in[2]))
        return gull__fail(err, GULL_EUNSUPPORTED, "C is not a constant");
    if (c->rank > 2 || (c->rank == 2 && c->dims[0] != 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "C differs between rows of the batch");
    if (c->size != 1 && c->size != s->shape.out)
        return gull__fail(err, GULL_EFORMAT, "C has %zu numbers, expected %zu", c->size,
                          s->shape.out);
    s->bias_step = c->size == 1 ? 0 : 1;
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    gemm_state *s = n->state;
    if (n->in_count < 2)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 2 or 3", n->in_count);
    const int t = gull_attr_int(attributes, "transB", 0) != 0;
    if (gull__is_constant(g, n->in[0]) || !gull__is_constant(g, n->in[1]) ||
        gull_attr_int(attributes, "transA", 0))
        return gull__fail(err, GULL_EUNSUPPORTED, "A must be the rows, B the weights");
    const gull_tensor x = *gull_in(g, n, 0), w = *gull_in(g, n, 1);
    if (x.rank != 1 || w.rank != 2)
        return gull__fail(err, GULL_EFORMAT,
                          "%d- and %d-dimensional inputs, expected 2 and 2", x.rank + 1,
                          w.rank);
    if (w.dims[t] != x.dims[0])
        return gull__fail(err, GULL_EFORMAT, "weights for %lld inputs, expected %lld",
                          (long long)w.dims[t], (long long)x.dims[0]);
    s->shape = (gull_dense_shape){(size_t)w.dims[t], (size_t)w.dims[1 - t], t};
    s->alpha = gull_attr_float(attributes, "alpha", 1);
    s->beta = gull_attr_float(attributes, "beta", 1);
    TRY(check_bias(g, n, s, err));
    gull__graph_sum(g, s->shape.in + 2);
    return gull__graph_shape(g, n, 1, &w.dims[1 - t], err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

/* y = scale y + beta C */
static void add_bias(const gull_node *n, const gull_pass *p, real scale, real *y) {
    const gemm_state *s = n->state;
    const bool absolute = GULL_ABSOLUTE(p), has = n->in_count > 2 && n->in[2] >= 0;
    const real *c = has ? GULL_PAYLOAD(gull_in(p->graph, n, 2)) : NULL;
    for (size_t i = 0; i < p->n; i++, y += s->shape.out)
        for (size_t k = 0; k < s->shape.out; k++) {
            const real b = c ? (real)s->beta * c[k * s->bias_step] : 0;
            y[k] = scale * y[k] + gull_abs_if(absolute, b);
        }
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gemm_state *s = n->state;
    const real *w = GULL_PAYLOAD(gull_in(p->graph, n, 1));
    real *y = p->value[n->out];
    memset(y, 0, p->n * s->shape.out * sizeof *y);
    TRY(GULL_PASS(dense)(p, n, &s->shape, p->n, w, p->value[n->in[0]], y));
    add_bias(n, p, gull_abs_if(GULL_ABSOLUTE(p), (real)s->alpha), y);
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gemm_state *s = n->state;
    const real *w = GULL_PAYLOAD(gull_in(p->graph, n, 1)), *dy = p->grad[n->out];
    const size_t count = p->n * s->shape.out;
    if (s->alpha == 1)
        return GULL_PASS(dense_back)(p, n, &s->shape, p->n, w, dy, p->grad[n->in[0]]);
    real *scaled = malloc((count + 1) * sizeof *scaled);
    if (!scaled) return GULL_ENOMEM;
    const real alpha = gull_abs_if(GULL_ABSOLUTE(p), (real)s->alpha);
    for (size_t i = 0; i < count; i++) scaled[i] = alpha * dy[i];
    const int status =
        GULL_PASS(dense_back)(p, n, &s->shape, p->n, w, scaled, p->grad[n->in[0]]);
    free(scaled);
    return status;
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const gemm_state *s = n->state;
    const bool bias = n->in_count > 2 && n->in[2] >= 0;
    l->kind = GULL_LAYER_DENSE;
    l->dense = s->shape;
    l->weights = gull_in(g, n, 1)->f32;
    l->bias = bias ? gull_in(g, n, 2)->f32 : NULL;
    return s->alpha == 1 && (!bias || (s->beta == 1 && gull_in(g, n, 2)->size == s->shape.out));
}

const gull_op GULL_OP(gemm);
const gull_op GULL_OP(gemm) = {
    .onnx = "Gemm",
    .summary = "a dense layer: alpha x W + beta C",
    .since = 7,
    .until = GULL_OPSET_LATEST,
    .optional = 2,
    .state_size = sizeof(gemm_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .layer = layer,
};
