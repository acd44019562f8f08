/* resize.c - ONNX Resize: nearest, linear and cubic, by scales or sizes. */
#include "graph/ops/resample.h"

static int find(const char *given, const char *const *name, int count, const char *what,
                int *out, gull_error *err) {
    for (*out = 0; *out < count; ++*out)
        if (!strcmp(given, name[*out])) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "%s '%.40s'", what, given);
}

static int read_rule(const gull_graph *g, const gull_attributes *a, resample_rule *r,
                     gull_error *err) {
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const places[] = {
        "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric",
        "half_pixel_symmetric", "tf_half_pixel_for_nn"};
    static const char *const nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                          "ceil"};
    int mode, place, round;
    const bool old = g->opset < 11;
    TRY(find(gull_attr_string(a, "mode", "nearest"), modes, 3, "mode", &mode, err));
    TRY(find(gull_attr_string(a, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
             places, 6, "coordinates", &place, err));
    TRY(find(gull_attr_string(a, "nearest_mode", "round_prefer_floor"), nearest, 4,
             "nearest_mode", &round, err));
    if (gull_attr_int(a, "antialias", 0))
        return gull__fail(err, GULL_EUNSUPPORTED, "antialias");
    if (strcmp(gull_attr_string(a, "keep_aspect_ratio_policy", "stretch"), "stretch"))
        return gull__fail(err, GULL_EUNSUPPORTED, "keep_aspect_ratio_policy");
    *r = (resample_rule){(resample_mode)mode, (resample_coordinates)place,
                         old ? SIMPLE : (resample_nearest)round,
                         gull_attr_int(a, "exclude_outside", 0) != 0,
                         gull_attr_float(a, "cubic_coeff_a", -0.75f)};
    return GULL_OK;
}

static const gull_tensor *list(const gull_graph *g, const gull_node *n, int k) {
    return k < n->in_count && n->in[k] >= 0 && gull_in(g, n, k)->size ? gull_in(g, n, k) : NULL;
}

static int row_sizes(const gull_graph *g, const gull_tensor *x, const gull_tensor *given,
                     float *scale, int64_t *wanted, gull_error *err) {
    const int skip = gull_batch_axes(g);
    if (given->size != (size_t)(x->rank + skip))
        return gull__fail(err, GULL_EFORMAT, "%zu sizes for %d dimensions", given->size,
                          x->rank + skip);
    if (skip && given->f64[0] != (double)g->batch && given->f64[0] != 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "the batch is resized");
    for (int i = 0; i < x->rank; i++) {
        wanted[i] = gull__whole(given->f64[i + skip]);
        scale[i] = (float)wanted[i] / (float)x->dims[i];
        if (wanted[i] < 1) return gull__fail(err, GULL_EFORMAT, "a size of %lld",
                                             (long long)wanted[i]);
    }
    return GULL_OK;
}

/* Lists for some axes (opset 18) as lists for all. */
static int spread_axes(const gull_graph *g, const gull_tensor *x, const gull_attributes *a,
                       const gull_tensor *given, bool sizes, double *all, gull_tensor *out,
                       gull_error *err) {
    const int64_t *axes;
    const size_t count = gull_attr_ints(a, "axes", &axes);
    const int skip = gull_batch_axes(g);
    *out = *given;
    if (!count) return GULL_OK;
    if (count != given->size)
        return gull__fail(err, GULL_EFORMAT, "%zu axes, %zu numbers", count, given->size);
    all[0] = 1;
    for (int i = 0; i < x->rank; i++) all[i + skip] = sizes ? (double)x->dims[i] : 1;
    for (size_t k = 0; k < count; k++) {
        int axis;
        TRY(gull__row_axis(g, axes[k], x->rank, &axis, err));
        all[axis + skip] = given->f64[k];
    }
    out->f64 = all;
    out->size = (size_t)(x->rank + skip);
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    double all[GULL_RANK + 1];
    int64_t wanted[GULL_RANK] = {0};
    float scale[GULL_RANK];
    resample_rule rule = {0};
    gull_tensor lists;
    TRY(gull_check_first(g, n, err));
    TRY(read_rule(g, attributes, &rule, err));
    for (int k = 1; k < n->in_count; k++)
        if (n->in[k] >= 0 && k != (g->opset < 11 ? 0 : 1))
            TRY(gull__check_constant(g, n, k, "a list of scales or sizes", err));
    const gull_tensor *x = gull_in(g, n, 0), *scales = list(g, n, g->opset < 11 ? 1 : 2);
    const gull_tensor *sizes = list(g, n, 3);
    if (!scales == !sizes)
        return gull__fail(err, GULL_EFORMAT, "expected either scales or sizes");
    TRY(spread_axes(g, x, attributes, sizes ? sizes : scales, sizes != NULL, all, &lists, err));
    if (sizes)
        TRY(row_sizes(g, x, &lists, scale, wanted, err));
    else
        TRY(row_scales(g, x, &lists, rule.coordinates == ALIGN_CORNERS, scale, wanted, err));
    return resample_prepare(g, n, &rule, wanted, scale, err);
}

GULL_RESAMPLE_OP(resize, "Resize", "another size, by nearest, linear or cubic neighbours", 10,
                 GULL_OPSET_LATEST)
