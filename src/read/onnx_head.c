/* onnx_head.c - what a network's output means, as nodes behind it, so that attacks, proofs
 * and the referee need not know: one score a class, the greatest wins.
 *
 * A squashing operator at the end (Softmax, LogSoftmax, Sigmoid) is left out where that
 * keeps the answer: its gradients vanish when the network is sure.  It may lie behind
 * operators that only move numbers.
 *
 * Detectors: a box's score for class K is its log-odds, behind a Softmax
 * z_K - log(sum of exp(z_j), j other), behind a Sigmoid z_K; p > T exactly when the
 * log-odds > log(T / (1 - T)).  The greatest over the boxes decides. */
#include "graph/softmax_state.h"
#include "read/onnx.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 16, CLASS_LIMIT = 1 << 20 };

/* ---- Squashing operators at the end ---- */

typedef struct tail {
    const gull_graph *graph;
    int squash;      /* the node found; of several Sigmoids one */
    bool sigmoid;
    bool per_row;    /* detect: Softmax along rows of `width` numbers each, rows kept whole */
    int64_t width;
} tail;

static bool is_sigmoid(const gull_node *n) { return !strcmp(n->op64->onnx, "Sigmoid"); }
static bool is_softmax(const gull_node *n) {
    return !strcmp(n->op64->onnx, "Softmax") || !strcmp(n->op64->onnx, "LogSoftmax");
}

static int64_t last_dim(const gull_graph *g, int t) {
    const gull_tensor *x = &g->tensor[t];
    return x->rank ? x->dims[x->rank - 1] : 1;
}

static size_t uses(const gull_graph *g, int t) {
    size_t n = 0;
    for (size_t i = 0; i < g->node_count; i++)
        for (int k = 0; k < g->node[i].in_count; k++) n += g->node[i].in[k] == t;
    return n;
}

/* Scores: one sum over all numbers.  Boxes: a sum for each row. */
static bool softmax_fits(const tail *t, int node) {
    const gull_node *n = &t->graph->node[node];
    const softmax_state *s = n->state;
    if (t->squash >= 0 && t->sigmoid) return false;
    if (t->per_row) return s->inner == 1 && (int64_t)s->length == t->width;
    return s->outer * s->inner == 1 && (t->squash < 0 || t->squash == node);
}

/* A node that moves numbers and adds none of its own; with per_row, whole rows of them. */
static bool moves(const tail *t, const gull_node *n, bool found_sigmoids_only) {
    static const char *const flat[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity",
                                       "Dropout", "Concat"};
    const gull_graph *g = t->graph;
    if (!(n->op64->traits(g, n) & GULL_OP_INDEX) || !strcmp(n->op64->onnx, "Pad") ||
        !strcmp(n->op64->onnx, "Where"))
        return false;
    if (!t->per_row || found_sigmoids_only) return true;
    bool known = false;
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
        known |= !strcmp(n->op64->onnx, flat[i]);
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] >= 0 && !gull__is_constant(g, n->in[k]) &&
            last_dim(g, n->in[k]) != t->width)
            return false;
    return known && last_dim(g, n->out) == t->width;
}

/* Whether every number of the tensor comes out of a squashing operator, only moved. */
static bool squashed(tail *t, int tensor, bool sigmoids, int depth) {
    const gull_graph *g = t->graph;
    const int producer = g->tensor[tensor].producer;
    if (producer < 0 || depth > DEPTH) return false;
    const gull_node *n = &g->node[producer];
    if (sigmoids ? is_sigmoid(n) : is_softmax(n)) {
        if (!sigmoids && !softmax_fits(t, producer)) return false;
        t->squash = producer;
        t->sigmoid = sigmoids;
        return true;
    }
    if ((depth && uses(g, tensor) != 1) || !moves(t, n, sigmoids)) return false;
    bool any = false;
    for (int k = 0; k < n->in_count; k++) {
        const int in = n->in[k];
        if (in >= 0 && gull__is_constant(g, in) && !strcmp(n->op64->onnx, "Concat")) return false;
        if (in < 0 || gull__is_constant(g, in)) continue;
        if (!squashed(t, in, sigmoids, depth + 1)) return false;
        any = true;
    }
    return any;
}

