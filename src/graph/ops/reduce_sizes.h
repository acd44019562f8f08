/* reduce_sizes.h - what depends on the sum of TERM(|x|), an increasing function: L1, L2 and
 * sums of squares.  The including file defines TERM(v), FINISH(sum) (increasing),
 * SLOPE(x, y), that of the result y in x, and its table. */
#include "graph/ops/reduce.h"
#include "graph/ops/reduce_range.h"

static real reduced(const real *x, const size_t *at, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += TERM(fabs((double)x[at[k]]));
    return (real)FINISH(sum);
}

static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    (void)y;
    for (size_t k = 0; k < n; k++) dx[at[k]] += dy * SLOPE(x[at[k]], y);
}

static void range_of(const double *lo, const double *hi, const size_t *at, size_t n,
                     double *out) {
    double least = 0, most = 0;
    for (size_t k = 0; k < n; k++) {
        const double small = least_size(lo[at[k]], hi[at[k]]);
        const double great = greatest_size(lo[at[k]], hi[at[k]]);
        least += TERM(small);
        most += TERM(great);
    }
    out[0] = fmax(below(FINISH(least), n), 0);
    out[1] = above(FINISH(most), n);
}
