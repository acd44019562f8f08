/* randomuniform.c - ONNX RandomUniform. */
#include "graph/ops/noise_uniform.h"

GULL_NOISE_OP(randomuniform, "RandomUniform", "uniform noise of a given shape, fresh in every draw", shape_prepare)
