/* maxpool.c - ONNX MaxPool over one or two axes; padding never wins. */
#include "graph/ops/maximum.h"

GULL_MAXIMUM_OP(maxpool, "MaxPool", "the greatest number of each window", pool_prepare)