/* The tensor with the squashing operators behind it left out. */
static int unsquash(gull_graph *g, int tensor, bool sigmoids) {
    gull_node *n = &g->node[g->tensor[tensor].producer];
    if (sigmoids ? is_sigmoid(n) : is_softmax(n)) return n->in[0];
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] >= 0 && !gull__is_constant(g, n->in[k]))
            n->in[k] = unsquash(g, n->in[k], sigmoids);
    return tensor;
}

/* Leaves out what squashes; t->squash < 0: there is none. */
static int strip(onnx_build *b, int output, bool per_row, tail *t) {
    *t = (tail){b->graph, -1, false, per_row, last_dim(b->graph, output)};
    if (b->graph->tensor[output].producer < 0) return output;
    const bool sigmoids = squashed(t, output, true, 0);
    if (!sigmoids) {
        t->squash = -1;
        if (!squashed(t, output, false, 0)) t->squash = -1;
    }
    if (t->squash < 0) return output;
    b->stripped = b->graph->node[t->squash].op64->onnx;
    return unsquash(b->graph, output, sigmoids);
}

/* ---- Small affine pieces ---- */

/* x (rows x from) times w (from x to); takes w. */
static int times(onnx_build *b, int x, int64_t from, int64_t to, double *w, gull_error *err) {
    const int64_t dims[] = {from, to};
    if (!w) return GULL_ENOMEM;
    const int weights = gull__graph_constant(b->graph, "(head)", 2, dims, w);
    TRY(weights);
    const int in[] = {x, weights};
    return gull__graph_node(b->graph, "MatMul", "(head)", 0, in, 2, NULL, err);
}

static int plus(onnx_build *b, int x, int64_t n, const double *c, gull_error *err) {
    double *copy = malloc((size_t)n * sizeof *copy);
    if (!copy) return GULL_ENOMEM;
    memcpy(copy, c, (size_t)n * sizeof *copy);
    const int constant = gull__graph_constant(b->graph, "(head)", 1, &n, copy);
    TRY(constant);
    const int in[] = {x, constant};
    return gull__graph_node(b->graph, "Add", "(head)", 0, in, 2, NULL, err);
}

/* Axes of a tensor in front of its row: the batch axis of a graph that keeps it. */
static int lead(const gull_graph *g) { return gull_batch_axes(g) ? 0 : 1; }

/* x as rows of the given dims (without the batch axis). */
static int reshape(onnx_build *b, int x, int rank, const int64_t *dims, gull_error *err) {
    const gull_tensor *t = &b->graph->tensor[x];
    const int64_t count = rank + 1;
    const int skip = lead(b->graph);
    if (t->rank == rank + skip && !memcmp(t->dims + skip, dims, (size_t)rank * sizeof *dims))
        return x;
    double *shape = malloc((size_t)count * sizeof *shape);
    if (!shape) return GULL_ENOMEM;
    shape[0] = (double)b->graph->batch;
    for (int i = 0; i < rank; i++) shape[i + 1] = (double)dims[i];
    const int want = gull__graph_constant(b->graph, "(shape)", 1, &count, shape);
    TRY(want);
    const int in[] = {x, want};
    return gull__graph_node(b->graph, "Reshape", "(rows)", 0, in, 2, NULL, err);
}

static double *one_hot(int64_t n, int64_t at, double value) {
    double *w = calloc((size_t)n, sizeof *w);
    if (w) w[at] = value;
    return w;
}

/* One number z against a constant: the scores of "no" and "yes" are c and z. */
static int versus(onnx_build *b, int z, double c, gull_error *err) {
    const double against[] = {c, 0};
    const int64_t one = 1;
    z = reshape(b, z, 1, &one, err);
    if (z >= 0) z = times(b, z, 1, 2, one_hot(2, 1, 1), err);
    return z >= 0 && c != 0 ? plus(b, z, 2, against, err) : z;
}

/* ---- Detectors ---- */

/* The columns of x (rows x width) but column k, rows x (width - 1). */
static int other_columns(onnx_build *b, int x, int64_t width, int64_t k, gull_error *err) {
    double *w = calloc((size_t)(width * (width - 1)), sizeof *w);
    for (int64_t j = 0, to = 0; w && j < width; j++)
        if (j != k) w[j * (width - 1) + to++] = 1;
    return times(b, x, width, width - 1, w, err);
}

