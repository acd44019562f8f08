/* onednn_plan.c - plans of the `onednn` backend: blocked layouts from layer to layer,
 * reorders at the edges, ReLU inside the operation forward and as a mask by y > 0 joined
 * with the sum of gradients backward, weights packed once for each direction. */
#ifdef GULL_HAVE_ONEDNN
#include "num/onednn_plan.h"
#include "num/first_layer.h"
#include "num/onednn_objects.h"
#include <math.h>
#include <string.h>

typedef struct part { /* of a blob's gradient */
    float *data;
    bool own; /* may be overwritten */
} part;

typedef struct value { /* a blob in the layout of the layer that makes it */
    gull_blob blob;
    desc_ref plain, desc;
    float *data;
    bool relu; /* its gradient is masked */
    float top; /* of the ReLU, or infinite */
    part part[2];
    int parts;
    float *plain_gradient; /* outside */
} value;

typedef struct made { /* by the forward pass of a layer, for the backward one */
    dnnl_primitive_desc_t forward, backward;
    desc_ref workspace;
    float *workspace_data;
} made;

struct gull_plan {
    objects o;
    gull_packs *packs; /* shared, or NULL */
    size_t tile, layers, values;
    gull_layer *layer;
    value *value;
    made *made;
    pass forward, backward;
};

static int64_t rows_of(const gull_plan *p) { return (int64_t)p->tile; }

static desc_ref blob_desc(gull_plan *p, const gull_blob *b, dnnl_format_tag_t plain_or_any) {
    const int64_t dims[] = {rows_of(p), (int64_t)b->channels, (int64_t)b->height,
                            (int64_t)b->width};
    const bool any = plain_or_any == dnnl_format_tag_any;
    return onednn_desc(&p->o, b->flat ? 2 : 4, dims,
                       any ? plain_or_any : b->flat ? dnnl_ab : dnnl_abcd);
}

static desc_ref any_of(gull_plan *p, const value *v) {
    return blob_desc(p, &v->blob, dnnl_format_tag_any);
}

static size_t numbers(desc_ref d) {
    return d ? dnnl_memory_desc_get_size(d) / sizeof(float) : 0;
}

static float *new_like(gull_plan *p, desc_ref d) {
    return d ? onednn_floats(&p->o, dnnl_memory_desc_get_size(d)) : NULL;
}

/* ---- Weights ---- */

static desc_ref conv_weights(gull_plan *p, const gull_conv_shape *c, bool any) {
    const int64_t g = (int64_t)c->groups, in = (int64_t)c->in_channels;
    const int64_t out = (int64_t)c->out_channels;
    const int64_t kh = (int64_t)c->window.kernel[0], kw = (int64_t)c->window.kernel[1];
    const int64_t one[] = {out, in, kh, kw}, many[] = {g, out / g, in / g, kh, kw};
    const dnnl_format_tag_t plain = g == 1 ? dnnl_abcd : dnnl_abcde;
    return onednn_desc(&p->o, g == 1 ? 4 : 5, g == 1 ? one : many,
                       any ? dnnl_format_tag_any : plain);
}

/* The dense layer of a map reads its channels, rows and columns where they lie. */
static desc_ref dense_weights(gull_plan *p, const gull_layer *l, const gull_blob *in,
                              bool any) {
    const int64_t dims[] = {(int64_t)l->dense.out, (int64_t)in->channels,
                            (int64_t)in->height, (int64_t)in->width};
    const dnnl_format_tag_t flat = l->dense.out_major ? dnnl_ab : dnnl_ba;
    const dnnl_format_tag_t map = l->dense.out_major ? dnnl_abcd : dnnl_bcda;
    return onednn_desc(&p->o, in->flat ? 2 : 4, dims,
                       any ? dnnl_format_tag_any : in->flat ? flat : map);
}

static desc_ref layer_weights(gull_plan *p, const gull_layer *l, bool any) {
    return l->kind == GULL_LAYER_CONV
               ? conv_weights(p, &l->conv, any)
               : dense_weights(p, l, &p->value[l->in[0]].blob, any);
}

