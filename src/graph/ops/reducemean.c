/* reducemean.c - ONNX ReduceMean. */
#define PART(n) (1. / (double)(n))
#include "graph/ops/reduce_affine.h"

GULL_REDUCE_OP(reducemean, "ReduceMean", "the mean over some axes", .traits = affine_traits)
