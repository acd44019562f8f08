/* onnx_affine.c - networks that are one dense layer become the family `linear`, with its
 * exact distances: reshapes and scalings, one Gemm or MatMul, at most one bias.  Nothing
 * else, so that weights and bias are read off without a sum that could round. */
#include "model/linear.h"
#include "read/onnx.h"
#include <stdlib.h>
#include <string.h>

static const size_t MOST_WEIGHTS = (size_t)1 << 26;

static bool is_one_of(const gull_node *n, const char *first, const char *second) {
    return !strcmp(n->op64->onnx, first) || !strcmp(n->op64->onnx, second);
}

static bool has_own_bias(const gull_node *n) {
    return !strcmp(n->op64->onnx, "Gemm") && n->in_count > 2 && n->in[2] >= 0;
}

static bool is_one_dense_layer(const gull_graph *g) {
    bool dense = false, bias = false;
    for (size_t i = 0; i < g->node_count; i++) {
        const gull_node *n = &g->node[i];
        const unsigned traits = n->op64->traits(g, n);
        if (traits & GULL_OP_RENAME) continue;
        if (!(traits & GULL_OP_AFFINE)) return false;
        if (!dense && (traits & GULL_OP_ELEMENTWISE) && is_one_of(n, "Mul", "Div"))
            continue;
        if (!dense && is_one_of(n, "Gemm", "MatMul")) {
            dense = true;
            bias = has_own_bias(n);
        } else if (dense && !bias && (traits & GULL_OP_ELEMENTWISE) &&
                   is_one_of(n, "Add", "Sub"))
            bias = true;
        else
            return false;
    }
    return dense && g->tensor[g->output].size >= 2 && g->tensor[g->input].size >= 1 &&
           g->tensor[g->output].size <= MOST_WEIGHTS / g->tensor[g->input].size;
}

static double one_score(const void *arg, const double *scores, int classes, double *w) {
    const int wanted = *(const int *)arg;
    for (int c = 0; c < classes; c++) w[c] = c == wanted;
    return scores[wanted];
}

/* The scores of 0 are the bias, their gradients the weights. */
static int read_off(gull_evaluator *e, int classes, size_t dim, double *w, double *b) {
    double *zero = calloc(dim, sizeof *zero), value;
    int status = zero ? gull_evaluator_forward(e, zero, 1, b) : GULL_ENOMEM;
    double *scores = malloc((size_t)classes * sizeof *scores);
    if (!scores) status = GULL_ENOMEM;
    for (int c = 0; status == GULL_OK && c < classes; c++) {
        const gull_loss loss = {one_score, &c};
        status = gull_evaluator_gradient(e, zero, 1, &loss, scores, &value,
                                         w + (size_t)c * dim);
    }
    free(zero);
    free(scores);
    return status;
}

static bool all_finite(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return false;
    return true;
}

int gull__onnx_affine(const gull_graph *g, const gull_model_facts *facts,
                      gull_model **out, gull_error *err) {
    *out = NULL;
    if (!is_one_dense_layer(g)) return GULL_OK;
    const size_t classes = (size_t)facts->classes, dim = facts->dim;
    double *w = malloc(classes * dim * sizeof *w), *b = malloc(classes * sizeof *b);
    gull_evaluator *e = NULL;
    int status = w && b ? gull_evaluator_new(&e, g, 1, "f64", err) : GULL_ENOMEM;
    if (status >= 0) status = read_off(e, facts->classes, dim, w, b);
    gull_evaluator_free(e);
    if (status >= 0 && all_finite(w, classes * dim) && all_finite(b, classes))
        return gull__linear_new(out, facts, w, b);
    free(w);
    free(b);
    return status < 0 ? status : GULL_OK;
}