static desc_ref bias_desc(gull_plan *p, const gull_layer *l) {
    const int64_t n = (int64_t)(l->kind == GULL_LAYER_CONV ? l->conv.out_channels
                                                           : l->dense.out);
    return l->bias ? onednn_desc(&p->o, 1, &n, dnnl_a) : NULL;
}

/* ---- Forward ---- */

static void make_value(gull_plan *p, value *v, desc_ref d) {
    v->desc = d;
    v->data = d && v->plain && v->blob.plain && dnnl_memory_desc_equal(d, v->plain)
                  ? v->blob.plain
                  : new_like(p, d);
}

static dnnl_primitive_desc_t product_pd(gull_plan *p, const gull_layer *l, const descs *d) {
    dnnl_primitive_desc_t pd = NULL;
    const dnnl_primitive_attr_t attr = l->relu ? onednn_relu(&p->o, l->top) : p->o.attr;
    if (p->o.status) return NULL;
    const int bad = l->kind == GULL_LAYER_CONV
                        ? conv_forward(&pd, p->o.engine, d, &l->conv.window, attr)
                        : dense_forward(&pd, p->o.engine, d, attr);
    return onednn_keep_pd(&p->o, bad, pd);
}

/* Made with the forward pass, so that a shape without fast code is known at once. */
static dnnl_primitive_desc_t product_backward_pd(gull_plan *p, const gull_layer *l,
                                                 const made *m) {
    const value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    const bool conv = l->kind == GULL_LAYER_CONV;
    const descs d = {conv ? any_of(p, in) : in->desc, layer_weights(p, l, true), NULL,
                     conv ? any_of(p, out) : out->desc};
    dnnl_primitive_desc_t pd = NULL;
    if (p->o.status) return NULL;
    const int bad =
        conv ? conv_backward(&pd, p->o.engine, &d, &l->conv.window, p->o.attr, m->forward)
             : dense_backward(&pd, p->o.engine, &d, p->o.attr, m->forward);
    return onednn_keep_pd(&p->o, bad, pd);
}

/* Convolutions choose the layout of their input; dense layers take it as it is. */
static void product_forward(gull_plan *p, const gull_layer *l, made *m) {
    value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    const descs d = {l->kind == GULL_LAYER_CONV ? any_of(p, in) : in->desc,
                     layer_weights(p, l, true), bias_desc(p, l), any_of(p, out)};
    m->forward = product_pd(p, l, &d);
    const desc_ref src = onednn_desc_of(&p->o, m->forward, dnnl_query_src_md);
    const desc_ref w = onednn_desc_of(&p->o, m->forward, dnnl_query_weights_md);
    make_value(p, out, onednn_desc_of(&p->o, m->forward, dnnl_query_dst_md));
    const float *x = onednn_as_layout(&p->o, &p->forward, in->desc, in->data, src);
    const float *packed = onednn_packed(&p->o, p->packs, layer_weights(p, l, false), l->weights,
                                        w);
    step *s = onednn_primitive_step(&p->o, &p->forward, m->forward);
    onednn_argument(&p->o, s, DNNL_ARG_SRC, src, x);
    onednn_argument(&p->o, s, DNNL_ARG_WEIGHTS, w, packed);
    if (d.bias) onednn_argument(&p->o, s, DNNL_ARG_BIAS, d.bias, l->bias);
    onednn_argument(&p->o, s, DNNL_ARG_DST, out->desc, out->data);
    m->backward = product_backward_pd(p, l, m);
}

static dnnl_alg_kind_t pool_kind(const gull_layer *l) {
    if (l->kind == GULL_LAYER_MAXIMUM) return dnnl_pooling_max;
    return l->count_padding ? dnnl_pooling_avg_include_padding
                            : dnnl_pooling_avg_exclude_padding;
}

static dnnl_primitive_desc_t pool_backward_pd(gull_plan *p, const gull_layer *l,
                                              const made *m) {
    const descs d = {p->value[l->in[0]].desc, NULL, NULL, p->value[l->out].desc};
    dnnl_primitive_desc_t pd = NULL;
    if (p->o.status) return NULL;
    const int bad = pool_backward(&pd, p->o.engine, &d, pool_kind(l), &l->conv.window,
                                  p->o.attr, m->forward);
    return onednn_keep_pd(&p->o, bad, pd);
}

