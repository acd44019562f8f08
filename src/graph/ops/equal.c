/* equal.c - ONNX Equal: 1 where x equals y, else 0; its gradient is 0. */
#define COMBINE(x, y) ((real)((x) == (y)))
#define ALWAYS(x, y) ((x)[0] == (x)[1] && (y)[0] == (y)[1] && (x)[0] == (y)[0])
#define NEVER(x, y) ((x)[1] < (y)[0] || (x)[0] > (y)[1])
#include "graph/ops/compare.h"

GULL_COMPARE_OP(equal, "Equal", "1 where x equals y, else 0; its gradient is 0", 7)
