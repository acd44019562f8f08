/* onednn_shim.h - all that differs between oneDNN 2.x and 3.x: descriptors are structs in
 * 2.x and handles in 3.x, and 3.x has no operation descriptors.  Included once. */
#ifndef GULL_ONEDNN_SHIM_H
#define GULL_ONEDNN_SHIM_H
#include "num/kernels.h"
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc_ref;
#define DESC(d) (d)
#else
typedef const dnnl_memory_desc_t *desc_ref;
#define DESC(d) (&(d))
#endif

typedef struct shape_desc { /* the caller's plain layouts, and "any" ones */
    dnnl_memory_desc_t src, weights, dst, any_src, any_weights, any_dst;
    int count; /* how many of them are made, in this order */
} shape_desc;

static int make_desc(shape_desc *s, dnnl_memory_desc_t *d, int rank, const int64_t *dims,
                     dnnl_format_tag_t tag) {
    dnnl_dims_t full = {0};
    memcpy(full, dims, (size_t)rank * sizeof *dims);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_status_t bad = dnnl_memory_desc_create_with_tag(d, rank, full, dnnl_f32, tag);
#else
    const dnnl_status_t bad = dnnl_memory_desc_init_by_tag(d, rank, full, dnnl_f32, tag);
#endif
    s->count += !bad;
    return bad ? -4 : 0;
}

static void shape_desc_free(shape_desc *s) {
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_t *all[] = {&s->src,     &s->weights,     &s->dst,
                                 &s->any_src, &s->any_weights, &s->any_dst};
    for (int i = 0; i < s->count; i++) dnnl_memory_desc_destroy(*all[i]);
#endif
    s->count = 0;
}

static int make_shape(shape_desc *s, const int64_t *src, const int64_t *weights,
                      const int64_t *dst, int rank, int weights_rank, dnnl_format_tag_t data,
                      dnnl_format_tag_t weights_tag) {
    int bad = make_desc(s, &s->src, rank, src, data);
    if (!bad) bad = make_desc(s, &s->weights, weights_rank, weights, weights_tag);
    if (!bad) bad = make_desc(s, &s->dst, rank, dst, data);
    if (!bad) bad = make_desc(s, &s->any_src, rank, src, dnnl_format_tag_any);
    if (!bad)
        bad = make_desc(s, &s->any_weights, weights_rank, weights, dnnl_format_tag_any);
    if (!bad) bad = make_desc(s, &s->any_dst, rank, dst, dnnl_format_tag_any);
    return bad;
}

static int conv_shape_desc(const gull_conv_shape *c, size_t rows, shape_desc *s) {
    const gull_window *v = &c->window;
    const int64_t g = (int64_t)c->groups, ic = (int64_t)c->in_channels;
    const int64_t oc = (int64_t)c->out_channels, n = (int64_t)rows;
    const int64_t kh = (int64_t)v->kernel[0], kw = (int64_t)v->kernel[1];
    const int64_t src[] = {n, ic, (int64_t)v->in[0], (int64_t)v->in[1]};
    const int64_t dst[] = {n, oc, (int64_t)v->out[0], (int64_t)v->out[1]};
    const int64_t plain[] = {oc, ic, kh, kw}, grouped[] = {g, oc / g, ic / g, kh, kw};
    return g == 1 ? make_shape(s, src, plain, dst, 4, 4, dnnl_nchw, dnnl_oihw)
                  : make_shape(s, src, grouped, dst, 4, 5, dnnl_nchw, dnnl_goihw);
}

static int dense_shape_desc(const gull_dense_shape *d, size_t rows, shape_desc *s) {
    const int64_t in = (int64_t)d->in, out = (int64_t)d->out, n = (int64_t)rows;
    const int64_t src[] = {n, in}, weights[] = {out, in}, dst[] = {n, out};
    return make_shape(s, src, weights, dst, 2, 2, dnnl_ab,
                      d->out_major ? dnnl_ab : dnnl_ba);
}

typedef struct steps {
    dnnl_dims_t stride, dilation, before, after;
} steps;

static steps steps_of(const gull_window *v) {
    steps s = {{0}, {0}, {0}, {0}};
    for (int i = 0; i < 2; i++) {
        s.stride[i] = (int64_t)v->stride[i];
        s.dilation[i] = (int64_t)v->dilation[i] - 1;
        s.before[i] = (int64_t)v->before[i];
        s.after[i] = (int64_t)v->after[i];
    }
    return s;
}

#if DNNL_VERSION_MAJOR >= 3
static int forward_desc(dnnl_engine_t e, const shape_desc *s, const gull_conv_shape *conv,
                        dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *out) {
    if (!conv)
        return dnnl_inner_product_forward_primitive_desc_create(
            out, e, dnnl_forward_training, s->any_src, s->any_weights, NULL, s->any_dst, attr);
    const steps t = steps_of(&conv->window);
    return dnnl_convolution_forward_primitive_desc_create(
        out, e, dnnl_forward_training, dnnl_convolution_direct, s->any_src, s->any_weights,
        NULL, s->any_dst, t.stride, t.dilation, t.before, t.after, attr);
}

static int backward_desc(dnnl_engine_t e, const shape_desc *s, const gull_conv_shape *conv,
                         dnnl_primitive_attr_t attr, dnnl_primitive_desc_t hint,
                         dnnl_primitive_desc_t *out) {
    if (!conv)
        return dnnl_inner_product_backward_data_primitive_desc_create(
            out, e, s->any_src, s->any_weights, s->any_dst, hint, attr);
    const steps t = steps_of(&conv->window);
    return dnnl_convolution_backward_data_primitive_desc_create(
        out, e, dnnl_convolution_direct, s->any_src, s->any_weights, s->any_dst, t.stride,
        t.dilation, t.before, t.after, hint, attr);
}
#else
static int forward_desc(dnnl_engine_t e, const shape_desc *s, const gull_conv_shape *conv,
                        dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t c;
    dnnl_inner_product_desc_t d;
    if (!conv)
        return dnnl_inner_product_forward_desc_init(&d, dnnl_forward_training, &s->any_src,
                                                    &s->any_weights, NULL, &s->any_dst) ||
               dnnl_primitive_desc_create(out, &d, attr, e, NULL);
    const steps t = steps_of(&conv->window);
    return dnnl_dilated_convolution_forward_desc_init(
               &c, dnnl_forward_training, dnnl_convolution_direct, &s->any_src,
               &s->any_weights, NULL, &s->any_dst, t.stride, t.dilation, t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, NULL);
}

static int backward_desc(dnnl_engine_t e, const shape_desc *s, const gull_conv_shape *conv,
                         dnnl_primitive_attr_t attr, dnnl_primitive_desc_t hint,
                         dnnl_primitive_desc_t *out) {
    dnnl_convolution_desc_t c;
    dnnl_inner_product_desc_t d;
    if (!conv)
        return dnnl_inner_product_backward_data_desc_init(&d, &s->any_src, &s->any_weights,
                                                          &s->any_dst) ||
               dnnl_primitive_desc_create(out, &d, attr, e, hint);
    const steps t = steps_of(&conv->window);
    return dnnl_dilated_convolution_backward_data_desc_init(
               &c, dnnl_convolution_direct, &s->any_src, &s->any_weights, &s->any_dst,
               t.stride, t.dilation, t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, hint);
}
#endif
#endif
