/* relu.c - ONNX Relu: max(x, 0); its slope at 0 is 0. */
#include "graph/ops/elementwise.h"

static real value_of(attributes a, real x) { return x > 0 ? x : 0; }

static real slope_of(attributes a, real x, real y) {
    return x > 0 ? 1 : 0;
}

static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    gull__relu_interval(n, lo, hi, out_lo, out_hi);
}

static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    gull__relu_lines(n, lo, hi, out);
}

static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    (void)g;
    (void)n;
    l->kind = GULL_LAYER_RELU;
    return true;
}

GULL_ELEMENTWISE_OP_WITH(relu, "Relu", "max(x, 0)", 6, .prepare = elementwise_prepare,
                         .traits = elementwise_traits, .layer = layer)
