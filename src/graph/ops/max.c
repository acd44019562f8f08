/* max.c - ONNX Max. */
#define SIGN 1
#include "graph/ops/variadic_extreme.h"

GULL_VARIADIC_OP(max, "Max", "the greatest of its inputs, broadcasting", .interval = interval,
                 .lines = lines)
