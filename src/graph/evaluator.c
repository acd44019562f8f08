/* evaluator.c - the buffers of one thread and the two passes over a graph: forward, and
 * reverse-mode differentiation (Linnainmaa 1970) of a loss in the scores. */
#include "graph/graph.h"
#include "num/backend.h"
#include <stdlib.h>
#include <string.h>

struct gull_evaluator {
    const gull_graph *graph;
    size_t batch;
    bool f64;
    gull_pass32 pass32;
    gull_pass64 pass64;
    double *w; /* one row's loss gradient in the scores */
};

/* An activation that is computed. */
static bool is_live(const gull_graph *g, size_t t) {
    return g->tensor[t].producer >= -1 && ((int)t == g->input || g->tensor[t].producer >= 0);
}

static void *new_buffer(size_t count, size_t item) {
    if (count > SIZE_MAX / 2 / item) return NULL;
    void *p = aligned_alloc(64, (count * item + 64) / 64 * 64);
    if (p) memset(p, 0, (count * item + 64) / 64 * 64);
    return p;
}

/* One buffer per live tensor; `set` is an array of pointers. */
static int new_set(const gull_graph *g, size_t batch, size_t item, void ***out) {
    void **set = calloc(g->tensor_count + 1, sizeof *set);
    *out = set;
    if (!set) return GULL_ENOMEM;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_live(g, t)) {
            if (g->tensor[t].size > SIZE_MAX / batch) return GULL_ENOMEM;
            set[t] = new_buffer(g->tensor[t].size * batch, item);
            if (!set[t]) return GULL_ENOMEM;
        }
    return GULL_OK;
}

static void free_set(const gull_graph *g, void **set) {
    for (size_t t = 0; set && t < g->tensor_count; t++) free(set[t]);
    free(set);
}

void gull_evaluator_free(gull_evaluator *e) {
    if (!e) return;
    free_set(e->graph, (void **)e->pass32.value);
    free_set(e->graph, (void **)e->pass32.grad);
    free_set(e->graph, (void **)e->pass64.value);
    free_set(e->graph, (void **)e->pass64.grad);
    for (size_t i = 0; e->pass32.primitive && i < e->graph->node_count; i++)
        e->pass32.backend->free(e->pass32.primitive[i]);
    free(e->pass32.primitive);
    free(e->w);
    free(e);
}

static int allocate(gull_evaluator *e) {
    const gull_graph *g = e->graph;
    void **set = NULL;
    e->w = calloc(g->tensor[g->output].size + 1, sizeof *e->w);
    if (!e->w) return GULL_ENOMEM;
    if (e->f64) {
        int status = new_set(g, e->batch, sizeof(double), &set);
        e->pass64.value = (double **)set;
        return status;
    }
    e->pass32.primitive = calloc(g->node_count + 1, sizeof *e->pass32.primitive);
    if (!e->pass32.primitive) return GULL_ENOMEM;
    int status = new_set(g, e->batch, sizeof(float), &set);
    e->pass32.value = (float **)set;
    return status;
}

/* Gradients take as much room as values and are made when first asked for. */
static int allocate_gradients(gull_evaluator *e) {
    void **set = NULL;
    if (e->f64 ? e->pass64.grad != NULL : e->pass32.grad != NULL) return GULL_OK;
    const int status =
        new_set(e->graph, e->batch, e->f64 ? sizeof(double) : sizeof(float), &set);
    if (status < 0) {
        free_set(e->graph, set);
        return status;
    }
    if (e->f64)
        e->pass64.grad = (double **)set;
    else
        e->pass32.grad = (float **)set;
    return GULL_OK;
}

