/* reducel2.c - ONNX ReduceL2. */
#define TERM(v) ((v) * (v))
#define FINISH(sum) sqrt(sum)
#define SLOPE(x, y) ((y) > 0 ? (x) / (y) : 0)
#include "graph/ops/reduce_sizes.h"

GULL_REDUCE_OP(reducel2, "ReduceL2", "the Euclidean length over some axes", .traits = reduce_traits,
               .interval = range_interval)