static void pool_layer_forward(gull_plan *p, const gull_layer *l, made *m) {
    value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    const descs d = {in->desc, NULL, NULL, any_of(p, out)};
    dnnl_primitive_desc_t pd = NULL;
    if (p->o.status) return;
    const int bad = pool_forward(&pd, p->o.engine, &d, pool_kind(l), &l->conv.window,
                                 p->o.attr);
    m->forward = onednn_keep_pd(&p->o, bad, pd);
    make_value(p, out, onednn_desc_of(&p->o, m->forward, dnnl_query_dst_md));
    if (l->kind == GULL_LAYER_MAXIMUM) {
        m->workspace = onednn_desc_of(&p->o, m->forward, dnnl_query_workspace_md);
        m->workspace_data = new_like(p, m->workspace);
    }
    step *s = onednn_primitive_step(&p->o, &p->forward, m->forward);
    onednn_argument(&p->o, s, DNNL_ARG_SRC, in->desc, in->data);
    onednn_argument(&p->o, s, DNNL_ARG_DST, out->desc, out->data);
    if (m->workspace)
        onednn_argument(&p->o, s, DNNL_ARG_WORKSPACE, m->workspace, m->workspace_data);
    m->backward = pool_backward_pd(p, l, m);
}

static float top_of(const gull_layer *l) { return l->top > 0 ? l->top : INFINITY; }

/* ReLU of one value, or the sum of two in the layout of the first. */
static void loop_forward(gull_plan *p, const gull_layer *l) {
    const bool sum = l->kind == GULL_LAYER_ADD;
    value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    const value *other = sum ? &p->value[l->in[1]] : NULL;
    if (p->o.status) return;
    make_value(p, out, in->desc);
    const float *b = sum ? onednn_as_layout(&p->o, &p->forward, other->desc, other->data,
                                            in->desc)
                         : NULL;
    step *s = onednn_step(&p->o, &p->forward, STEP_ADD_RELU);
    if (!s) return;
    s->n = numbers(out->desc);
    s->a = in->data;
    s->b = b;
    s->to = out->data;
    s->relu = !sum || l->relu;
    s->top = top_of(l);
}

static void layer_forward(gull_plan *p, size_t i) {
    const gull_layer *l = &p->layer[i];
    value *out = &p->value[l->out];
    switch (l->kind) {
    case GULL_LAYER_CONV: case GULL_LAYER_DENSE: product_forward(p, l, &p->made[i]); break;
    case GULL_LAYER_MAXIMUM: case GULL_LAYER_MEAN: pool_layer_forward(p, l, &p->made[i]); break;
    case GULL_LAYER_RELU: case GULL_LAYER_ADD: loop_forward(p, l); break;
    default: p->o.status = ONEDNN_FAILED;
    }
    out->relu = l->relu || l->kind == GULL_LAYER_RELU;
    out->top = top_of(l);
    if (!p->o.status && out->blob.wanted && out->data != out->blob.plain)
        onednn_reorder_into(&p->o, &p->forward, out->desc, out->data, out->plain,
                            out->blob.plain);
}

/* ---- Backward ---- */

/* to = a + b, masked by the value where it is a ReLU's. */
static void add_step(gull_plan *p, const value *v, bool mask, const float *a, const float *b,
                     float *to) {
    step *s = onednn_step(&p->o, &p->backward, STEP_ADD_MASK);
    if (!s) return;
    s->n = numbers(v->desc);
    s->a = a;
    s->b = b;
    s->y = mask ? v->data : NULL;
    s->top = v->top;
    s->to = to;
}

/* One part of two. */
static void join_parts(gull_plan *p, value *v, bool mask) {
    const float *b = v->parts > 1 ? v->part[1].data : NULL;
    float *to = v->part[0].own               ? v->part[0].data
                : v->parts > 1 && v->part[1].own ? v->part[1].data
                                             : new_like(p, v->desc);
    add_step(p, v, mask, v->part[0].data, b, to);
    v->part[0] = (part){to, true};
    v->parts = 1;
}

