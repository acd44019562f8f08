/* batchnorm.c - ONNX BatchNormalization outside training: a scale and a shift for each
 * channel, computed in double when the file is read. */
#include "graph/batchnorm_state.h"
#include "graph/real.h"

typedef gull_batchnorm norm_state;

static int check(const gull_graph *g, const gull_node *n, const gull_attributes *attributes,
                 gull_error *err) {
    if (n->in_count != 5)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 5", n->in_count);
    if (gull_attr_int(attributes, "training_mode", 0))
        return gull__fail(err, GULL_EUNSUPPORTED, "training mode");
    const gull_tensor *x = gull_in(g, n, 0);
    if (gull__is_constant(g, n->in[0]) || x->rank < 1)
        return gull__fail(err, GULL_EFORMAT, "the first input has no channels");
    for (int i = 1; i < 5; i++) {
        if (n->in[i] < 0 || !gull__is_constant(g, n->in[i]))
            return gull__fail(err, GULL_EUNSUPPORTED, "input %d is not a constant", i + 1);
        if (gull_in(g, n, i)->size != (size_t)x->dims[0])
            return gull__fail(err, GULL_EFORMAT, "input %d has %zu numbers, expected %lld",
                              i + 1, gull_in(g, n, i)->size, (long long)x->dims[0]);
    }
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    norm_state *s = n->state;
    TRY(check(g, n, attributes, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const double epsilon = gull_attr_float(attributes, "epsilon", 1e-5f);
    s->epsilon = epsilon;
    s->channels = (size_t)x.dims[0];
    s->area = x.size / s->channels;
    s->scale = malloc(3 * s->channels * sizeof *s->scale);
    if (!s->scale) return GULL_ENOMEM;
    s->shift = s->scale + s->channels;
    s->size = s->shift + s->channels;
    const double *gamma = gull_in(g, n, 1)->f64, *beta = gull_in(g, n, 2)->f64;
    const double *mean = gull_in(g, n, 3)->f64, *variance = gull_in(g, n, 4)->f64;
    for (size_t c = 0; c < s->channels; c++) {
        s->scale[c] = gamma[c] / sqrt(variance[c] + epsilon);
        s->shift[c] = beta[c] - mean[c] * s->scale[c];
        s->size[c] = fabs(beta[c]) + fabs(mean[c] * s->scale[c]);
    }
    gull__graph_sum(g, 2);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static void release(void *state) { free(((norm_state *)state)->scale); }

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE | GULL_OP_ELEMENTWISE;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const norm_state *s = n->state;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t c = 0; c < p->n * s->channels; c++, x += s->area, y += s->area) {
        const size_t k = c % s->channels;
        const real scale = gull_abs_if(GULL_ABSOLUTE(p), (real)s->scale[k]);
        const real shift = (real)(GULL_ABSOLUTE(p) ? s->size[k] : s->shift[k]);
        for (size_t i = 0; i < s->area; i++) y[i] = scale * x[i] + shift;
    }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const norm_state *s = n->state;
    const real *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, dx += s->area, dy += s->area) {
        const real scale = gull_abs_if(GULL_ABSOLUTE(p), (real)s->scale[c % s->channels]);
        for (size_t i = 0; i < s->area; i++) dx[i] += scale * dy[i];
    }
    return GULL_OK;
}

const gull_op GULL_OP(batchnorm);
const gull_op GULL_OP(batchnorm) = {
    .onnx = "BatchNormalization",
    .summary = "a scale and a shift for each channel",
    .since = 7,
    .until = GULL_OPSET_LATEST,
    .state_size = sizeof(norm_state),
    .prepare = prepare,
    .release = release,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
