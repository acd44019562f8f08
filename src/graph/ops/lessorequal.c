/* lessorequal.c - ONNX LessOrEqual: 1 where x <= y, else 0; its gradient is 0. */
#define COMBINE(x, y) ((real)((x) <= (y)))
#define ALWAYS(x, y) ((x)[1] <= (y)[0])
#define NEVER(x, y) ((x)[0] > (y)[1])
#include "graph/ops/compare.h"

GULL_COMPARE_OP(lessorequal, "LessOrEqual", "1 where x <= y, else 0; its gradient is 0", 12)
