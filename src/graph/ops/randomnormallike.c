/* randomnormallike.c - ONNX RandomNormalLike. */
#include "graph/ops/noise_normal.h"

GULL_NOISE_OP(randomnormallike, "RandomNormalLike", "normal noise of x's shape, fresh in every draw", like_prepare)
