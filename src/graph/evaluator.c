/* evaluator.c - the buffers of one thread and the two passes over a graph: forward, and
 * reverse-mode differentiation (Linnainmaa 1970) of a loss in the scores. */
#include "graph/graph.h"
#include "graph/noise.h"
#include "graph/runs.h"
#include "graph/slots.h"
#include <stdlib.h>
#include <string.h>

/* Rows of a plan, and numbers of all activations of a row that ask for fewer. */
enum { TILE = 16, FEW = 4, LARGE_ROW = 1 << 23, HUGE_ROW = 1 << 26 };

struct gull_evaluator {
    const gull_graph *graph;
    size_t batch, rows; /* the most rows; those that are worked on at once */
    bool f64;
    gull_runs runs; /* float: what the backend does as a whole; may be empty */
    gull_slots slots;  /* otherwise: tensors that share a buffer, of values until gradients
                          are asked for, and of gradients */
    bool keeps_values; /* each value has its own buffer */
    gull_evaluator *few; /* the same bits in tiles of FEW rows, for what fills no tile */
    bool few_tried;
    gull_pass32 pass32;
    gull_pass64 pass64;
    double *w; /* one row's loss gradient in the scores */
    const uint64_t *draw, *now; /* per row, the caller's; of the rows at hand; NULL: draw 0 */
    uint64_t *noise; /* batch keys, of randomised graphs */
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

float *gull__new_rows(const gull_graph *g, int tensor, size_t rows) {
    const size_t row = g->tensor[tensor].size;
    return row > SIZE_MAX / rows ? NULL : new_buffer(row * rows, sizeof(float));
}

/* Whether the tensor's buffer is another's, made before. */
static bool is_shared(const gull_slots *s, size_t t) {
    return s && s->of && s->of[t] >= 0 && s->owner[s->of[t]] != (int)t;
}

static void free_set(const gull_graph *g, const gull_slots *shared, void **set) {
    for (size_t t = 0; set && t < g->tensor_count; t++)
        if (!is_shared(shared, t)) free(set[t]);
    free(set);
}

/* An array of pointers, one buffer per live tensor, or per slot where they share. */
static int new_set(const gull_graph *g, const gull_slots *shared, size_t batch, size_t item,
                   void ***out) {
    void **set = calloc(g->tensor_count + 1, sizeof *set);
    *out = NULL;
    if (!set) return GULL_ENOMEM;
    for (size_t t = 0; t < g->tensor_count; t++) {
        if (!is_live(g, t) || is_shared(shared, t)) continue;
        const size_t row = shared ? shared->size[shared->of[t]] : g->tensor[t].size;
        set[t] = row > SIZE_MAX / batch ? NULL : new_buffer(row * batch, item);
        if (!set[t]) {
            free_set(g, shared, set);
            return GULL_ENOMEM;
        }
    }
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_shared(shared, t)) set[t] = set[shared->owner[shared->of[t]]];
    *out = set;
    return GULL_OK;
}

void gull_evaluator_free(gull_evaluator *e) {
    if (!e) return;
    gull_evaluator_free(e->few);
    gull__runs_free(e->pass32.backend, &e->runs);
    const gull_slots *gradients = e->runs.tile ? NULL : &e->slots;
    const gull_slots *values = e->keeps_values ? NULL : gradients;
    free_set(e->graph, values, (void **)e->pass32.value);
    free_set(e->graph, gradients, (void **)e->pass32.grad);
    free_set(e->graph, values, (void **)e->pass64.value);
    free_set(e->graph, gradients, (void **)e->pass64.grad);
    for (size_t i = 0; e->pass32.primitive && i < e->graph->node_count; i++)
        e->pass32.backend->free(e->pass32.primitive[i]);
    free(e->pass32.primitive);
    gull__slots_free(&e->slots);
    free(e->w);
    free(e->noise);
    free(e);
}