/* z_k - log(sum of exp(z_j), j != k) = z_k - z_o + log softmax(others)_o for any other o. */
static int log_odds(onnx_build *b, int x, int64_t width, int64_t k, gull_error *err) {
    const int64_t o = k == 0 ? 1 : 0;
    double *difference = one_hot(width, k, 1);
    if (difference) difference[o] = -1;
    const int plain = times(b, x, width, 1, difference, err);
    if (width == 2 || plain < 0) return plain;
    int rest = other_columns(b, x, width, k, err);
    TRY(rest);
    const gull_attribute axis = {.name = "axis", .kind = 'i',
                                 .i = b->graph->tensor[rest].rank - lead(b->graph)};
    const gull_attributes attributes = {&axis, 1};
    rest = gull__graph_node(b->graph, "LogSoftmax", "(head)", 0, &rest, 1, &attributes, err);
    if (rest >= 0) rest = times(b, rest, width - 1, 1, one_hot(width - 1, 0, 1), err);
    TRY(rest);
    const int in[] = {plain, rest};
    return gull__graph_node(b->graph, "Add", "(head)", 0, in, 2, NULL, err);
}

/* The greatest of n numbers, as a MaxPool over a picture of n pixels. */
static int greatest(onnx_build *b, int x, int64_t n, gull_error *err) {
    const int64_t picture[] = {1, n, 1}, window[] = {n, 1};
    if (n == 1) return x;
    x = reshape(b, x, 3, picture, err);
    TRY(x);
    const gull_attribute kernel = {.name = "kernel_shape", .kind = 'I', .ints = window,
                                   .count = 2};
    const gull_attributes attributes = {&kernel, 1};
    return gull__graph_node(b->graph, "MaxPool", "(the best box)", 0, &x, 1, &attributes, err);
}

static int check_threshold(const gull_head *h, const tail *t, gull_error *err) {
    if (isnan(h->threshold) || t->squash < 0 || (h->threshold > 0 && h->threshold < 1))
        return GULL_OK;
    return gull__fail(err, GULL_EUSAGE, "--head %s: the output is a probability; give a "
                      "threshold between 0 and 1", h->text);
}

/* What "no" scores: the threshold, on the scale behind the squashing operator. */
static double cut(const gull_head *h, const tail *t) {
    const double p = isnan(h->threshold) ? 0.5 : h->threshold;
    return t->squash < 0 ? p : log(p / (1 - p));
}

static int detect(onnx_build *b, const gull_head *h, int output, gull_error *err) {
    const gull_tensor out = b->graph->tensor[output];
    const bool rows_of_scores = out.rank > 1 + lead(b->graph);
    const int64_t width = rows_of_scores ? last_dim(b->graph, output) : 1;
    const int64_t boxes = (int64_t)out.size / width, rows[] = {boxes, width};
    const int64_t k = h->index < 0 && width == 1 ? 0 : h->index;
    if (k < 0 || k >= width)
        return gull__fail(err, GULL_EUSAGE, "--head %s: output '%.100s' has %" PRId64
                          " boxes of %" PRId64 " classes; give class=0 to class=%" PRId64, h->text,
                          out.name, boxes, width, width - 1);
    tail t;
    int x = strip(b, output, rows_of_scores, &t);
    TRY(check_threshold(h, &t, err));
    x = reshape(b, x, 2, rows, err);
    TRY(x);
    if (width > 1 && t.squash >= 0 && !t.sigmoid)
        x = log_odds(b, x, width, k, err);
    else if (width > 1)
        x = times(b, x, width, 1, one_hot(width, k, 1), err);
    if (x >= 0) x = greatest(b, x, boxes, err);
    b->cut = t.squash < 0 ? 0 : cut(h, &t);
    return x >= 0 ? versus(b, x, cut(h, &t), err) : x;
}

/* ---- The other heads ---- */

