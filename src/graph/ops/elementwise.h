/* elementwise.h - an operator of one input, number by number, with up to three attributes.
 * The including file defines
 *   ATTRIBUTES  {"alpha", 0.01}, {"beta", 0.5} ...: names and presets; or nothing
 *   static real value_of(attributes a, real x);           a.v[0] is the first attribute
 *   static real slope_of(attributes a, real x, real y);   y: the value
 * and bounds of n numbers, either through curved.h or (graph/lines.h)
 *   static void interval_of(attributes a, n, lo, hi, out_lo, out_hi);
 *   static void lines_of(attributes a, n, lo, hi, out);
 * Mathematics goes through tgmath.h, so that the log of a float is computed in float, and
 * GULL_EXP and GULL_EXPM1. */
#include "graph/exponential.h"
#include "graph/lines.h"
#include "graph/real.h"
#include <tgmath.h>

#pragma GCC diagnostic ignored "-Wunused-parameter" /* each names what it needs */

typedef struct attributes {
    real v[3];
} attributes;
typedef struct elementwise { /* the state, which both compilations share */
    double v[3];
} elementwise;

static real value_of(attributes a, real x);
static real slope_of(attributes a, real x, real y);
static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi);
static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out);

#ifndef ATTRIBUTES
#define ATTRIBUTES {NULL, 0}
#endif

static void read_attributes(const gull_attributes *given, elementwise *to) {
    static const struct {
        const char *name;
        float preset;
    } known[] = {ATTRIBUTES};
    for (size_t i = 0; i < sizeof known / sizeof *known && known[i].name; i++)
        to->v[i] = gull_attr_float(given, known[i].name, known[i].preset);
}

static attributes attributes_of(const gull_node *n) {
    const elementwise *s = n->state;
    return (attributes){{(real)s->v[0], (real)s->v[1], (real)s->v[2]}};
}

static inline int elementwise_prepare(gull_graph *g, gull_node *n,
                                      const gull_attributes *given, gull_error *err) {
    if (n->in_count != 1)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 1", n->in_count);
    const gull_tensor x = *gull_in(g, n, 0);
    read_attributes(given, n->state);
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static inline unsigned elementwise_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_ELEMENTWISE;
}

static int elementwise_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const attributes a = attributes_of(n);
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t i = 0; i < count; i++) y[i] = value_of(a, x[i]);
    return GULL_OK;
}

static int elementwise_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const attributes a = attributes_of(n);
    const size_t count = p->n * p->graph->tensor[n->out].size;
    const real *x = p->value[n->in[0]], *y = p->value[n->out], *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t i = 0; i < count; i++) dx[i] += dy[i] * slope_of(a, x[i], y[i]);
    return GULL_OK;
}

static int elementwise_interval(const gull_node *n, const gull_graph *g,
                                const double *const *lo, const double *const *hi,
                                double *out_lo, double *out_hi) {
    const int x = n->in[0];
    interval_of(attributes_of(n), g->tensor[x].size, lo[x], hi[x], out_lo,
                out_hi);
    return GULL_OK;
}

static int elementwise_lines(const gull_node *n, const gull_graph *g, const double *lo,
                             const double *hi, gull_lines *out) {
    lines_of(attributes_of(n), g->tensor[n->out].size, lo, hi, out);
    return GULL_OK;
}

/* With fields that differ from the preset ones, such as .prepare = ... */
#define GULL_ELEMENTWISE_OP_WITH(id, title, text, first_opset, ...)                      \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = GULL_OPSET_LATEST,                                                      \
        .state_size = sizeof(elementwise),                                                \
        .unbatched = true,                                                               \
        .forward = elementwise_forward,                                                  \
        .gradient = elementwise_gradient,                                                \
        .interval = elementwise_interval,                                                \
        .lines = elementwise_lines,                                                      \
        __VA_ARGS__};
#define GULL_ELEMENTWISE_OP(id, title, text, first_opset)                                \
    GULL_ELEMENTWISE_OP_WITH(id, title, text, first_opset, .prepare = elementwise_prepare, \
                             .traits = elementwise_traits)