/* Plans have their own tile and make the buffers that they need. */
static int plan(gull_evaluator *e, size_t tile) {
    if (!e->pass32.backend->plan_new) return GULL_OK;
    e->pass32.value = calloc(e->graph->tensor_count + 1, sizeof *e->pass32.value);
    if (!e->pass32.value) return GULL_ENOMEM;
    TRY(gull__runs_new(e->graph, e->pass32.backend, tile, e->pass32.value, &e->runs));
    if (e->runs.tile) {
        e->rows = e->runs.tile;
        return GULL_OK;
    }
    free_set(e->graph, NULL, (void **)e->pass32.value);
    e->pass32.value = NULL;
    return GULL_OK;
}

static void take_values(gull_evaluator *e, void **set) {
    if (e->f64)
        e->pass64.value = (double **)set;
    else
        e->pass32.value = (float **)set;
}

static size_t item_size(const gull_evaluator *e) {
    return e->f64 ? sizeof(double) : sizeof(float);
}

static int allocate(gull_evaluator *e, size_t tile) {
    const gull_graph *g = e->graph;
    void **set = NULL;
    e->w = calloc(g->tensor[g->output].size + 1, sizeof *e->w);
    if (!e->w) return GULL_ENOMEM;
    if (g->randomised && !(e->noise = calloc(e->batch, sizeof *e->noise))) return GULL_ENOMEM;
    e->pass32.noise = e->pass64.noise = e->noise;
    if (!e->f64) {
        e->pass32.primitive = calloc(g->node_count + 1, sizeof *e->pass32.primitive);
        if (!e->pass32.primitive) return GULL_ENOMEM;
        TRY(plan(e, tile));
        if (e->runs.tile) return GULL_OK;
    }
    TRY(gull__slots_new(g, &e->slots));
    TRY(new_set(g, &e->slots, e->batch, item_size(e), &set));
    take_values(e, set);
    return GULL_OK;
}

/* Gradients are taken at values: each in a buffer of its own from now on. */
static int keep_values(gull_evaluator *e) {
    void **set = NULL;
    if (e->keeps_values) return GULL_OK;
    TRY(new_set(e->graph, NULL, e->batch, item_size(e), &set));
    free_set(e->graph, &e->slots,
             e->f64 ? (void **)e->pass64.value : (void **)e->pass32.value);
    take_values(e, set);
    e->keeps_values = true;
    return GULL_OK;
}

/* Made when first asked for. */
static int allocate_gradients(gull_evaluator *e) {
    void **set = NULL;
    if (e->f64 ? e->pass64.grad != NULL : e->pass32.grad != NULL) return GULL_OK;
    if (e->runs.tile) {
        e->pass32.grad = calloc(e->graph->tensor_count + 1, sizeof *e->pass32.grad);
        return !e->pass32.grad ? GULL_ENOMEM
                               : gull__runs_gradient(e->graph, e->pass32.backend,
                                                     e->pass32.grad, &e->runs);
    }
    TRY(keep_values(e));
    TRY(new_set(e->graph, &e->slots, e->batch, item_size(e), &set));
    if (e->f64)
        e->pass64.grad = (double **)set;
    else
        e->pass32.grad = (float **)set;
    return GULL_OK;
}

static int new_evaluator(gull_evaluator **out, const gull_graph *g, size_t batch,
                         size_t tile, const char *backend, gull_error *err) {
    gull_evaluator *e = calloc(1, sizeof *e);
    *out = NULL;
    if (!e) return GULL_ENOMEM;
    e->graph = e->pass32.graph = e->pass64.graph = g;
    e->rows = e->batch = batch ? batch : 1;
    e->f64 = backend && !strcmp(backend, "f64");
    e->pass32.backend = gull__backend(e->f64 ? NULL : backend);
    if (!e->pass32.backend) {
        gull_evaluator_free(e);
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "backend '%s' is not in this build; see `gull list backends`",
                          backend);
    }
    const int status = allocate(e, tile);
    if (status < 0) {
        gull_evaluator_free(e);
        return gull__fail(err, status, "out of memory for the network's activations");
    }
    *out = e;
    return GULL_OK;
}

static size_t tile_of(const gull_graph *g) {
    double numbers = 0;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_live(g, t)) numbers += (double)g->tensor[t].size;
    return numbers > HUGE_ROW ? 1 : numbers > LARGE_ROW ? FEW : TILE;
}

