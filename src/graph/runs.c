/* runs.c - see runs.h.  What a backend refuses is marked as unplanned and the cutting
 * starts again, so that every plan is made of layers it has fast code for. */
#include "graph/runs.h"
#include <stdlib.h>
#include <string.h>

typedef struct cutter {
    const gull_graph *graph;
    const gull_backend *backend;
    float **value;
    size_t tile;
    bool *planned;    /* per node: may stand in a plan */
    gull_layer *kind; /* per node: as its operator describes it */
    size_t *uses, *last_use; /* per tensor: by how many nodes; the last of them */
    /* The plan in work. */
    gull_layer *layer;
    size_t layers, *node_of; /* the node that a layer comes from */
    gull_blob *blob;
    size_t blobs;
    int *blob_of, *maker, *tensor; /* per tensor; per blob: its layer, or -1; its tensor */
} cutter;

static void free_cutter(cutter *c) {
    free(c->planned);
    free(c->kind);
    free(c->uses);
    free(c->last_use);
    free(c->layer);
    free(c->node_of);
    free(c->blob);
    free(c->blob_of);
    free(c->maker);
    free(c->tensor);
}

static bool activation(const gull_graph *g, int t) {
    return t >= 0 && (t == g->input || g->tensor[t].producer >= 0);
}

static int new_cutter(cutter *c) {
    const gull_graph *g = c->graph;
    const size_t nodes = g->node_count + 1, tensors = g->tensor_count + 1;
    c->planned = calloc(nodes, sizeof *c->planned);
    c->kind = calloc(nodes, sizeof *c->kind);
    c->uses = calloc(tensors, sizeof *c->uses);
    c->last_use = calloc(tensors, sizeof *c->last_use);
    c->layer = calloc(nodes, sizeof *c->layer);
    c->node_of = calloc(nodes, sizeof *c->node_of);
    c->blob = calloc(tensors, sizeof *c->blob);
    c->blob_of = calloc(tensors, sizeof *c->blob_of);
    c->maker = calloc(tensors, sizeof *c->maker);
    c->tensor = calloc(tensors, sizeof *c->tensor);
    return c->planned && c->kind && c->uses && c->last_use && c->layer && c->node_of &&
                   c->blob && c->blob_of && c->maker && c->tensor
               ? GULL_OK
               : GULL_ENOMEM;
}

static void look_at_nodes(cutter *c) {
    const gull_graph *g = c->graph;
    for (size_t i = 0; i < g->node_count; i++) {
        const gull_node *n = &g->node[i];
        c->planned[i] = n->op32->layer && n->op32->layer(g, n, &c->kind[i]);
        for (int k = 0; k < n->in_count; k++) {
            if (!activation(g, n->in[k])) continue;
            c->uses[n->in[k]]++;
            c->last_use[n->in[k]] = i;
        }
    }
}

static double map_of(const gull_conv_shape *s) {
    return (double)s->window.out[0] * (double)s->window.out[1];
}

void gull__runs_work(const gull_graph *g, double *conv, double *dense) {
    *conv = *dense = 0;
    for (size_t i = 0; i < g->node_count; i++) {
        const gull_node *n = &g->node[i];
        gull_layer l = {0};
        if (!n->op32->layer || !n->op32->layer(g, n, &l)) continue;
        if (l.kind == GULL_LAYER_CONV)
            *conv += map_of(&l.conv) * (double)g->tensor[n->in[1]].size;
        if (l.kind == GULL_LAYER_DENSE) *dense += (double)l.dense.in * (double)l.dense.out;
    }
}

/* ---- One plan ---- */

static bool set_blob(const gull_graph *g, int tensor, gull_blob *b) {
    const gull_tensor *t = &g->tensor[tensor];
    const int hidden = 1 - gull_batch_axes(g), rank = t->rank - hidden;
    const int64_t *dims = t->dims + hidden;
    if (rank < 1 || rank > 3 || (hidden && t->dims[0] != 1)) return false;
    *b = (gull_blob){.channels = (size_t)dims[0], .height = 1, .width = 1};
    b->flat = rank == 1;
    if (rank > 1) b->width = (size_t)dims[rank - 1];
    if (rank > 2) b->height = (size_t)dims[1];
    return true;
}

static bool is_wanted(const cutter *c, int t, size_t last) {
    return t == c->graph->output || c->last_use[t] >= last;
}

static float *rows_of(cutter *c, int t) {
    if (!c->value[t]) c->value[t] = gull__new_rows(c->graph, t, c->tile);
    return c->value[t];
}

