/* products.h - products with constant weights for a pass, once per precision; see real.h.
 * Included by products32.c and products64.c. */
#include "graph/real.h"

#ifdef GULL_REAL32
enum { CONV, DENSE };

/* The node's primitive, made at its first use; NULL: the backend cannot, use plain C. */
static int primitive_of(const gull_pass *p, const gull_node *node, int kind,
                        const void *shape, const float *w, gull_primitive **out) {
    gull_primitive **slot = &p->primitive[node - p->graph->node];
    int status = 0;
    if (!*slot)
        status = kind == CONV ? p->backend->conv_new(shape, w, slot)
                              : p->backend->dense_new(shape, w, slot);
    *out = *slot;
    return status == GULL_ENOMEM ? status : GULL_OK;
}
#define TRY_BACKEND(direction, kind, rows, from, to)                                     \
    if (p->backend && p->primitive) {                                                    \
        gull_primitive *made;                                                            \
        TRY(primitive_of(p, node, kind, s, w, &made));                                   \
        if (made) return p->backend->direction(made, rows, from, to);                    \
    }
#define KERNEL(name) gull__##name##32
#define WEIGHTS(count) const float *weights = w; (void)node
#define FREE_WEIGHTS (void)0
#else
#define TRY_BACKEND(direction, kind, rows, from, to) (void)node;
#define KERNEL(name) gull__##name##64
#define WEIGHTS(count)                                                                   \
    double *positive = p->absolute ? absolute_values(count, w) : NULL;                   \
    const double *weights = p->absolute ? positive : w;                                  \
    if (p->absolute && !positive) return GULL_ENOMEM
#define FREE_WEIGHTS free(positive)

static double *absolute_values(size_t n, const double *w) {
    double *out = malloc((n ? n : 1) * sizeof *out);
    for (size_t i = 0; out && i < n; i++) out[i] = fabs(w[i]);
    return out;
}

static size_t conv_weights(const gull_conv_shape *s) {
    return s->out_channels * (s->in_channels / s->groups) * s->window.kernel[0] *
           s->window.kernel[1];
}
#endif

int GULL_PASS(conv)(const gull_pass *p, const gull_node *node, const gull_conv_shape *s,
                    const real *w, const real *x, real *y) {
    TRY_BACKEND(forward, CONV, p->n, x, y)
    WEIGHTS(conv_weights(s));
    const int status = KERNEL(conv)(s, p->n, weights, x, y);
    FREE_WEIGHTS;
    return status;
}

int GULL_PASS(conv_back)(const gull_pass *p, const gull_node *node,
                         const gull_conv_shape *s, const real *w, const real *dy,
                         real *dx) {
    TRY_BACKEND(backward, CONV, p->n, dy, dx)
    WEIGHTS(conv_weights(s));
    const int status = KERNEL(conv_back)(s, p->n, weights, dy, dx);
    FREE_WEIGHTS;
    return status;
}

int GULL_PASS(dense)(const gull_pass *p, const gull_node *node, const gull_dense_shape *s,
                     size_t rows, const real *w, const real *x, real *y) {
    TRY_BACKEND(forward, DENSE, rows, x, y)
    WEIGHTS(s->in * s->out);
    const int status = KERNEL(dense)(s, rows, weights, x, y);
    FREE_WEIGHTS;
    return status;
}

int GULL_PASS(dense_back)(const gull_pass *p, const gull_node *node,
                          const gull_dense_shape *s, size_t rows, const real *w,
                          const real *dy, real *dx) {
    TRY_BACKEND(backward, DENSE, rows, dy, dx)
    WEIGHTS(s->in * s->out);
    const int status = KERNEL(dense_back)(s, rows, weights, dy, dx);
    FREE_WEIGHTS;
    return status;
}
