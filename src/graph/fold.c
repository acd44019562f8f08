/* fold.c - BatchNormalization taken into the convolution or dense layer before it: weights
 * and bias are computed in long double and rounded once to double, which the longest sum
 * counts as a few more terms. */
#include "graph/batchnorm_state.h"
#include "graph/graph.h"
#include "num/plan.h"
#include <stdlib.h>
#include <string.h>

enum { MORE_TERMS = 8 };

/* How many needed nodes read a tensor. */
static size_t readers(const gull_graph *g, const bool *need, int tensor) {
    size_t n = 0;
    for (size_t i = 0; i < g->node_count; i++)
        for (int k = 0; need[i] && k < g->node[i].in_count; k++)
            n += g->node[i].in[k] == tensor;
    return n;
}

/* The convolution (or Gemm with C) that node i normalises alone; -1: none. */
static int product_before(const gull_graph *g, const bool *need, int output, size_t i,
                          gull_layer *l) {
    const gull_node *n = &g->node[i];
    if (!need[i] || strcmp(n->op64->onnx, "BatchNormalization")) return -1;
    const int before = g->tensor[n->in[0]].producer;
    if (before < 0 || n->in[0] == output || readers(g, need, n->in[0]) != 1) return -1;
    const gull_node *p = &g->node[before];
    if (!p->op32->layer || !p->op32->layer(g, p, l)) return -1;
    const size_t channels = ((const gull_batchnorm *)n->state)->channels;
    const bool dense = l->kind == GULL_LAYER_DENSE && l->bias && l->dense.out == channels;
    const bool conv = l->kind == GULL_LAYER_CONV && l->conv.out_channels == channels;
    return dense || conv ? before : -1;
}

typedef struct scaled { /* the new constants */
    double *weights, *bias;
} scaled;

static void scale_channel(const gull_graph *g, const gull_node *norm, size_t c,
                          long double *scale, long double *shift) {
    const gull_batchnorm *s = norm->state;
    const double *gamma = g->tensor[norm->in[1]].f64, *beta = g->tensor[norm->in[2]].f64;
    const double *mean = g->tensor[norm->in[3]].f64, *variance = g->tensor[norm->in[4]].f64;
    *scale = gamma[c] / sqrtl((long double)variance[c] + s->epsilon);
    *shift = beta[c] - mean[c] * *scale;
}

/* False: the result is not finite. */
static bool scale_all(const gull_graph *g, const gull_node *product, const gull_node *norm,
                      const gull_layer *l, scaled *out) {
    const gull_tensor *w = &g->tensor[product->in[1]];
    const bool bias = product->in_count > 2 && product->in[2] >= 0;
    const size_t channels = ((const gull_batchnorm *)norm->state)->channels;
    const size_t each = w->size / channels;
    const bool rows = l->kind == GULL_LAYER_CONV || l->dense.out_major;
    bool finite = true;
    for (size_t c = 0; c < channels; c++) {
        long double scale, shift;
        scale_channel(g, norm, c, &scale, &shift);
        for (size_t k = 0; k < each; k++) {
            const size_t at = rows ? c * each + k : k * channels + c;
            out->weights[at] = (double)(w->f64[at] * scale);
            finite &= isfinite(out->weights[at]) != 0;
        }
        if (bias) shift += g->tensor[product->in[2]].f64[c] * scale;
        out->bias[c] = (double)shift;
        finite &= isfinite(out->bias[c]) != 0;
    }
    return finite;
}

/* The product makes what the normalisation made. */
static int take_over(gull_graph *g, size_t product, size_t norm, scaled *s) {
    const gull_tensor old = g->tensor[g->node[product].in[1]];
    const int64_t channels = (int64_t)((gull_batchnorm *)g->node[norm].state)->channels;
    double *weights = s->weights, *bias = s->bias;
    s->weights = NULL;
    const int w = gull__graph_constant(g, "folded weights", old.rank, old.dims, weights);
    TRY(w);
    s->bias = NULL;
    const int b = gull__graph_constant(g, "folded bias", 1, &channels, bias);
    TRY(b);
    gull_node *p = &g->node[product], *n = &g->node[norm];
    const int out = p->out;
    p->in[1] = w;
    p->in[2] = b;
    p->in_count = 3;
    p->out = n->out;
    n->out = out;
    g->tensor[p->out].producer = (int)product;
    gull__graph_sum(g, old.size / (size_t)channels + MORE_TERMS);
    return GULL_OK;
}

static int fold(gull_graph *g, size_t product, size_t norm, const gull_layer *l,
                bool *need) {
    const size_t size = g->tensor[g->node[product].in[1]].size;
    const size_t channels = ((const gull_batchnorm *)g->node[norm].state)->channels;
    scaled s = {malloc((size + 1) * sizeof(double)), malloc((channels + 1) * sizeof(double))};
    int status = s.weights && s.bias ? GULL_OK : GULL_ENOMEM;
    if (!status && scale_all(g, &g->node[product], &g->node[norm], l, &s)) {
        status = take_over(g, product, norm, &s);
        if (!status) need[norm] = false;
    }
    free(s.weights);
    free(s.bias);
    return status < 0 ? status : GULL_OK;
}

int gull__graph_fold(gull_graph *g, int output, bool *need) {
    for (size_t i = 0; i < g->node_count; i++) {
        gull_layer l = {0};
        const int product = product_before(g, need, output, i, &l);
        if (product >= 0) TRY(fold(g, (size_t)product, i, &l, need));
    }
    return GULL_OK;
}
