/* min.c - ONNX Min. */
#define SIGN (-1)
#include "graph/ops/variadic_extreme.h"

GULL_VARIADIC_OP(min, "Min", "the least of its inputs, broadcasting", .interval = interval,
                 .lines = lines)
