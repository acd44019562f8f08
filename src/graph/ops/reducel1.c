/* reducel1.c - ONNX ReduceL1. */
#define TERM(v) (v)
#define FINISH(sum) (sum)
#define SLOPE(x, y) (real)(((x) > 0) - ((x) < 0))
#include "graph/ops/reduce_sizes.h"

GULL_REDUCE_OP(reducel1, "ReduceL1", "the sum of sizes over some axes", .traits = reduce_traits,
               .interval = range_interval)
