/* reduceprod.c - ONNX ReduceProd. */
#include "graph/ops/reduce.h"
#include "graph/ops/reduce_range.h"

static real reduced(const real *x, const size_t *at, size_t n) {
    double product = 1;
    for (size_t k = 0; k < n; k++) product *= (double)x[at[k]];
    return (real)product;
}

/* The product of the others, which holds beside zeros too: of one, that zero gets all, of
 * two or more, none. */
static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    double others = 1;
    size_t zeros = 0;
    (void)y;
    for (size_t k = 0; k < n; k++)
        if (x[at[k]] == 0) zeros++;
        else others *= (double)x[at[k]];
    for (size_t k = 0; k < n; k++) {
        const double v = (double)x[at[k]];
        if (zeros == 0) dx[at[k]] += (real)((double)dy * others / v);
        else if (zeros == 1 && v == 0) dx[at[k]] += (real)((double)dy * others);
    }
}

/* One factor after the other; where bounds overflow nothing is said. */
static void range_of(const double *lo, const double *hi, const size_t *at, size_t n,
                     double *out) {
    double least = 1, most = 1;
    for (size_t k = 0; k < n; k++) {
        const double v[4] = {least * lo[at[k]], least * hi[at[k]], most * lo[at[k]],
                             most * hi[at[k]]};
        const double small = fmin(fmin(v[0], v[1]), fmin(v[2], v[3]));
        const double great = fmax(fmax(v[0], v[1]), fmax(v[2], v[3]));
        if (!isfinite(v[0] + v[1] + v[2] + v[3])) return;
        least = below(small, 1);
        most = above(great, 1);
    }
    out[0] = least;
    out[1] = most;
}

GULL_REDUCE_OP(reduceprod, "ReduceProd", "the product over some axes", .traits = reduce_traits,
               .interval = range_interval)