/* The number of the output that a head is about. */
static int one_number(onnx_build *b, const gull_head *h, int output, gull_error *err) {
    const gull_tensor out = b->graph->tensor[output];
    const int64_t n = (int64_t)out.size, k = h->index < 0 && n == 1 ? 0 : h->index;
    if (k < 0 || k >= n)
        return gull__fail(err, GULL_EUSAGE, "--head %s: output '%.100s' has %" PRId64 " numbers; "
                          "say which with index=0 to index=%" PRId64, h->text, out.name, n, n - 1);
    const int x = reshape(b, output, 1, &n, err);
    return x < 0 || n == 1 ? x : times(b, x, n, 1, one_hot(n, k, 1), err);
}

static int binary(onnx_build *b, const gull_head *h, int output, gull_error *err) {
    tail t = {.squash = -1};
    int x = b->graph->tensor[output].size == 1 ? strip(b, output, false, &t) : output;
    if (b->graph->tensor[output].size > 1) { /* several labels: only Sigmoids keep apart */
        tail s = {b->graph, -1, false, false, 0};
        if (squashed(&s, output, true, 0)) x = strip(b, output, false, &t);
    }
    if (t.squash >= 0 && !t.sigmoid) x = output, t.squash = -1;
    TRY(check_threshold(h, &t, err));
    x = one_number(b, h, x, err);
    if (x < 0) return x;
    b->cut = t.squash < 0 ? 0 : cut(h, &t);
    const bool logit = t.squash < 0 && isnan(h->threshold);
    return versus(b, x, logit ? 0 : cut(h, &t), err);
}

static int range(onnx_build *b, const gull_head *h, int output, gull_error *err) {
    static const double sign[] = {0, -1, 1};
    const double ends[] = {0, h->lo, -h->hi};
    int x = one_number(b, h, output, err);
    double *w = malloc(sizeof sign);
    if (w) memcpy(w, sign, sizeof sign);
    if (x < 0) {
        free(w);
        return x;
    }
    x = times(b, x, 1, 3, w, err);
    return x < 0 ? x : plus(b, x, 3, ends, err);
}

static int logits(onnx_build *b, int output, gull_error *err) {
    tail t;
    const int x = strip(b, output, false, &t);
    const size_t classes = b->graph->tensor[x].size;
    if (classes > CLASS_LIMIT)
        return gull__fail(err, GULL_EUNSUPPORTED, "output '%.100s' has %zu numbers, not the "
                          "scores of classes; --head says what they are",
                          b->graph->tensor[output].name, classes);
    return classes == 1 && !gull__is_constant(b->graph, x) ? versus(b, x, 0, err) : x;
}

int gull__onnx_head(onnx_build *b, int output, gull_error *err) {
    const gull_head plain = {.kind = GULL_HEAD_LOGITS};
    const gull_head *h = b->settings ? &b->settings->head : &plain;
    if (gull__is_constant(b->graph, output)) return output; /* refused when it is finished */
    switch (h->kind) {
    case GULL_HEAD_BINARY: return binary(b, h, output, err);
    case GULL_HEAD_DETECT: return detect(b, h, output, err);
    case GULL_HEAD_RANGE: return range(b, h, output, err);
    default: return logits(b, output, err);
    }
}

/* ---- What the result says of it ---- */

static int name_classes(gull_model_facts *f, const char *const *name) {
    f->class_names = calloc((size_t)f->classes, sizeof *f->class_names);
    if (!f->class_names) return GULL_ENOMEM;
    for (int k = 0; k < f->classes; k++)
        if (!(f->class_names[k] = strdup(name[k]))) return GULL_ENOMEM;
    return GULL_OK;
}

int gull__onnx_head_facts(const gull_settings *s, gull_model_facts *f) {
    static const char *const names[][3] = {
        {NULL}, {"no", "yes"}, {"none", "object"}, {"inside", "below", "above"}};
    const gull_head *h = &s->head;
    snprintf(f->head, sizeof f->head, "%s", h->text);
    if (h->kind == GULL_HEAD_LOGITS) return GULL_OK;
    f->scores = "margin";
    if (h->kind == GULL_HEAD_RANGE) {
        f->band[0] = h->lo;
        f->band[1] = h->hi;
    }
    return name_classes(f, names[h->kind]);
}
