/* real.h - included by each file of graph/ops/, which is compiled twice: GULL_REAL32
 * gives the deployed float evaluator, otherwise double. */
#ifndef GULL_REAL_H
#define GULL_REAL_H
#include "graph/graph.h"
#include "num/backend.h"
#include <stdlib.h>
#include <string.h>

#ifdef GULL_REAL32
typedef float real;
typedef gull_pass32 gull_pass;
#define GULL_OP(name) gull_op_##name##_f32
#define GULL_PAYLOAD(tensor) ((tensor)->f32)
#define GULL_PASS(name) gull__pass32_##name
#define GULL_ABSOLUTE(pass) false
#define GULL_EXP(x) gull__exp32(x) /* graph/exponential.h */
#define GULL_EXPM1(x) gull__expm32(x)
#else
typedef double real;
typedef gull_pass64 gull_pass;
#define GULL_OP(name) gull_op_##name##_f64
#define GULL_PAYLOAD(tensor) ((tensor)->f64)
#define GULL_PASS(name) gull__pass64_##name
#define GULL_ABSOLUTE(pass) ((pass)->absolute)
#define GULL_EXP(x) exp(x)
#define GULL_EXPM1(x) expm1(x)
#endif

/* The products with constant weights, through the pass's backend in float; they ADD to
 * their output and honour `absolute`. */
int GULL_PASS(conv)(const gull_pass *, const gull_node *, const gull_conv_shape *,
                    const real *w, const real *x, real *y);
int GULL_PASS(conv_back)(const gull_pass *, const gull_node *, const gull_conv_shape *,
                         const real *w, const real *dy, real *dx);
int GULL_PASS(dense)(const gull_pass *, const gull_node *, const gull_dense_shape *,
                     size_t rows, const real *w, const real *x, real *y);
int GULL_PASS(dense_back)(const gull_pass *, const gull_node *, const gull_dense_shape *,
                          size_t rows, const real *w, const real *dy, real *dx);

static inline const gull_tensor *gull_in(const gull_graph *g, const gull_node *n, int i) {
    return &g->tensor[n->in[i]];
}
/* For operators of one activation, their first input. */
static inline int gull_check_first(const gull_graph *g, const gull_node *n, gull_error *err) {
    if (!gull__is_constant(g, n->in[0])) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "the first input is a constant");
}
static inline real gull_abs_if(bool absolute, real v) {
    return absolute && v < 0 ? -v : v;
}
#endif
