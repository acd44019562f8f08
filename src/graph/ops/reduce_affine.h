/* reduce_affine.h - the sum or the mean: the including file defines PART(n), what each of n
 * numbers counts. */
#include "graph/ops/reduce.h"

static real reduced(const real *x, const size_t *at, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += (double)x[at[k]];
    return (real)(sum * PART(n));
}

static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    const real part = (real)((double)dy * PART(n));
    (void)x;
    (void)y;
    for (size_t k = 0; k < n; k++) dx[at[k]] += part;
}

static unsigned affine_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}
