/* sign.c - ONNX Sign; straight through: slope 1 where |x| <= 1, else 0. */
#define BELOW -INFINITY
#define ABOVE INFINITY
#include "graph/ops/step.h"

static real value_of(attributes a, real x) { return (real)((x > 0) - (x < 0)); }
static real slope_of(attributes a, real x, real y) { return fabs(x) <= 1; }

GULL_STEP_OP(sign, "Sign", "-1, 0 or 1", 9)
