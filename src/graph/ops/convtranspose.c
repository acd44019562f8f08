/* convtranspose.c - ONNX ConvTranspose over one or two axes: the transposed matrix of the
 * convolution that leads from its output to its input. */
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
    if (w->dims[0] != x->dims[0])
        return gull__fail(err, GULL_EFORMAT, "%lld channels, expected %lld",
                          (long long)x->dims[0], (long long)w->dims[0]);
    return GULL_OK;
}

static int check_bias(const gull_graph *g, const gull_node *n, size_t channels,
                      gull_error *err) {
    if (n->in_count < 3 || n->in[2] < 0) return GULL_OK;
    TRY(gull__check_constant(g, n, 2, "the bias", err));
    if (gull_in(g, n, 2)->size != channels)
        return gull__fail(err, GULL_EFORMAT, "a bias of %zu numbers, expected %zu",
                          gull_in(g, n, 2)->size, channels);
    return GULL_OK;
}

/* `all`: sizes of the output without padding. */
static void share_padding(gull_window *w, int axis, size_t all, bool upper) {
    const size_t total = all > w->in[axis] ? all - w->in[axis] : 0;
    w->before[axis] = upper ? total / 2 : total - total / 2;
    w->after[axis] = total - w->before[axis];
}

/* The window of the convolution: its `out` is the input here, `in` the output. */
static int set_sizes(gull_window *w, const gull_attributes *a, int first, gull_error *err) {
    const char *how = gull_attr_string(a, "auto_pad", "NOTSET");
    const int64_t *unused;
    const size_t count = (size_t)(2 - first);
    const bool same = !strncmp(how, "SAME_", 5), told = gull_attr_ints(a, "output_shape", &unused);
    size_t extra[2], size[2], pads[4];
    TRY(window_ints(a, "output_padding", count, 0, 0, extra, err));
    TRY(window_ints(a, "output_shape", count, 0, told, size, err));
    TRY(window_ints(a, "pads", 2 * count, 0, 0, pads, err));
    if (!same && strcmp(how, "NOTSET") && strcmp(how, "VALID"))
        return gull__fail(err, GULL_EFORMAT, "auto_pad is '%.40s'", how);
    for (int i = first; i < 2; i++) {
        const size_t k = (size_t)(i - first), reach = (w->kernel[i] - 1) * w->dilation[i] + 1;
        const size_t all = w->stride[i] * (w->out[i] - 1) + extra[k] + reach;
        if (told || same) {
            w->in[i] = told ? size[k] : w->out[i] * w->stride[i];
            if (!told && w->in[i] > all) w->in[i] = all; /* as ONNX Runtime */
            share_padding(w, i, all, !strcmp(how, "SAME_UPPER"));
            continue;
        }
        w->before[i] = strcmp(how, "VALID") ? pads[k] : 0;
        w->after[i] = strcmp(how, "VALID") ? pads[k + count] : 0;
        if (w->before[i] + w->after[i] >= all)
            return gull__fail(err, GULL_EFORMAT, "padding that leaves no output");
        w->in[i] = all - w->before[i] - w->after[i];
    }
    return GULL_OK;
}

static int set_transposed_window(gull_conv_shape *s, const gull_tensor *x,
                                 const gull_tensor *weights, const gull_attributes *a,
                                 gull_error *err) {
    const int first = 3 - x->rank;
    const size_t count = (size_t)(2 - first);
    gull_window *w = &s->window;
    size_t told[2];
    *w = (gull_window){{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    TRY(window_ints(a, "kernel_shape", count, 0, 0, told, err));
    for (int i = first; i < 2; i++) {
        w->out[i] = (size_t)x->dims[i - first + 1];
        w->kernel[i] = (size_t)weights->dims[i - first + 2];
        if (told[i - first] && told[i - first] != w->kernel[i])
            return gull__fail(err, GULL_EFORMAT, "kernel_shape differs from the weights");
    }
    TRY(window_ints(a, "strides", count, 1, 1, w->stride + first, err));
    TRY(window_ints(a, "dilations", count, 1, 1, w->dilation + first, err));
    return set_sizes(w, a, first, err);
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    gull_conv_shape *s = n->state;
    TRY(check_weights(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0), w = *gull_in(g, n, 1);
    const int64_t groups = gull_attr_int(attributes, "group", 1);
    if (groups < 1 || x.dims[0] % groups || w.dims[1] > (1 << 28) / groups)
        return gull__fail(err, GULL_EFORMAT, "%lld groups of %lld channels", (long long)groups,
                          (long long)x.dims[0]);
    s->groups = (size_t)groups;
    s->out_channels = (size_t)x.dims[0];
    s->in_channels = (size_t)(w.dims[1] * groups);
    TRY(check_bias(g, n, s->in_channels, err));
    TRY(set_transposed_window(s, &x, &w, attributes, err));
    gull__graph_sum(g, w.size / s->in_channels + 2);
    const int64_t two[] = {(int64_t)s->in_channels, (int64_t)s->window.in[0],
                           (int64_t)s->window.in[1]};
    const int64_t one[] = {two[0], two[2]};
    return gull__graph_shape(g, n, x.rank, x.rank == 3 ? two : one, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

/* y = the bias, or zero */
static void start(const gull_node *n, const gull_pass *p, real *y) {
    const gull_conv_shape *s = n->state;
    const bool has = n->in_count > 2 && n->in[2] >= 0;
    const real *bias = has ? GULL_PAYLOAD(gull_in(p->graph, n, 2)) : NULL;
    const size_t pixels = s->window.in[0] * s->window.in[1];
    for (size_t i = 0; i < p->n * s->in_channels; i++, y += pixels) {
        const real b = bias ? gull_abs_if(GULL_ABSOLUTE(p), bias[i % s->in_channels]) : 0;
        for (size_t k = 0; k < pixels; k++) y[k] = b;
    }
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    start(n, p, p->value[n->out]);
    return GULL_PASS(conv_back)(p, n, n->state, GULL_PAYLOAD(gull_in(p->graph, n, 1)),
                                p->value[n->in[0]], p->value[n->out]);
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    return GULL_PASS(conv)(p, n, n->state, GULL_PAYLOAD(gull_in(p->graph, n, 1)),
                           p->grad[n->out], p->grad[n->in[0]]);
}

const gull_op GULL_OP(convtranspose);
const gull_op GULL_OP(convtranspose) = {
    .onnx = "ConvTranspose",
    .summary = "a transposed convolution over one or two axes",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .optional = 2,
    .state_size = sizeof(gull_conv_shape),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
