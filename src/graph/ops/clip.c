/* clip.c - ONNX Clip: x between two bounds, attributes or (from opset 11) constants; its
 * slope at a bound is 0. */
#include "graph/ops/curved.h"

static real value_of(attributes a, real x) {
    const real y = x < a.v[0] ? a.v[0] : x;
    return y > a.v[1] ? a.v[1] : y;
}
static real slope_of(attributes a, real x, real y) { return x > a.v[0] && x < a.v[1]; }

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    gull__curve_piece(c, -INFINITY, a.v[0] > -INFINITY ? GULL_FLAT : GULL_LINEAR);
    gull__curve_piece(c, a.v[0], a.v[0] < a.v[1] ? GULL_LINEAR : GULL_FLAT);
    gull__curve_piece(c, a.v[1], GULL_FLAT);
    c->error = 0;
}

/* The bound in input i, if it is there. */
static int read_bound(const gull_graph *g, const gull_node *n, int i, double *to,
                      gull_error *err) {
    if (i >= n->in_count || n->in[i] < 0) return GULL_OK;
    if (!gull__is_constant(g, n->in[i]))
        return gull__fail(err, GULL_EUNSUPPORTED, "%s is not a constant", i > 1 ? "max" : "min");
    if (gull_in(g, n, i)->size != 1)
        return gull__fail(err, GULL_EFORMAT, "%s has %zu numbers", i > 1 ? "max" : "min",
                          gull_in(g, n, i)->size);
    *to = gull_in(g, n, i)->f64[0];
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *given,
                   gull_error *err) {
    elementwise *a = n->state;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    a->v[0] = gull_attr_float(given, "min", -INFINITY);
    a->v[1] = gull_attr_float(given, "max", INFINITY);
    TRY(read_bound(g, n, 1, &a->v[0], err));
    TRY(read_bound(g, n, 2, &a->v[1], err));
    if (a->v[0] > a->v[1]) a->v[0] = a->v[1]; /* as the standard has it: max wins */
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

/* A ReLU with a top, such as ReLU6. */
static bool layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    const elementwise *a = n->state;
    (void)g;
    l->kind = GULL_LAYER_RELU;
    l->top = (float)a->v[1];
    return a->v[0] == 0 && a->v[1] > 0 && a->v[1] < INFINITY;
}

GULL_ELEMENTWISE_OP_WITH(clip, "Clip", "x between two bounds", 6, .prepare = prepare,
                         .traits = elementwise_traits, .optional = 1, .layer = layer)
