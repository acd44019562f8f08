/* graph.c - builds a graph node by node: looks the operator up, lets it check its shapes,
 * keeps ownership of everything. */
#include "graph/graph.h"
#include "num/packs.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const int64_t TENSOR_LIMIT = 1 << 28; /* numbers per row or constant */

#define OP(n) extern const gull_op gull_op_##n##_f32, gull_op_##n##_f64;
#include "graph/ops/ops.def"
#undef OP
const gull_op *const gull_ops32[] = {
#define OP(n) &gull_op_##n##_f32,
#include "graph/ops/ops.def"
#undef OP
    NULL};
const gull_op *const gull_ops64[] = {
#define OP(n) &gull_op_##n##_f64,
#include "graph/ops/ops.def"
#undef OP
    NULL};

static const gull_attribute *attribute(const gull_attributes *a, const char *name,
                                       char kind) {
    for (size_t i = 0; a && i < a->count; i++)
        if (a->item[i].kind == kind && !strcmp(a->item[i].name, name)) return &a->item[i];
    return NULL;
}

int64_t gull_attr_int(const gull_attributes *a, const char *name, int64_t preset) {
    const gull_attribute *it = attribute(a, name, 'i');
    return it ? it->i : preset;
}

double gull_attr_float(const gull_attributes *a, const char *name, double preset) {
    const gull_attribute *it = attribute(a, name, 'f');
    return it ? it->f : preset;
}

const char *gull_attr_string(const gull_attributes *a, const char *name,
                             const char *preset) {
    const gull_attribute *it = attribute(a, name, 's');
    return it ? it->s : preset;
}

size_t gull_attr_ints(const gull_attributes *a, const char *name, const int64_t **out) {
    const gull_attribute *it = attribute(a, name, 'I');
    *out = it ? it->ints : NULL;
    return it ? it->count : 0;
}

gull_graph *gull__graph_new(int64_t opset) {
    gull_graph *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->packs = gull__packs_new();
    if (!g->packs) {
        free(g);
        return NULL;
    }
    g->opset = opset;
    g->batch = 1;
    g->input = g->output = -1;
    return g;
}

static void free_node(gull_node *n) {
    if (n->state && n->op64->release) n->op64->release(n->state);
    free(n->state);
    free(n->name);
}

void gull_graph_free(gull_graph *g) {
    if (!g) return;
    for (size_t i = 0; i < g->node_count; i++) free_node(&g->node[i]);
    for (size_t i = 0; i < g->tensor_count; i++) {
        free((void *)(uintptr_t)g->tensor[i].f32);
        free((void *)(uintptr_t)g->tensor[i].f64);
        free(g->tensor[i].name);
    }
    gull__packs_free(g->packs);
    free(g->node);
    free(g->tensor);
    free(g);
}

bool gull__is_constant(const gull_graph *g, int tensor) {
    return tensor >= 0 && g->tensor[tensor].producer == -2;
}

void gull__graph_sum(gull_graph *g, size_t terms) {
    if (g->longest_sum < terms) g->longest_sum = terms;
}

/* Room for one more in an array that doubles at powers of two. */
static void *grown(void *array, size_t count, size_t item) {
    if (count & (count - 1)) return array;
    return realloc(array, (count ? count * 2 : 1) * item);
}

static int set_dims(gull_tensor *t, int rank, const int64_t *dims, gull_error *err) {
    int64_t size = 1;
    if (rank < 0 || rank > GULL_RANK)
        return gull__fail(err, GULL_EUNSUPPORTED, "a tensor of rank %d, at most %d", rank,
                          GULL_RANK);
    t->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < (t->producer == -2 ? 0 : 1))
            return gull__fail(err, GULL_EUNSUPPORTED, "a dimension of size %" PRId64,
                              dims[i]);
        if (dims[i] > TENSOR_LIMIT / (size ? size : 1))
            return gull__fail(err, GULL_EUNSUPPORTED, "a tensor of more than %" PRId64
                              " numbers", TENSOR_LIMIT);
        t->dims[i] = dims[i];
        size *= dims[i];
    }
    t->size = (size_t)size;
    return GULL_OK;
}

static int new_tensor(gull_graph *g, const char *name, int producer) {
    gull_tensor *more = grown(g->tensor, g->tensor_count, sizeof *more);
    char *copy = strdup(name ? name : "");
    if (more) g->tensor = more;
    if (!more || !copy) {
        free(copy);
        return GULL_ENOMEM;
    }
    g->tensor[g->tensor_count] = (gull_tensor){.producer = producer, .name = copy};
    return (int)g->tensor_count++;
}

