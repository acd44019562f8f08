/* compare.h - a broadcasting operator of two inputs whose value is 0 or 1 and whose
 * gradient is 0.  The including file defines, beside COMBINE (binary.h), for ranges
 *   ALWAYS(x, y), NEVER(x, y)   whether x in [x[0], x[1]] and y in [y[0], y[1]] decide it */
#define MAGNITUDE(x, y) COMBINE(x, y)
#define SLOPE_X(x, y) ((real)0)
#define SLOPE_Y(x, y) ((real)0)
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (void)(y_constant), false)
#include "graph/ops/binary.h"

static int compare_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                           gull_error *err) {
    TRY(binary_prepare(g, n, attributes, err));
    g->tensor[n->out].type = GULL_BOOL;
    return GULL_OK;
}

static int compare_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                            const double *const *hi, double *out_lo, double *out_hi) {
    for (size_t k = 0; k < g->tensor[n->out].size; k++) {
        double x[2], y[2];
        operand_range(g, n, 0, k, lo, hi, x);
        operand_range(g, n, 1, k, lo, hi, y);
        out_lo[k] = ALWAYS(x, y) ? 1 : 0;
        out_hi[k] = NEVER(x, y) ? 0 : 1;
    }
    return GULL_OK;
}

#define GULL_COMPARE_OP(id, title, text, first_opset)                                    \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .state_size = sizeof(binary_state),                                              \
        .prepare = compare_prepare,                                                      \
        .traits = binary_traits,                                                         \
        .forward = binary_forward,                                                       \
        .gradient = binary_gradient,                                                     \
        .interval = compare_interval,                                                    \
    };
