/* round.c - ONNX Round, halves to the even side; straight through: slope 1. */
#define BELOW -0.5
#define ABOVE 0.5
#include "graph/ops/step.h"

static real value_of(attributes a, real x) { return rint(x); }
static real slope_of(attributes a, real x, real y) { return 1; }

GULL_STEP_OP(round, "Round", "the nearest integer, halves to the even side", 11)
