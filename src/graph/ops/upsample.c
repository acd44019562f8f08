/* upsample.c - ONNX Upsample (deprecated in opset 10): nearest or linear, corners apart. */
#include "graph/ops/resample.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    const char *mode = gull_attr_string(attributes, "mode", "nearest");
    const resample_rule rule = {.mode = strcmp(mode, "linear") ? NEAREST : LINEAR,
                                .coordinates = ASYMMETRIC, .nearest = SIMPLE};
    int64_t wanted[GULL_RANK] = {0};
    float scale[GULL_RANK];
    TRY(gull_check_first(g, n, err));
    if (strcmp(mode, "linear") && strcmp(mode, "nearest"))
        return gull__fail(err, GULL_EUNSUPPORTED, "mode '%.40s'", mode);
    if (n->in_count != 2) return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 2", n->in_count);
    TRY(gull__check_constant(g, n, 1, "scales", err));
    TRY(row_scales(g, gull_in(g, n, 0), gull_in(g, n, 1), false, scale, wanted, err));
    return resample_prepare(g, n, &rule, wanted, scale, err);
}

GULL_RESAMPLE_OP(upsample, "Upsample", "a larger map, by nearest or linear neighbours", 9, 9)
