/* reducesum.c - ONNX ReduceSum. */
#define PART(n) 1.
#include "graph/ops/reduce_affine.h"

GULL_REDUCE_OP(reducesum, "ReduceSum", "the sum over some axes", .traits = affine_traits)
