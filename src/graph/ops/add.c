/* add.c - ONNX Add: x + y, broadcasting */
#define COMBINE(x, y) ((x) + (y))
#define MAGNITUDE(x, y) ((x) + (y))
#define SLOPE_X(x, y) ((real)1)
#define SLOPE_Y(x, y) ((real)1)
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (void)(y_constant), true)
#include "graph/ops/binary.h"

GULL_BINARY_OP(add, "Add", "x + y, broadcasting", )