/* A new blob for a tensor, by the layer to come (or given); -1: it cannot be one; -8. */
static int new_blob(cutter *c, int t, int maker, size_t last) {
    gull_blob b;
    if (!set_blob(c->graph, t, &b)) return -1;
    b.given = maker < 0;
    b.wanted = !b.given && is_wanted(c, t, last);
    if ((b.given || b.wanted) && !(b.plain = rows_of(c, t))) return GULL_ENOMEM;
    c->blob[c->blobs] = b;
    c->maker[c->blobs] = maker;
    c->tensor[c->blobs] = t;
    c->blob_of[t] = (int)c->blobs;
    return (int)c->blobs++;
}

/* The layer that makes tensor t and could do one more step at once. */
static gull_layer *open_layer(cutter *c, int t, size_t last) {
    const int b = c->blob_of[t], made = b < 0 ? -1 : c->maker[b];
    if (made < 0 || c->uses[t] != 1 || is_wanted(c, t, last)) return NULL;
    gull_layer *l = &c->layer[made];
    return l->relu || l->out != b || c->tensor[b] != t ? NULL : l;
}

/* The blob of the step's input now is its output's. */
static int pass_on(cutter *c, int from, int to, size_t last) {
    const int b = c->blob_of[from];
    c->blob_of[to] = b;
    c->tensor[b] = to;
    c->blob[b].wanted = is_wanted(c, to, last);
    if (!c->blob[b].wanted) return GULL_OK;
    return (c->blob[b].plain = rows_of(c, to)) ? GULL_OK : GULL_ENOMEM;
}

/* Only dense layers (and further renaming) read a renamed map. */
static bool may_rename(const cutter *c, const gull_node *n, size_t last) {
    const gull_graph *g = c->graph;
    const gull_tensor *a = &g->tensor[n->in[0]], *b = &g->tensor[n->out];
    const bool same = a->rank == b->rank && !memcmp(a->dims, b->dims, sizeof a->dims[0] *
                                                    (size_t)a->rank);
    const int blob = c->blob_of[n->in[0]];
    if (blob < 0 || c->maker[blob] < 0 || is_wanted(c, n->out, last)) return false;
    for (size_t i = 0; i < last; i++)
        for (int k = 0; k < g->node[i].in_count; k++)
            if (g->node[i].in[k] == n->out && !same && c->kind[i].kind != GULL_LAYER_DENSE &&
                c->kind[i].kind != GULL_LAYER_RENAME)
                return false;
    return true;
}

static int input_blob(cutter *c, int t, size_t last) {
    return c->blob_of[t] >= 0 ? c->blob_of[t] : new_blob(c, t, -1, last);
}

static int add_whole_layer(cutter *c, size_t i, size_t last) {
    const gull_node *n = &c->graph->node[i];
    gull_layer l = c->kind[i];
    const bool sum = l.kind == GULL_LAYER_ADD;
    const int a = input_blob(c, n->in[0], last);
    const int b = sum && a >= 0 ? input_blob(c, n->in[1], last) : a;
    const int out = b >= 0 ? new_blob(c, n->out, (int)c->layers, last) : b;
    if (out < 0) return out;
    l.in[0] = a;
    l.in[1] = b;
    l.out = out;
    c->node_of[c->layers] = i;
    c->layer[c->layers++] = l;
    return GULL_OK;
}

/* GULL_OK; -1: the node cannot be part of this plan; GULL_ENOMEM. */
static int add_node(cutter *c, size_t i, size_t last) {
    const gull_node *n = &c->graph->node[i];
    const gull_layer *l = &c->kind[i];
    if (l->kind == GULL_LAYER_RENAME) {
        if (!may_rename(c, n, last)) return -1;
        c->blob_of[n->out] = c->blob_of[n->in[0]];
        return GULL_OK;
    }
    gull_layer *open = l->kind == GULL_LAYER_ADD || n->in[0] < 0
                           ? NULL
                           : open_layer(c, n->in[l->in[0]], last);
    if (open && open->kind > GULL_LAYER_DENSE && open->kind != GULL_LAYER_ADD) open = NULL;
    if (l->kind == GULL_LAYER_RELU && open) {
        open->relu = true;
        open->top = l->top;
        return pass_on(c, n->in[0], n->out, last);
    }
    if (l->kind == GULL_LAYER_BIAS) {
        if (!open || open->bias || open->kind > GULL_LAYER_DENSE) return -1;
        open->bias = l->bias;
        return pass_on(c, n->in[l->in[0]], n->out, last);
    }
    return add_whole_layer(c, i, last);
}

static bool has_products(const cutter *c) {
    for (size_t k = 0; k < c->layers; k++)
        if (c->layer[k].kind <= GULL_LAYER_DENSE) return true;
    return false;
}