int gull_evaluator_new(gull_evaluator **out, const gull_graph *g, size_t batch,
                       const char *backend, gull_error *err) {
    gull_evaluator *e = calloc(1, sizeof *e);
    *out = NULL;
    if (!e) return GULL_ENOMEM;
    e->graph = e->pass32.graph = e->pass64.graph = g;
    e->batch = batch ? batch : 1;
    e->f64 = backend && !strcmp(backend, "f64");
    e->pass32.backend = gull__backend(e->f64 ? NULL : backend);
    if (!e->pass32.backend) {
        gull_evaluator_free(e);
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "backend '%s' is not in this build; see `gull list backends`",
                          backend);
    }
    const int status = allocate(e);
    if (status < 0) {
        gull_evaluator_free(e);
        return gull__fail(err, status, "out of memory for the network's activations");
    }
    *out = e;
    return GULL_OK;
}

static void put_input(gull_evaluator *e, const double *x, size_t n) {
    const size_t count = n * e->graph->tensor[e->graph->input].size;
    if (e->f64) {
        memcpy(e->pass64.value[e->graph->input], x, count * sizeof *x);
    } else {
        float *to = e->pass32.value[e->graph->input];
        for (size_t i = 0; i < count; i++) to[i] = (float)x[i];
    }
}

static void get(const gull_evaluator *e, const void *buffer, size_t count, double *out) {
    if (e->f64)
        memcpy(out, buffer, count * sizeof *out);
    else
        for (size_t i = 0; i < count; i++) out[i] = ((const float *)buffer)[i];
}

int gull_evaluator_forward(gull_evaluator *e, const double *x, size_t n, double *scores) {
    const gull_graph *g = e->graph;
    const size_t classes = g->tensor[g->output].size;
    if (n > e->batch) return GULL_EUSAGE;
    e->pass32.n = e->pass64.n = n;
    put_input(e, x, n);
    for (size_t i = 0; i < g->node_count; i++)
        TRY(e->f64 ? g->node[i].op64->forward(&g->node[i], &e->pass64)
                   : g->node[i].op32->forward(&g->node[i], &e->pass32));
    get(e, e->f64 ? (void *)e->pass64.value[g->output] : (void *)e->pass32.value[g->output],
        n * classes, scores);
    return GULL_OK;
}

static void clear_gradients(gull_evaluator *e, size_t n) {
    const gull_graph *g = e->graph;
    for (size_t t = 0; t < g->tensor_count; t++) {
        if (!is_live(g, t)) continue;
        if (e->f64)
            memset(e->pass64.grad[t], 0, n * g->tensor[t].size * sizeof(double));
        else
            memset(e->pass32.grad[t], 0, n * g->tensor[t].size * sizeof(float));
    }
}

static void put_loss(gull_evaluator *e, size_t n, const gull_loss *loss,
                     const double *scores, double *value) {
    const gull_graph *g = e->graph;
    const size_t classes = g->tensor[g->output].size;
    for (size_t i = 0; i < n; i++) {
        const double v = loss[i].fn(loss[i].arg, scores + i * classes, (int)classes, e->w);
        if (value) value[i] = v;
        for (size_t k = 0; k < classes; k++)
            if (e->f64)
                e->pass64.grad[g->output][i * classes + k] = e->w[k];
            else
                e->pass32.grad[g->output][i * classes + k] = (float)e->w[k];
    }
}

int gull_evaluator_gradient(gull_evaluator *e, const double *x, size_t n,
                            const gull_loss *loss, double *scores, double *value,
                            double *gradient) {
    const gull_graph *g = e->graph;
    TRY(allocate_gradients(e));
    TRY(gull_evaluator_forward(e, x, n, scores));
    clear_gradients(e, n);
    put_loss(e, n, loss, scores, value);
    for (size_t i = g->node_count; i-- > 0;)
        TRY(e->f64 ? g->node[i].op64->gradient(&g->node[i], &e->pass64)
                   : g->node[i].op32->gradient(&g->node[i], &e->pass32));
    get(e, e->f64 ? (void *)e->pass64.grad[g->input] : (void *)e->pass32.grad[g->input],
        n * g->tensor[g->input].size, gradient);
    return GULL_OK;
}