int gull__graph_input(gull_graph *g, const char *name, int rank, const int64_t *dims) {
    const int t = new_tensor(g, name, -1);
    TRY(t);
    TRY(set_dims(&g->tensor[t], rank, dims, NULL));
    g->input = t;
    return t;
}

int gull__graph_constant(gull_graph *g, const char *name, int rank, const int64_t *dims,
                         double *values) {
    const int t = new_tensor(g, name, -2);
    int status = t < 0 ? t : set_dims(&g->tensor[t], rank, dims, NULL);
    float *f32 = status < 0 ? NULL : calloc(g->tensor[t].size + 1, sizeof *f32);
    if (status >= 0 && !f32) status = GULL_ENOMEM;
    if (status < 0) {
        free(values);
        return status;
    }
    for (size_t i = 0; i < g->tensor[t].size; i++) f32[i] = (float)values[i];
    g->tensor[t].f32 = f32;
    g->tensor[t].f64 = values;
    return t;
}

int gull__graph_shape(gull_graph *g, const gull_node *n, int rank, const int64_t *dims,
                      gull_error *err) {
    return set_dims(&g->tensor[n->out], rank, dims, err);
}

static int find_op(const gull_graph *g, const char *onnx, gull_node *node, gull_error *err) {
    for (size_t i = 0; gull_ops64[i]; i++)
        if (!strcmp(gull_ops64[i]->onnx, onnx)) {
            node->op32 = gull_ops32[i];
            node->op64 = gull_ops64[i];
        }
    if (!node->op64)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "operator %s (opset %" PRId64
                          ") is not supported; see `gull list operators`",
                          onnx, g->opset);
    if (g->opset < node->op64->since || g->opset > node->op64->until)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "operator %s is supported from opset %d to %d, not in %" PRId64,
                          onnx, node->op64->since, node->op64->until, g->opset);
    return GULL_OK;
}

static int has_activation(const gull_graph *g, const gull_node *n, gull_error *err) {
    for (int i = 0; i < n->in_count; i++)
        if (n->in[i] >= 0 && !gull__is_constant(g, n->in[i])) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "no input depends on the model's input");
}

/* Operators may look at every input that they do not call optional. */
static int has_inputs(const gull_node *n, gull_error *err) {
    const int optional = n->op64->optional ? n->op64->optional : n->in_count;
    for (int i = 0; i < n->in_count && i < optional; i++)
        if (n->in[i] < 0) return gull__fail(err, GULL_EFORMAT, "input %d is missing", i);
    return GULL_OK;
}

/* Nor do they expect tensors of no numbers. */
static int has_numbers(const gull_graph *g, const gull_node *n, gull_error *err) {
    for (int i = 0; i < n->in_count; i++)
        if (n->in[i] >= 0 && !g->tensor[n->in[i]].size)
            return gull__fail(err, GULL_EUNSUPPORTED, "input %d holds no numbers", i);
    return GULL_OK;
}

static int has_port(const gull_node *n, const gull_attributes *a, gull_error *err) {
    const int64_t port = gull_attr_int(a, "(port)", 0);
    if (port < (n->op64->outputs ? n->op64->outputs : 1)) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "its output %" PRId64 " is not supported",
                      port);
}

/* Turns an activation's leading 1 into the batch axis that rows do not have, or back. */
static void hide_axis(gull_tensor *t) {
    memmove(t->dims, t->dims + 1, (size_t)--t->rank * sizeof *t->dims);
}
static void show_axis(gull_tensor *t) {
    memmove(t->dims + 1, t->dims, (size_t)t->rank++ * sizeof *t->dims);
    t->dims[0] = 1;
}

/* Each activation among the inputs, once. */
static bool is_first(const gull_graph *g, const gull_node *n, int k) {
    if (n->in[k] < 0 || gull__is_constant(g, n->in[k])) return false;
    for (int j = 0; j < k; j++)
        if (n->in[j] == n->in[k]) return false;
    return true;
}

static int can_hide(const gull_graph *g, const gull_node *n, gull_error *err) {
    for (int k = 0; k < n->in_count; k++)
        if (is_first(g, n, k) &&
            (!g->tensor[n->in[k]].rank || g->tensor[n->in[k]].dims[0] != 1))
            return gull__fail(err, GULL_EUNSUPPORTED, "the first axis is not a batch");
    return GULL_OK;
}