/* Where a plan fails, marks what is to stay out of it: *again. */
static int plan_run(cutter *c, gull_run *r, bool *again) {
    size_t bad = 0;
    int status = GULL_OK;
    c->layers = c->blobs = 0;
    for (size_t t = 0; t < c->graph->tensor_count; t++) c->blob_of[t] = -1;
    for (size_t i = r->first; i < r->last; i++) {
        status = add_node(c, i, r->last);
        if (status == -1) c->planned[i] = false, *again = true;
        if (status < 0) return status == -1 ? GULL_OK : status;
    }
    if (!has_products(c)) {
        for (size_t i = r->first; i < r->last; i++) c->planned[i] = false;
        *again = true;
        return GULL_OK;
    }
    status = c->backend->plan_new(c->layer, c->layers, c->blob, c->blobs, c->tile,
                                  c->graph->packs, &r->plan, &bad);
    if (status == GULL_ENOMEM) return status;
    if (status < 0) {
        c->planned[c->node_of[bad]] = false;
        *again = true;
        return GULL_OK;
    }
    r->blobs = c->blobs;
    r->tensor = malloc((c->blobs + 1) * sizeof *r->tensor);
    if (!r->tensor) return GULL_ENOMEM;
    for (size_t k = 0; k < c->blobs; k++)
        r->tensor[k] = c->blob[k].given || c->blob[k].wanted ? c->tensor[k] : -1;
    return GULL_OK;
}

/* ---- All of them ---- */

void gull__runs_free(const gull_backend *b, gull_runs *runs) {
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->run[i].plan) b->plan_free(runs->run[i].plan);
        free(runs->run[i].tensor);
    }
    free(runs->run);
    runs->run = NULL;
    runs->count = runs->tile = 0;
}

static int cut(cutter *c, gull_runs *out, bool *again) {
    const size_t nodes = c->graph->node_count;
    out->run = calloc(nodes + 1, sizeof *out->run);
    if (!out->run) return GULL_ENOMEM;
    for (size_t i = 0; i < nodes && !*again;) {
        gull_run *r = &out->run[out->count++];
        r->first = r->last = i;
        while (r->last < nodes && c->planned[r->last] == c->planned[i]) r->last++;
        i = r->last;
        if (!c->planned[r->first]) continue;
        TRY(plan_run(c, r, again));
        out->tile = c->tile;
    }
    return GULL_OK;
}

static int cut_until_it_fits(cutter *c, gull_runs *out) {
    bool again = true;
    while (again) {
        again = false;
        gull__runs_free(c->backend, out);
        TRY(cut(c, out, &again));
    }
    return GULL_OK;
}

/* Tensors that nodes outside plans, or the caller, see. */
static int fill_rows(const gull_graph *g, const gull_runs *runs, float **set) {
    for (size_t r = 0; r < runs->count; r++)
        for (size_t i = runs->run[r].first; !runs->run[r].plan && i < runs->run[r].last; i++)
            for (int k = -1; k < g->node[i].in_count; k++) {
                const int t = k < 0 ? g->node[i].out : g->node[i].in[k];
                if (!activation(g, t) || set[t]) continue;
                if (!(set[t] = gull__new_rows(g, t, runs->tile))) return GULL_ENOMEM;
            }
    for (int k = 0; k < 2; k++) {
        const int t = k ? g->output : g->input;
        if (!set[t] && !(set[t] = gull__new_rows(g, t, runs->tile))) return GULL_ENOMEM;
    }
    return GULL_OK;
}

int gull__runs_new(const gull_graph *g, const gull_backend *b, size_t tile, float **value,
                   gull_runs *out) {
    cutter c = {.graph = g, .backend = b, .value = value, .tile = tile};
    *out = (gull_runs){NULL, 0, 0};
    int status = new_cutter(&c);
    if (status == GULL_OK) {
        look_at_nodes(&c);
        status = cut_until_it_fits(&c, out);
    }
    free_cutter(&c);
    if (status == GULL_OK && out->tile) status = fill_rows(g, out, value);
    return status;
}

static int run_gradient(const gull_graph *g, const gull_backend *b, float **grad,
                        size_t tile, gull_run *r) {
    float **of_blob = calloc(r->blobs + 1, sizeof *of_blob);
    if (!of_blob) return GULL_ENOMEM;
    int status = GULL_OK;
    for (size_t k = 0; k < r->blobs && status == GULL_OK; k++) {
        const int t = r->tensor[k];
        if (t < 0) continue;
        if (!grad[t]) grad[t] = gull__new_rows(g, t, tile);
        of_blob[k] = grad[t];
        if (!grad[t]) status = GULL_ENOMEM;
    }
    if (status == GULL_OK) status = b->plan_gradient(r->plan, of_blob);
    free(of_blob);
    return status;
}

int gull__runs_gradient(const gull_graph *g, const gull_backend *b, float **grad,
                        gull_runs *runs) {
    TRY(fill_rows(g, runs, grad));
    for (size_t i = 0; i < runs->count; i++)
        if (runs->run[i].plan) TRY(run_gradient(g, b, grad, runs->tile, &runs->run[i]));
    return GULL_OK;
}
