/* layernormalization.c - ONNX LayerNormalization. */
#define CENTRED true
#include "graph/ops/last_axes.h"

GULL_STANDARD_OP(layernormalization, "LayerNormalization",
                 "the last axes with mean 0 and deviation 1, scaled and shifted", 17,
                 .unbatched = true, .optional = 2)
