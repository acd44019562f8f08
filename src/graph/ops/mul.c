/* mul.c - ONNX Mul: x times y, broadcasting */
#define COMBINE(x, y) ((x) * (y))
#define MAGNITUDE(x, y) ((x) * (y))
#define SLOPE_X(x, y) ((real)(y))
#define SLOPE_Y(x, y) ((real)(x))
#define AFFINE_IF(x_constant, y_constant) ((x_constant) || (y_constant))
#include "graph/ops/binary.h"

GULL_BINARY_OP(mul, "Mul", "x times y, broadcasting", )
