/* mean.c - ONNX Mean. */
#define PART(n) (1 / (n))
#include "graph/ops/variadic_sum.h"

GULL_VARIADIC_OP(mean, "Mean", "the mean of its inputs, broadcasting", )
