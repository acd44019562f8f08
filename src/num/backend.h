/* backend.h - the float kernels of the deployed evaluator behind one table.  A primitive
 * belongs to one thread; its functions return 0 or a negative status, and like those of
 * kernels.h they ADD to their output.  A row's answer does not depend on the other rows. */
#ifndef GULL_BACKEND_H
#define GULL_BACKEND_H
#include "num/plan.h"

typedef struct gull_primitive gull_primitive;
typedef struct gull_backend {
    const char *name, *summary;
    /* The weights must outlive the primitive.  *out is NULL on error. */
    int (*conv_new)(const gull_conv_shape *, const float *w, gull_primitive **out);
    int (*dense_new)(const gull_dense_shape *, const float *w, gull_primitive **out);
    int (*forward)(gull_primitive *, size_t rows, const float *x, float *y);
    int (*backward)(gull_primitive *, size_t rows, const float *dy, float *dx);
    void (*free)(gull_primitive *); /* NULL is fine */

    /* Plans, or NULL.  A plan belongs to one thread and its packs (or NULL) to all.
     * Layers in topological order; on error -4 the backend has no fast code for layer
     * *bad.  The forward pass reads the given blobs and writes the wanted ones; the
     * backward pass, after a forward pass, reads the gradients of the wanted ones and ADDS
     * to those of the given ones. */
    int (*plan_new)(const gull_layer *, size_t layers, const gull_blob *, size_t blobs,
                    size_t tile, gull_packs *, gull_plan **out, size_t *bad);
    /* Before the first backward pass; gradient[blob] as gull_blob.plain. */
    int (*plan_gradient)(gull_plan *, float *const *gradient);
    int (*plan_forward)(gull_plan *);
    int (*plan_backward)(gull_plan *);
    void (*plan_free)(gull_plan *); /* NULL is fine */
} gull_backend;

/* NULL-terminated, best first. */
extern const gull_backend *const gull_backends[];
const gull_backend *gull__backend(const char *name); /* NULL name: the best; or NULL */
#endif
