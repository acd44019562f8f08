/* backend.c - the list of backends, and `ref`: the plain C kernels. */
#include "num/backend.h"
#include <stdlib.h>
#include <string.h>

struct gull_primitive {
    bool is_conv;
    gull_conv_shape conv;
    gull_dense_shape dense;
    const float *w;
};

static int ref_new(const gull_conv_shape *conv, const gull_dense_shape *dense,
                   const float *w, gull_primitive **out) {
    gull_primitive *p = calloc(1, sizeof *p);
    *out = p;
    if (!p) return -8;
    p->is_conv = conv != NULL;
    if (conv) p->conv = *conv;
    if (dense) p->dense = *dense;
    p->w = w;
    return 0;
}

static int ref_conv_new(const gull_conv_shape *s, const float *w, gull_primitive **out) {
    return ref_new(s, NULL, w, out);
}

static int ref_dense_new(const gull_dense_shape *s, const float *w, gull_primitive **out) {
    return ref_new(NULL, s, w, out);
}

static int ref_forward(gull_primitive *p, size_t rows, const float *x, float *y) {
    return p->is_conv ? gull__conv32(&p->conv, rows, p->w, x, y)
                      : gull__dense32(&p->dense, rows, p->w, x, y);
}

static int ref_backward(gull_primitive *p, size_t rows, const float *dy, float *dx) {
    return p->is_conv ? gull__conv_back32(&p->conv, rows, p->w, dy, dx)
                      : gull__dense_back32(&p->dense, rows, p->w, dy, dx);
}

static void ref_free(gull_primitive *p) { free(p); }

static const gull_backend gull_backend_ref = {
    "ref",        "plain C: unrolled patches and a blocked matrix product",
    ref_conv_new, ref_dense_new,
    ref_forward,  ref_backward,
    ref_free,     NULL,
    NULL,         NULL,
    NULL,         NULL,
};

#ifdef GULL_HAVE_ONEDNN
extern const gull_backend gull_backend_onednn;
#endif

const gull_backend *const gull_backends[] = {
#ifdef GULL_HAVE_ONEDNN
    &gull_backend_onednn,
#endif
    &gull_backend_ref, NULL};

const gull_backend *gull__backend(const char *name) {
    for (size_t i = 0; gull_backends[i]; i++)
        if (!name || !strcmp(gull_backends[i]->name, name)) return gull_backends[i];
    return NULL;
}
