/* reducelogsumexp.c - ONNX ReduceLogSumExp: the logarithm of the sum of exp(x), shifted by
 * the greatest x.  It rises with each x. */
#include "graph/ops/reduce.h"
#include "graph/ops/reduce_range.h"

#define LOG_SUM_EXP(type, name)                                                          \
    static double name(const type *x, const size_t *at, size_t n) {                      \
        double most = -INFINITY, sum = 0;                                                \
        for (size_t k = 0; k < n; k++) most = fmax(most, (double)x[at[k]]);              \
        if (!isfinite(most)) return most;                                                \
        for (size_t k = 0; k < n; k++) sum += exp((double)x[at[k]] - most);              \
        return most + log(sum);                                                          \
    }
LOG_SUM_EXP(real, of_row)
LOG_SUM_EXP(double, of_bounds)

static real reduced(const real *x, const size_t *at, size_t n) { return (real)of_row(x, at, n); }

static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    for (size_t k = 0; k < n; k++) dx[at[k]] += dy * exp(x[at[k]] - y);
}

static void range_of(const double *lo, const double *hi, const size_t *at, size_t n,
                     double *out) {
    const double least = of_bounds(lo, at, n), most = of_bounds(hi, at, n);
    double size = 1;
    for (size_t k = 0; k < n; k++) size = fmax(size, fmax(fabs(lo[at[k]]), fabs(hi[at[k]])));
    const double off = (size + log((double)n)) * (double)(n + 16) * 0x1p-52;
    out[0] = least - off;
    out[1] = most + off;
}

GULL_REDUCE_OP(reducelogsumexp, "ReduceLogSumExp", "log of the sum of exp(x) over some axes",
               .traits = reduce_traits, .interval = range_interval)
