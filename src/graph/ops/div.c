/* div.c - ONNX Div: x divided by y, broadcasting */
#define COMBINE(x, y) ((x) / (y))
#define MAGNITUDE(x, y) ((x) / (y))
#define SLOPE_X(x, y) ((real)(1 / (y)))
#define SLOPE_Y(x, y) ((real)(-(x) / ((y) * (y))))
#define AFFINE_IF(x_constant, y_constant) ((void)(x_constant), (y_constant))
#include "graph/ops/binary.h"

GULL_BINARY_OP(div, "Div", "x divided by y, broadcasting", )