int gull_evaluator_new(gull_evaluator **out, const gull_graph *g, size_t batch,
                       const char *backend, gull_error *err) {
    return new_evaluator(out, g, batch, tile_of(g), backend, err);
}

void gull_evaluator_draws(gull_evaluator *e, const uint64_t *draw) { e->draw = draw; }

static void put_input(gull_evaluator *e, const double *x, size_t n) {
    const size_t dim = e->graph->tensor[e->graph->input].size, count = n * dim;
    for (size_t i = 0; e->noise && i < n; i++)
        e->noise[i] = gull__noise_key(e->now ? e->now[i] : 0, x + i * dim, dim);
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

static int nodes_forward(gull_evaluator *e, size_t first, size_t last) {
    const gull_node *node = e->graph->node;
    for (size_t i = first; i < last; i++)
        TRY(e->f64 ? node[i].op64->forward(&node[i], &e->pass64)
                   : node[i].op32->forward(&node[i], &e->pass32));
    return GULL_OK;
}

/* Gradients that node i is the first to add to; without plans their buffers are shared. */
static void begin_gradients(gull_evaluator *e, size_t i) {
    const gull_graph *g = e->graph;
    const gull_node *n = &g->node[i];
    for (int k = 0; k < n->in_count; k++) {
        const int t = n->in[k];
        if (t < 0 || gull__is_constant(g, t) || e->slots.last[t] != (int)i) continue;
        if (e->f64)
            memset(e->pass64.grad[t], 0, e->pass64.n * g->tensor[t].size * sizeof(double));
        else
            memset(e->pass32.grad[t], 0, e->pass32.n * g->tensor[t].size * sizeof(float));
    }
}

static int nodes_backward(gull_evaluator *e, size_t first, size_t last) {
    const gull_node *node = e->graph->node;
    for (size_t i = last; i-- > first;) {
        if (!e->runs.tile) begin_gradients(e, i);
        TRY(e->f64 ? node[i].op64->gradient(&node[i], &e->pass64)
                   : node[i].op32->gradient(&node[i], &e->pass32));
    }
    return GULL_OK;
}

/* n <= e->rows. */
static int forward(gull_evaluator *e, const double *x, size_t n, double *scores) {
    const gull_graph *g = e->graph;
    e->pass32.n = e->pass64.n = n;
    put_input(e, x, n);
    for (size_t i = 0; i < e->runs.count; i++) {
        const gull_run *r = &e->runs.run[i];
        TRY(r->plan ? e->pass32.backend->plan_forward(r->plan)
                    : nodes_forward(e, r->first, r->last));
    }
    if (!e->runs.count) TRY(nodes_forward(e, 0, g->node_count));
    get(e, e->f64 ? (void *)e->pass64.value[g->output] : (void *)e->pass32.value[g->output],
        n * g->tensor[g->output].size, scores);
    return GULL_OK;
}

/* Of plans. */
static void clear_gradients(gull_evaluator *e) {
    const gull_graph *g = e->graph;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_live(g, t) && e->pass32.grad[t])
            memset(e->pass32.grad[t], 0, e->rows * g->tensor[t].size * sizeof(float));
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

static int backward(gull_evaluator *e, size_t n, double *gradient) {
    const gull_graph *g = e->graph;
    for (size_t i = e->runs.count; i-- > 0;) {
        const gull_run *r = &e->runs.run[i];
        TRY(r->plan ? e->pass32.backend->plan_backward(r->plan)
                    : nodes_backward(e, r->first, r->last));
    }
    if (!e->runs.count) TRY(nodes_backward(e, 0, g->node_count));
    get(e, e->f64 ? (void *)e->pass64.grad[g->input] : (void *)e->pass32.grad[g->input],
        n * g->tensor[g->input].size, gradient);
    return GULL_OK;
}

/* ---- Whole tiles, and what is left ---- */

static int forward_and_backward(gull_evaluator *e, const double *x, size_t n,
                                const gull_loss *loss, double *scores, double *value,
                                double *gradient) {
    TRY(allocate_gradients(e));
    TRY(forward(e, x, n, scores));
    if (e->runs.tile) clear_gradients(e);
    put_loss(e, n, loss, scores, value);
    return backward(e, n, gradient);
}

static double uneven_sum(const void *arg, const double *scores, int classes, double *w) {
    double sum = 0;
    (void)arg;
    for (int i = 0; i < classes; i++) sum += scores[i] * (w[i] = 1.0 / (i + 1));
    return sum;
}

/* Libraries promise no equal bits for tiles of different sizes, but their order of
 * summation does not depend on the numbers: some that are all different tell. */
static int compare_few(gull_evaluator *e, gull_evaluator *few, bool *same) {
    const size_t dim = e->graph->tensor[e->graph->input].size;
    const size_t classes = e->graph->tensor[e->graph->output].size, row = classes + dim;
    double *x = malloc((FEW * dim + 1) * sizeof *x), *a = malloc(2 * FEW * row * sizeof *a);
    const gull_loss loss[FEW] = {
        {uneven_sum, NULL}, {uneven_sum, NULL}, {uneven_sum, NULL}, {uneven_sum, NULL}};
    int status = x && a ? GULL_OK : GULL_ENOMEM;
    for (size_t i = 0; !status && i < FEW * dim; i++)
        x[i] = (float)((double)((i + 1) * 2654435761u % 16777216) / 16777216);
    double *b = a + FEW * row;
    if (!status)
        status = forward_and_backward(e, x, FEW, loss, a, NULL, a + FEW * classes);
    if (!status)
        status = forward_and_backward(few, x, FEW, loss, b, NULL, b + FEW * classes);
    *same = !status && !memcmp(a, b, FEW * row * sizeof *a);
    free(x);
    free(a);
    return status;
}

static int try_few(gull_evaluator *e) {
    bool same = false;
    e->few_tried = true;
    e->now = NULL;
    int status = new_evaluator(&e->few, e->graph, FEW, FEW, e->pass32.backend->name, NULL);
    if (!status && e->few->runs.tile) status = compare_few(e, e->few, &same);
    if (!same) {
        gull_evaluator_free(e->few);
        e->few = NULL;
    }
    return status;
}

/* The evaluator for the next of n rows, and how many of them. */
static int next_rows(gull_evaluator *e, size_t n, gull_evaluator **who, size_t *rows) {
    const bool few = e->runs.tile == TILE && n + FEW <= TILE;
    if (few && !e->few_tried) TRY(try_few(e));
    *who = few && e->few ? e->few : e;
    *rows = n < (*who)->rows ? n : (*who)->rows;
    return GULL_OK;
}

int gull_evaluator_forward(gull_evaluator *e, const double *x, size_t n, double *scores) {
    const size_t dim = e->graph->tensor[e->graph->input].size;
    const size_t classes = e->graph->tensor[e->graph->output].size;
    gull_evaluator *who;
    if (n > e->batch) return GULL_EUSAGE;
    for (size_t r = 0, here; r < n; r += here) {
        TRY(next_rows(e, n - r, &who, &here));
        who->now = e->draw ? e->draw + r : NULL;
        TRY(forward(who, x + r * dim, here, scores + r * classes));
    }
    return GULL_OK;
}

int gull_evaluator_gradient(gull_evaluator *e, const double *x, size_t n,
                            const gull_loss *loss, double *scores, double *value,
                            double *gradient) {
    const size_t dim = e->graph->tensor[e->graph->input].size;
    const size_t classes = e->graph->tensor[e->graph->output].size;
    gull_evaluator *who;
    if (n > e->batch) return GULL_EUSAGE;
    for (size_t r = 0, here; r < n; r += here) {
        TRY(next_rows(e, n - r, &who, &here));
        who->now = e->draw ? e->draw + r : NULL;
        TRY(forward_and_backward(who, x + r * dim, here, loss + r, scores + r * classes,
                                 value ? value + r : NULL, gradient + r * dim));
    }
    return GULL_OK;
}
