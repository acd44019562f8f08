/* softmax.c - ONNX Softmax: exp(x_i) / sum of exp(x_j), shifted by the greatest x. */
#define FINISH(t) exp(-(t))
#include "graph/ops/softmax.h"

static void one(const real *x, real *y, size_t length, size_t step) {
    const real m = greatest(x, length, step);
    real sum = 0;
    for (size_t i = 0; i < length; i++) {
        y[i * step] = GULL_EXP(x[i * step] - m);
        sum += y[i * step];
    }
    for (size_t i = 0; i < length; i++) y[i * step] /= sum;
}

static void one_gradient(const real *y, const real *dy, real *dx, size_t length,
                         size_t step) {
    real mean = 0;
    for (size_t i = 0; i < length; i++) mean += y[i * step] * dy[i * step];
    for (size_t i = 0; i < length; i++) dx[i * step] += y[i * step] * (dy[i * step] - mean);
}

GULL_SOFTMAX_OP(softmax, "Softmax", "exp(x) divided by its sum along an axis")