static void give(gull_plan *p, int to, desc_ref d, float *data, bool own) {
    value *v = &p->value[to];
    if (p->o.status) return;
    float *here = onednn_as_layout(&p->o, &p->backward, d, data, v->desc);
    if (v->parts == 2) join_parts(p, v, false);
    v->part[v->parts++] = (part){here, own || here != data};
}

/* The whole gradient of a layer's output; with `mask` given, a ReLU's mask may be left to
 * the caller.  NULL: nothing reads this value. */
static float *finished(gull_plan *p, value *v, const float **mask) {
    if (!v->parts || p->o.status) return NULL;
    if (mask && v->relu && v->parts == 1)
        *mask = v->data;
    else if (v->relu || v->parts == 2)
        join_parts(p, v, v->relu);
    return v->part[0].data;
}

/* The block of channels of a layout, or 0. */
static size_t block_of(gull_plan *p, const value *v) {
    const int64_t dims[] = {rows_of(p), (int64_t)v->blob.channels, (int64_t)v->blob.height,
                            (int64_t)v->blob.width};
    const desc_ref wide = onednn_desc(&p->o, 4, dims, dnnl_nChw16c);
    const desc_ref narrow = onednn_desc(&p->o, 4, dims, dnnl_nChw8c);
    if (p->o.status) return 0;
    return dnnl_memory_desc_equal(v->desc, wide)     ? 16
           : dnnl_memory_desc_equal(v->desc, narrow) ? 8
                                                     : 0;
}

/* True: done by the kernel for few input channels. */
static bool first_backward(gull_plan *p, const gull_layer *l) {
    value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    gull_first_layer *f = NULL;
    const float *mask = NULL;
    const size_t block = in->blob.channels <= GULL_FIRST_CHANNELS ? block_of(p, out) : 0;
    if (!block) return false;
    if (gull__first_layer_new(&l->conv, block, l->weights, &f)) p->o.status = ONEDNN_NOMEM;
    if (!f) return false;
    onednn_keep_first(&p->o, f);
    const float *dy = finished(p, out, &mask);
    float *dx = new_like(p, in->plain);
    step *s = onednn_step(&p->o, &p->backward, STEP_FIRST);
    if (!s) return true;
    s->first = f;
    s->n = p->tile;
    s->a = dy;
    s->y = mask;
    s->top = out->top;
    s->to = dx;
    give(p, l->in[0], in->plain, dx, true);
    return true;
}

static void product_backward(gull_plan *p, const gull_layer *l, const made *m) {
    value *out = &p->value[l->out];
    if (l->kind == GULL_LAYER_CONV && first_backward(p, l)) return;
    float *dy = finished(p, out, NULL);
    const desc_ref to = onednn_desc_of(&p->o, m->backward, dnnl_query_diff_src_md);
    const desc_ref from = onednn_desc_of(&p->o, m->backward, dnnl_query_diff_dst_md);
    const desc_ref w = onednn_desc_of(&p->o, m->backward, dnnl_query_weights_md);
    const float *packed = onednn_packed(&p->o, p->packs, layer_weights(p, l, false), l->weights,
                                        w);
    dy = onednn_as_layout(&p->o, &p->backward, out->desc, dy, from);
    float *dx = new_like(p, to);
    step *s = onednn_primitive_step(&p->o, &p->backward, m->backward);
    onednn_argument(&p->o, s, DNNL_ARG_DIFF_DST, from, dy);
    onednn_argument(&p->o, s, DNNL_ARG_WEIGHTS, w, packed);
    onednn_argument(&p->o, s, DNNL_ARG_DIFF_SRC, to, dx);
    give(p, l->in[0], to, dx, true);
}

static void pool_layer_backward(gull_plan *p, const gull_layer *l, const made *m) {
    value *in = &p->value[l->in[0]], *out = &p->value[l->out];
    float *dy = finished(p, out, NULL), *dx = new_like(p, in->desc);
    step *s = onednn_primitive_step(&p->o, &p->backward, m->backward);
    onednn_argument(&p->o, s, DNNL_ARG_DIFF_DST, out->desc, dy);
    onednn_argument(&p->o, s, DNNL_ARG_DIFF_SRC, in->desc, dx);
    if (m->workspace)
        onednn_argument(&p->o, s, DNNL_ARG_WORKSPACE, m->workspace, m->workspace_data);
    give(p, l->in[0], in->desc, dx, true);
}

