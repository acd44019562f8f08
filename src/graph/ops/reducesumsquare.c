/* reducesumsquare.c - ONNX ReduceSumSquare. */
#define TERM(v) ((v) * (v))
#define FINISH(sum) (sum)
#define SLOPE(x, y) (2 * (x))
#include "graph/ops/reduce_sizes.h"

GULL_REDUCE_OP(reducesumsquare, "ReduceSumSquare", "the sum of squares over some axes", .traits = reduce_traits,
               .interval = range_interval)
