/* onednn_shim.h - all that differs between oneDNN 2.x and 3.x: descriptors are structs in
 * 2.x and handles in 3.x, and 3.x has no operation descriptors. */
#ifndef GULL_ONEDNN_SHIM_H
#define GULL_ONEDNN_SHIM_H
#include "num/kernels.h"
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t desc_ref;
#else
typedef const dnnl_memory_desc_t *desc_ref;
#endif

/* The caller destroys *out. */
static inline int desc_create(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag,
                              void **out) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_create_with_tag((dnnl_memory_desc_t *)out, rank, dims, dnnl_f32,
                                            tag);
#else
    dnnl_memory_desc_t *d = calloc(1, sizeof *d);
    if (!d) return dnnl_out_of_memory;
    *out = d;
    return dnnl_memory_desc_init_by_tag(d, rank, dims, dnnl_f32, tag);
#endif
}

static inline int desc_copy(desc_ref from, void **out) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_clone((dnnl_memory_desc_t *)out, from);
#else
    dnnl_memory_desc_t *d = malloc(sizeof *d);
    if (!d) return dnnl_out_of_memory;
    *d = *from;
    *out = d;
    return dnnl_success;
#endif
}

static inline void desc_destroy(void *d) {
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy(d);
#else
    free(d);
#endif
}

/* top 0: none. */
static inline int append_relu(dnnl_post_ops_t ops, float top) {
    const dnnl_alg_kind_t kind = top > 0 ? dnnl_eltwise_clip : dnnl_eltwise_relu;
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_eltwise(ops, kind, 0.f, top);
#else
    return dnnl_post_ops_append_eltwise(ops, 1.f, kind, 0.f, top);
#endif
}

typedef struct steps {
    dnnl_dims_t kernel, stride, dilation, before, after;
} steps;

static inline steps steps_of(const gull_window *v) {
    steps s = {{0}, {0}, {0}, {0}, {0}};
    for (int i = 0; i < 2; i++) {
        s.kernel[i] = (int64_t)v->kernel[i];
        s.stride[i] = (int64_t)v->stride[i];
        s.dilation[i] = (int64_t)v->dilation[i] - 1;
        s.before[i] = (int64_t)v->before[i];
        s.after[i] = (int64_t)v->after[i];
    }
    return s;
}

typedef struct descs { /* of a layer's passes; bias may be NULL */
    desc_ref src, weights, bias, dst;
} descs;

static inline int conv_forward(dnnl_primitive_desc_t *out, dnnl_engine_t e, const descs *d,
                               const gull_window *v, dnnl_primitive_attr_t attr) {
    const steps t = steps_of(v);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_forward_primitive_desc_create(
        out, e, dnnl_forward_training, dnnl_convolution_direct, d->src, d->weights, d->bias,
        d->dst, t.stride, t.dilation, t.before, t.after, attr);
#else
    dnnl_convolution_desc_t c;
    return dnnl_dilated_convolution_forward_desc_init(
               &c, dnnl_forward_training, dnnl_convolution_direct, d->src, d->weights,
               d->bias, d->dst, t.stride, t.dilation, t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, NULL);
#endif
}

static inline int conv_backward(dnnl_primitive_desc_t *out, dnnl_engine_t e, const descs *d,
                                const gull_window *v, dnnl_primitive_attr_t attr,
                                dnnl_primitive_desc_t hint) {
    const steps t = steps_of(v);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_convolution_backward_data_primitive_desc_create(
        out, e, dnnl_convolution_direct, d->src, d->weights, d->dst, t.stride, t.dilation,
        t.before, t.after, hint, attr);
#else
    dnnl_convolution_desc_t c;
    return dnnl_dilated_convolution_backward_data_desc_init(
               &c, dnnl_convolution_direct, d->src, d->weights, d->dst, t.stride,
               t.dilation, t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, hint);
#endif
}

static inline int dense_forward(dnnl_primitive_desc_t *out, dnnl_engine_t e, const descs *d,
                                dnnl_primitive_attr_t attr) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_inner_product_forward_primitive_desc_create(
        out, e, dnnl_forward_training, d->src, d->weights, d->bias, d->dst, attr);
#else
    dnnl_inner_product_desc_t c;
    return dnnl_inner_product_forward_desc_init(&c, dnnl_forward_training, d->src,
                                                d->weights, d->bias, d->dst) ||
           dnnl_primitive_desc_create(out, &c, attr, e, NULL);
#endif
}

static inline int dense_backward(dnnl_primitive_desc_t *out, dnnl_engine_t e,
                                 const descs *d, dnnl_primitive_attr_t attr,
                                 dnnl_primitive_desc_t hint) {
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_inner_product_backward_data_primitive_desc_create(
        out, e, d->src, d->weights, d->dst, hint, attr);
#else
    dnnl_inner_product_desc_t c;
    return dnnl_inner_product_backward_data_desc_init(&c, d->src, d->weights, d->dst) ||
           dnnl_primitive_desc_create(out, &c, attr, e, hint);
#endif
}

static inline int pool_forward(dnnl_primitive_desc_t *out, dnnl_engine_t e, const descs *d,
                               dnnl_alg_kind_t kind, const gull_window *v,
                               dnnl_primitive_attr_t attr) {
    const steps t = steps_of(v);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_pooling_forward_primitive_desc_create(
        out, e, dnnl_forward_training, kind, d->src, d->dst, t.stride, t.kernel, t.dilation,
        t.before, t.after, attr);
#else
    dnnl_pooling_desc_t c;
    return dnnl_pooling_forward_desc_init(&c, dnnl_forward_training, kind, d->src, d->dst,
                                          t.stride, t.kernel, t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, NULL);
#endif
}

static inline int pool_backward(dnnl_primitive_desc_t *out, dnnl_engine_t e, const descs *d,
                                dnnl_alg_kind_t kind, const gull_window *v,
                                dnnl_primitive_attr_t attr, dnnl_primitive_desc_t hint) {
    const steps t = steps_of(v);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_pooling_backward_primitive_desc_create(
        out, e, kind, d->src, d->dst, t.stride, t.kernel, t.dilation, t.before, t.after, hint,
        attr);
#else
    dnnl_pooling_desc_t c;
    return dnnl_pooling_backward_desc_init(&c, kind, d->src, d->dst, t.stride, t.kernel,
                                           t.before, t.after) ||
           dnnl_primitive_desc_create(out, &c, attr, e, hint);
#endif
}

#endif
