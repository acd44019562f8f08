/* reducelogsum.c - ONNX ReduceLogSum: the logarithm of the sum. */
#include "graph/ops/reduce.h"
#include "graph/ops/reduce_range.h"

static real reduced(const real *x, const size_t *at, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += (double)x[at[k]];
    return (real)log(sum);
}

static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    (void)x;
    for (size_t k = 0; k < n; k++) dx[at[k]] += dy * exp(-y);
}

/* Of a sum that is above 0. */
static void range_of(const double *lo, const double *hi, const size_t *at, size_t n,
                     double *out) {
    double least = 0, most = 0, size = 0;
    for (size_t k = 0; k < n; k++) {
        least += lo[at[k]];
        most += hi[at[k]];
        size += fabs(lo[at[k]]) + fabs(hi[at[k]]);
    }
    const double off = above(size, n) * (double)(n + 16) * 0x1p-52;
    if (!(least - off > 0)) return;
    out[0] = below(log(least - off), 1);
    out[1] = above(log(most + off), 1);
}

GULL_REDUCE_OP(reducelogsum, "ReduceLogSum", "the logarithm of the sum over some axes",
               .traits = reduce_traits, .interval = range_interval)
