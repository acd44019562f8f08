/* and.c - ONNX And: 1 where both are not 0; its gradient is 0. */
#define IS_TRUE(x) ((x)[0] > 0 || (x)[1] < 0)
#define IS_FALSE(x) ((x)[0] == 0 && (x)[1] == 0)
#define COMBINE(x, y) ((real)((x) != 0 && (y) != 0))
#define ALWAYS(x, y) (IS_TRUE(x) && IS_TRUE(y))
#define NEVER(x, y) (IS_FALSE(x) || IS_FALSE(y))
#include "graph/ops/compare.h"

GULL_COMPARE_OP(and, "And", "1 where both are not 0; its gradient is 0", 7)
