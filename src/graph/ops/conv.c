/* conv.c - ONNX Conv over one or two axes, with groups, strides, dilations and padding. */
#include "graph/ops/window.h"

static int check_weights(const gull_graph *g, const gull_node *n, gull_error *err) {
    if (n->in_count < 2)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 2 or 3", n->in_count);
    if (gull__is_constant(g, n->in[0]) || !gull__is_constant(g, n->in[1]))
        return gull__fail(err, GULL_EUNSUPPORTED, "the weights are not a constant");
    const gull_tensor *x = gull_in(g, n, 0), *w = gull_in(g, n, 1);
    if (w->rank != 3 && w->rank != 4)
        return gull__fail(err, GULL_EUNSUPPORTED, "%d-dimensional weights, expected 3 or 4",
                          w->rank);
    if (x->rank + 1 != w->rank)
        return gull__fail(err, GULL_EFORMAT, "%d-dimensional input, expected %d", x->rank + 1,
                          w->rank);
    return GULL_OK;
}

static int check_bias(const gull_graph *g, const gull_node *n, size_t channels,
                      gull_error *err) {
    if (n->in_count < 3 || n->in[2] < 0) return GULL_OK;
    if (!gull__is_constant(g, n->in[2]))
        return gull__fail(err, GULL_EUNSUPPORTED, "the bias is not a constant");
    if (gull_in(g, n, 2)->size != channels)
        return gull__fail(err, GULL_EFORMAT, "a bias of %zu numbers, expected %zu",
                          gull_in(g, n, 2)->size, channels);
    return GULL_OK;
}

static int check_channels(const gull_tensor *x, const gull_tensor *w, int64_t groups,
                          gull_error *err) {
    if (groups < 1 || x->dims[0] % groups || w->dims[0] % groups)
        return gull__fail(err, GULL_EFORMAT, "%lld groups of %lld channels into %lld",
                          (long long)groups, (long long)x->dims[0], (long long)w->dims[0]);
    if (w->dims[1] * groups != x->dims[0])
        return gull__fail(err, GULL_EFORMAT, "%lld channels, expected %lld",
                          (long long)x->dims[0], (long long)(w->dims[1] * groups));
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    gull_conv_shape *s = n->state;
    size_t kernel[2], told[2];
    TRY(check_weights(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0), w = *gull_in(g, n, 1);
    const int64_t groups = gull_attr_int(attributes, "group", 1);
    TRY(check_channels(&x, &w, groups, err));
    for (int i = 2; i < w.rank; i++) kernel[i - 2] = (size_t)w.dims[i];
    TRY(window_ints(attributes, "kernel_shape", (size_t)w.rank - 2, 0, 0, told, err));
    for (int i = 0; i < w.rank - 2; i++)
        if (told[i] && told[i] != kernel[i])
            return gull__fail(err, GULL_EFORMAT, "kernel_shape differs from the weights");
    s->groups = (size_t)groups;
    s->in_channels = (size_t)x.dims[0];
    s->out_channels = (size_t)w.dims[0];
    TRY(check_bias(g, n, s->out_channels, err));
    TRY(set_window(&s->window, &x, kernel, attributes, err));
    gull__graph_sum(g, w.size / s->out_channels + 2);
    return set_window_shape(g, n, &s->window, w.dims[0], x.rank, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

/* y = the bias, or zero */
static void start(const gull_node *n, const gull_pass *p, real *y) {
    const gull_conv_shape *s = n->state;
    const bool absolute = GULL_ABSOLUTE(p), has = n->in_count > 2 && n->in[2] >= 0;
    const real *bias = has ? GULL_PAYLOAD(gull_in(p->graph, n, 2)) : NULL;
    const size_t pixels = s->window.out[0] * s->window.out[1];
    for (size_t i = 0; i < p->n * s->out_channels; i++, y += pixels) {
        const real b = bias ? gull_abs_if(absolute, bias[i % s->out_channels]) : 0;
        for (size_t k = 0; k < pixels; k++) y[k] = b;
    }
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    start(n, p, p->value[n->out]);
    return GULL_PASS(conv)(p, n, n->state, GULL_PAYLOAD(gull_in(p->graph, n, 1)),
                           p->value[n->in[0]], p->value[n->out]);
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    return GULL_PASS(conv_back)(p, n, n->state, GULL_PAYLOAD(gull_in(p->graph, n, 1)),
                                p->grad[n->out], p->grad[n->in[0]]);
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    l->kind = GULL_LAYER_CONV;
    l->conv = *(const gull_conv_shape *)n->state;
    l->weights = gull_in(g, n, 1)->f32;
    l->bias = n->in_count > 2 && n->in[2] >= 0 ? gull_in(g, n, 2)->f32 : NULL;
    return true;
}

const gull_op GULL_OP(conv);
const gull_op GULL_OP(conv) = {
    .onnx = "Conv",
    .summary = "a convolution over one or two axes",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .optional = 2,
    .state_size = sizeof(gull_conv_shape),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .layer = layer,
};
