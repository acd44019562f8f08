/* randomnormal.c - ONNX RandomNormal. */
#include "graph/ops/noise_normal.h"

GULL_NOISE_OP(randomnormal, "RandomNormal", "normal noise of a given shape, fresh in every draw", shape_prepare)