/* In an unbatched graph, for an operator that counts on a batch axis. */
static int prepare_batched(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                           gull_error *err) {
    TRY(can_hide(g, n, err));
    for (int k = 0; k < n->in_count; k++)
        if (is_first(g, n, k)) hide_axis(&g->tensor[n->in[k]]);
    g->unbatched = false;
    int status = n->op64->prepare(g, n, attributes, err);
    g->unbatched = true;
    for (int k = 0; k < n->in_count; k++)
        if (is_first(g, n, k)) show_axis(&g->tensor[n->in[k]]);
    if (status >= 0 && g->tensor[n->out].rank == GULL_RANK)
        status = gull__fail(err, GULL_EUNSUPPORTED, "an output of %d dimensions",
                            GULL_RANK + 1);
    if (status >= 0) show_axis(&g->tensor[n->out]);
    return status;
}

static int prepare(gull_graph *g, gull_node *n, const char *onnx,
                   const gull_attributes *attributes, gull_error *err) {
    TRY(find_op(g, onnx, n, err));
    TRY(has_port(n, attributes, err));
    TRY(has_inputs(n, err));
    TRY(has_numbers(g, n, err));
    TRY(has_activation(g, n, err));
    n->state = calloc(1, n->op64->state_size ? n->op64->state_size : 1);
    if (!n->state) return GULL_ENOMEM;
    g->tensor[n->out].type = n->in_count && n->in[0] >= 0 ? g->tensor[n->in[0]].type : GULL_F32;
    return g->unbatched && !n->op64->unbatched
               ? prepare_batched(g, n, attributes, err)
               : n->op64->prepare(g, n, attributes, err);
}

int gull__graph_node(gull_graph *g, const char *onnx, const char *name, int number,
                     const int *in, int in_count, const gull_attributes *attributes,
                     gull_error *err) {
    gull_error phrase = {0, ""};
    gull_node *more = grown(g->node, g->node_count, sizeof *more);
    if (!more) return GULL_ENOMEM;
    g->node = more;
    gull_node *n = &g->node[g->node_count];
    *n = (gull_node){.in_count = in_count, .number = number};
    const int out = new_tensor(g, name, (int)g->node_count);
    TRY(out);
    n->out = out;
    n->name = strdup(name ? name : "");
    for (int i = 0; i < in_count && i < GULL_INPUTS; i++) n->in[i] = in[i];
    int status = !n->name ? GULL_ENOMEM
                 : in_count > GULL_INPUTS
                     ? gull__fail(&phrase, GULL_EUNSUPPORTED, "%d inputs, at most %d", in_count,
                                  GULL_INPUTS)
                     : prepare(g, n, onnx, attributes, &phrase);
    if (status < 0) {
        free_node(n);
        return gull__fail(err, status, "node %d (%s '%s'): %s", number, onnx,
                          name ? name : "",
                          phrase.text[0] ? phrase.text : gull_status_text(status));
    }
    g->node_count++;
    return out;
}

/* Nodes that the output needs, marked from the end. */
static void mark_needed(const gull_graph *g, int output, bool *need) {
    if (g->tensor[output].producer >= 0) need[g->tensor[output].producer] = true;
    for (size_t i = g->node_count; i-- > 0;)
        for (int k = 0; need[i] && k < g->node[i].in_count; k++) {
            const int t = g->node[i].in[k];
            if (t >= 0 && g->tensor[t].producer >= 0) need[g->tensor[t].producer] = true;
        }
}

int gull__graph_finish(gull_graph *g, int output, gull_error *err) {
    if (gull__is_constant(g, output))
        return gull__fail(err, GULL_EUNSUPPORTED, "the output does not depend on the input");
    bool *need = calloc(g->node_count + 1, sizeof *need);
    if (!need) return GULL_ENOMEM;
    mark_needed(g, output, need);
    const int status = gull__graph_fold(g, output, need);
    if (status < 0) {
        free(need);
        return status;
    }
    size_t kept = 0;
    for (size_t i = 0; i < g->node_count; i++) {
        if (need[i]) {
            g->tensor[g->node[i].out].producer = (int)kept;
            g->node[kept++] = g->node[i];
        } else {
            g->tensor[g->node[i].out].producer = -3; /* never computed */
            free_node(&g->node[i]);
        }
    }
    g->node_count = kept;
    g->output = output;
    free(need);
    return GULL_OK;
}
