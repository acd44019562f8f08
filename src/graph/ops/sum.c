/* sum.c - ONNX Sum. */
#define PART(n) ((void)(n), (real)1)
#include "graph/ops/variadic_sum.h"

GULL_VARIADIC_OP(sum, "Sum", "the sum of its inputs, broadcasting", )
