/* ceil.c - ONNX Ceil; straight through: slope 1. */
#define BELOW 0.
#define ABOVE 1.
#include "graph/ops/step.h"

static real value_of(attributes a, real x) { return ceil(x); }
static real slope_of(attributes a, real x, real y) { return 1; }

GULL_STEP_OP(ceil, "Ceil", "the least integer not below x", 6)
