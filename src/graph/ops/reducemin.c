/* reducemin.c - ONNX ReduceMin. */
#define SIGN (-1)
#include "graph/ops/reduce_extreme.h"

GULL_REDUCE_OP(reducemin, "ReduceMin", "the least over some axes", .traits = reduce_traits,
               .interval = interval, .backward_lines = backward_lines)
