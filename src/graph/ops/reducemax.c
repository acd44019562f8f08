/* reducemax.c - ONNX ReduceMax. */
#define SIGN 1
#include "graph/ops/reduce_extreme.h"

GULL_REDUCE_OP(reducemax, "ReduceMax", "the greatest over some axes", .traits = reduce_traits,
               .interval = interval, .backward_lines = backward_lines)