/* The gradient passes on as it is; nobody overwrites it, since nobody owns it. */
static void loop_backward(gull_plan *p, const gull_layer *l) {
    value *out = &p->value[l->out];
    float *dy = finished(p, out, NULL);
    give(p, l->in[0], out->desc, dy, false);
    if (l->kind == GULL_LAYER_ADD) give(p, l->in[1], out->desc, dy, false);
}

static void layer_backward(gull_plan *p, size_t i) {
    const gull_layer *l = &p->layer[i];
    value *out = &p->value[l->out];
    if (out->blob.wanted) give(p, l->out, out->plain, out->plain_gradient, false);
    if (!out->parts) return;
    switch (l->kind) {
    case GULL_LAYER_CONV: case GULL_LAYER_DENSE: product_backward(p, l, &p->made[i]); break;
    case GULL_LAYER_MAXIMUM: case GULL_LAYER_MEAN: pool_layer_backward(p, l, &p->made[i]); break;
    default: loop_backward(p, l);
    }
}

static void give_back(gull_plan *p, value *v) {
    float *dx = finished(p, v, NULL);
    if (!dx) return;
    dx = onednn_as_layout(&p->o, &p->backward, v->desc, dx, v->plain);
    add_step(p, v, false, dx, v->plain_gradient, v->plain_gradient);
}

/* ---- The plan ---- */

void gull__onednn_plan_free(gull_plan *p) {
    if (!p) return;
    onednn_close(&p->o);
    free(p->forward.step);
    free(p->backward.step);
    free(p->layer);
    free(p->value);
    free(p->made);
    free(p);
}

static gull_plan *new_plan(const gull_layer *layer, size_t layers, const gull_blob *blob,
                           size_t blobs, size_t tile) {
    gull_plan *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->tile = tile;
    p->layers = layers;
    p->values = blobs;
    p->layer = malloc((layers + 1) * sizeof *p->layer);
    p->value = calloc(blobs + 1, sizeof *p->value);
    p->made = calloc(layers + 1, sizeof *p->made);
    if (!p->layer || !p->value || !p->made) {
        gull__onednn_plan_free(p);
        return NULL;
    }
    memcpy(p->layer, layer, layers * sizeof *layer);
    for (size_t i = 0; i < blobs; i++) p->value[i].blob = blob[i];
    return p;
}

int gull__onednn_plan_new(const gull_layer *layer, size_t layers, const gull_blob *blob,
                          size_t blobs, size_t tile, gull_packs *packs, gull_plan **out,
                          size_t *bad) {
    gull_plan *p = new_plan(layer, layers, blob, blobs, tile);
    *out = NULL;
    *bad = 0;
    if (!p) return ONEDNN_NOMEM;
    p->packs = packs;
    onednn_open(&p->o);
    for (size_t i = 0; i < blobs && !p->o.status; i++) {
        value *v = &p->value[i];
        v->plain = blob_desc(p, &v->blob, dnnl_abcd);
        if (v->blob.given) make_value(p, v, v->plain);
    }
    for (size_t i = 0; i < layers && !p->o.status; i++) {
        *bad = i;
        layer_forward(p, i);
    }
    onednn_end_pass(&p->o);
    const int status = p->o.status;
    if (status)
        gull__onednn_plan_free(p);
    else
        *out = p;
    return status;
}

int gull__onednn_plan_gradient(gull_plan *p, float *const *gradient) {
    for (size_t i = 0; i < p->values; i++) p->value[i].plain_gradient = gradient[i];
    for (size_t i = p->layers; i-- > 0 && !p->o.status;) layer_backward(p, i);
    for (size_t i = 0; i < p->values; i++)
        if (p->value[i].blob.given) give_back(p, &p->value[i]);
    onednn_end_pass(&p->o);
    return p->o.status;
}

int gull__onednn_plan_forward(gull_plan *p) { return onednn_run(&p->o, &p->forward); }
int gull__onednn_plan_backward(gull_plan *p) { return onednn_run(&p->o, &p->backward); }
#else
typedef int gull__onednn_is_absent;
#endif
