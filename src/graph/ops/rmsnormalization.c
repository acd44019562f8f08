/* rmsnormalization.c - ONNX RMSNormalization. */
#define CENTRED false
#include "graph/ops/last_axes.h"

GULL_STANDARD_OP(rmsnormalization, "RMSNormalization",
                 "the last axes divided by the root of their mean square, scaled", 23,
                 .unbatched = true)
