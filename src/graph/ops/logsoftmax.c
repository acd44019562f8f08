/* logsoftmax.c - ONNX LogSoftmax: x_i - log sum of exp(x_j), shifted by the greatest x. */
#define FINISH(t) (-(t))
#include "graph/ops/softmax.h"

static void one(const real *x, real *y, size_t length, size_t step) {
    const real m = greatest(x, length, step);
    double sum = 0;
    for (size_t i = 0; i < length; i++) sum += (double)GULL_EXP(x[i * step] - m);
    const real shift = (real)log(sum);
    for (size_t i = 0; i < length; i++) y[i * step] = x[i * step] - m - shift;
}

static void one_gradient(const real *y, const real *dy, real *dx, size_t length,
                         size_t step) {
    real sum = 0;
    for (size_t i = 0; i < length; i++) sum += dy[i * step];
    for (size_t i = 0; i < length; i++)
        dx[i * step] += dy[i * step] - GULL_EXP(y[i * step]) * sum;
}

GULL_SOFTMAX_OP(logsoftmax, "LogSoftmax", "the logarithm of Softmax")
