/* randomuniformlike.c - ONNX RandomUniformLike. */
#include "graph/ops/noise_uniform.h"

GULL_NOISE_OP(randomuniformlike, "RandomUniformLike", "uniform noise of x's shape, fresh in every draw", like_prepare)
