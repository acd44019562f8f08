/* floor.c - ONNX Floor; straight through: slope 1. */
#define BELOW -1.
#define ABOVE 0.
#include "graph/ops/step.h"

static real value_of(attributes a, real x) { return floor(x); }
static real slope_of(attributes a, real x, real y) { return 1; }

GULL_STEP_OP(floor, "Floor", "the greatest integer not above x", 6)
