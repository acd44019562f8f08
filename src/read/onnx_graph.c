/* onnx_graph.c - a GraphProto becomes a gull_graph: names, constants, nodes in the file's
 * (topological) order, the batch axis stripped. */
#include "read/onnx.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN = 2 }; /* attributes of the reader itself */
enum { NODE_LIMIT = 200000, NAME_LIMIT = 1000000, NAME_LENGTH = 4096 };

static int by_name(const void *a, const void *b) {
    return strcmp(((const onnx_name *)a)->name, ((const onnx_name *)b)->name);
}

static onnx_name *find(const onnx_build *b, const char *name) {
    const onnx_name key = {name, -1, -1, false};
    return b->name_count ? bsearch(&key, b->name, b->name_count, sizeof key, by_name) : NULL;
}

const char *gull__onnx_title(const Onnx__NodeProto *n) {
    if (n->name && *n->name) return n->name;
    return n->n_output && n->output[0] ? n->output[0] : "";
}

int gull__onnx_node_error(int code, size_t i, const Onnx__NodeProto *n,
                          const gull_error *phrase, gull_error *err) {
    return gull__fail(err, code, "node %zu (%.60s '%.100s'): %s", i,
                      n->op_type ? n->op_type : "?", gull__onnx_title(n),
                      phrase->text[0] ? phrase->text : gull_status_text(code));
}

static size_t names_in(const Onnx__GraphProto *g) {
    size_t n = g->n_input + g->n_initializer + g->n_sparse_initializer;
    for (size_t i = 0; i < g->n_node; i++) n += g->node[i]->n_output;
    return n;
}

static void add_name(onnx_build *b, const char *name, int producer) {
    if (name && *name) b->name[b->name_count++] = (onnx_name){name, -1, producer, false};
}

/* An input that is also an initializer is allowed; any other double name is not. */
static int unite_names(onnx_build *b, gull_error *err) {
    size_t kept = 0;
    qsort(b->name, b->name_count, sizeof *b->name, by_name);
    for (size_t i = 0; i < b->name_count; i++) {
        if (strlen(b->name[i].name) > NAME_LENGTH)
            return gull__fail(err, GULL_EFORMAT, "a name of more than %d bytes", NAME_LENGTH);
        if (kept && !strcmp(b->name[kept - 1].name, b->name[i].name)) {
            if (b->name[kept - 1].producer >= 0 || b->name[i].producer >= 0)
                return gull__fail(err, GULL_EFORMAT, "two values are named '%.100s'",
                                  b->name[i].name);
            continue;
        }
        b->name[kept++] = b->name[i];
    }
    b->name_count = kept;
    return GULL_OK;
}

static int collect_names(onnx_build *b, gull_error *err) {
    const Onnx__GraphProto *g = b->proto;
    const size_t room = names_in(g);
    if (g->n_node > NODE_LIMIT || room > NAME_LIMIT)
        return gull__fail(err, GULL_EUNSUPPORTED, "%zu nodes and %zu values, more than gull "
                          "reads", g->n_node, room);
    b->name = calloc(room + 1, sizeof *b->name);
    if (!b->name) return GULL_ENOMEM;
    for (size_t i = 0; i < g->n_input; i++) add_name(b, g->input[i]->name, -1);
    for (size_t i = 0; i < g->n_initializer; i++) add_name(b, g->initializer[i]->name, -1);
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        if (g->sparse_initializer[i]->values)
            add_name(b, g->sparse_initializer[i]->values->name, -1);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_output; k++)
            add_name(b, g->node[i]->output[k], (int)i);
    return unite_names(b, err);
}

/* Walks back from the output; works in any order of nodes. */
static int mark_needed(onnx_build *b, const char *output, gull_error *err) {
    const Onnx__GraphProto *g = b->proto;
    onnx_name **open = malloc((b->name_count + 1) * sizeof *open), *v = find(b, output);
    size_t n = 0;
    if (!open) return GULL_ENOMEM;
    if (v) {
        v->needed = true;
        open[n++] = v;
    }
    while (n) {
        const onnx_name *at = open[--n];
        const Onnx__NodeProto *node = at->producer >= 0 ? g->node[at->producer] : NULL;
        for (size_t k = 0; node && k < node->n_input; k++) {
            onnx_name *in = find(b, node->input[k]);
            if (!in || in->needed) continue;
            in->needed = true;
            open[n++] = in;
        }
    }
    free(open);
    return v ? GULL_OK
             : gull__fail(err, GULL_EFORMAT, "output '%.100s' is produced by no node", output);
}

static int add_initializer(onnx_build *b, const Onnx__TensorProto *t, gull_error *err) {
    gull_error phrase = {0, ""};
    onnx_name *name = t->name ? find(b, t->name) : NULL;
    int rank = 0;
    int64_t dims[ONNX_RANK];
    double *values;
    int type = GULL_F32;
    if (!name || !name->needed) return GULL_OK;
    if (name->tensor >= 0)
        return gull__fail(err, GULL_EFORMAT, "two constants are named '%.100s'", t->name);
    int status = gull__onnx_tensor(b, t, &rank, dims, &type, &values, &phrase);
    if (status >= 0) status = gull__graph_constant(b->graph, t->name, rank, dims, values);
    if (status < 0)
        return gull__fail(err, status, "constant '%.100s': %s", t->name,
                          phrase.text[0] ? phrase.text : "it is too large");
    name->tensor = status;
    b->graph->tensor[status].type = type;
    b->parameters += b->graph->tensor[status].size;
    return GULL_OK;
}

static bool has_value(const Onnx__TensorShapeProto__Dimension *d) {
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
           d->dim_value >= 1;
}

/* Refused by name where it is needed. */
static int check_sparse(const onnx_build *b, const Onnx__SparseTensorProto *t,
                        gull_error *err) {
    const char *title = t->values && t->values->name ? t->values->name : "";
    const onnx_name *name = find(b, title);
    if (!name || !name->needed) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "constant '%.100s': a sparse tensor is not "
                      "supported", title);
}

/* The dims of an input without its batch axis, if there is one. */
static int input_dims(const onnx_build *b, const Onnx__ValueInfoProto *v, int *rank,
                      int64_t *dims, gull_error *err) {
    const Onnx__TypeProto__Tensor *t = v->type && v->type->value_case ==
                                       ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
                                           ? v->type->tensor_type : NULL;
    const Onnx__TensorShapeProto *s = t ? t->shape : NULL;
    if (!s || !s->n_dim)
        return gull__fail(err, GULL_EUNSUPPORTED, "input '%.100s' has no shape", v->name);
    if (s->n_dim == 1 && has_value(s->dim[0]) && s->dim[0]->dim_value > 1 && !b->unbatched)
        return gull__fail(err, GULL_EUNSUPPORTED, "input '%.100s' has no batch axis", v->name);
    const size_t first = b->unbatched ? 0 : 1;
    if (s->n_dim > GULL_RANK + first)
        return gull__fail(err, GULL_EUNSUPPORTED, "input '%.100s' has %zu dimensions",
                          v->name, s->n_dim);
    *rank = 0;
    for (size_t i = first; i < s->n_dim; i++) {
        if (i && !has_value(s->dim[i]))
            return gull__fail(err, GULL_EUNSUPPORTED,
                              "dimension %zu of input '%.100s' is not fixed; export the model "
                              "with a fixed shape", i + 1, v->name);
        dims[(*rank)++] = has_value(s->dim[i]) ? s->dim[i]->dim_value : 1;
    }
    return GULL_OK;
}

static int add_input(onnx_build *b, const Onnx__ValueInfoProto *v, gull_error *err) {
    int64_t dims[GULL_RANK + 1];
    int rank = 0;
    onnx_name *name = v->name ? find(b, v->name) : NULL;
    if (!name || !name->needed || name->tensor >= 0) return GULL_OK;
    if (b->graph->input >= 0)
        return gull__fail(err, GULL_EUNSUPPORTED, "two inputs, '%.100s' and '%.100s'; gull "
                          "reads models of one", b->graph->tensor[b->graph->input].name,
                          v->name);
    TRY(input_dims(b, v, &rank, dims, err));
    const int type = v->type->tensor_type->elem_type;
    if (type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
        type != ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
        return gull__fail(err, GULL_EUNSUPPORTED, "input '%.100s' has elements of type %d, "
                          "expected float", v->name, type);
    const Onnx__TensorShapeProto__Dimension *first = v->type->tensor_type->shape->dim[0];
    const bool axes = v->type->tensor_type->shape->n_dim > 1;
    if (!b->unbatched && axes && has_value(first) && first->dim_value > 1)
        b->graph->batch = first->dim_value;
    b->f64 = type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    gull_error phrase = {0, ""};
    name->tensor = gull__onnx_input(b, v->name, rank, dims, &phrase);
    if (name->tensor < 0)
        return phrase.text[0] ? gull__fail(err, name->tensor, "%s", phrase.text)
                              : gull__fail(err, name->tensor, "input '%.100s' is too large",
                                           v->name);
    b->graph->tensor[name->tensor].type = b->f64 ? GULL_F64 : GULL_F32;
    return GULL_OK;
}

static char kind_of(const Onnx__AttributeProto *a) {
    if (a->n_ints) return 'I';
    if (a->has_s) return 's';
    if (a->has_f) return 'f';
    return a->has_i ? 'i' : 0;
}

static void free_attributes(gull_attribute *item, size_t n) {
    for (size_t i = 0; item && i < n; i++) free((void *)(uintptr_t)item[i].s);
    free(item);
}

/* First which output of the node is meant, and how many there are. */
static int attributes_of(const Onnx__NodeProto *n, size_t port, gull_attribute **out) {
    gull_attribute *item = calloc(n->n_attribute + OWN, sizeof *item);
    *out = item;
    if (!item) return GULL_ENOMEM;
    *item++ = (gull_attribute){.name = "(port)", .kind = 'i', .i = (int64_t)port};
    *item++ = (gull_attribute){.name = "(outputs)", .kind = 'i', .i = (int64_t)n->n_output};
    for (size_t i = 0; i < n->n_attribute; i++) {
        const Onnx__AttributeProto *a = n->attribute[i];
        item[i] = (gull_attribute){a->name ? a->name : "", kind_of(a), a->i, a->f, NULL,
                                   a->ints, a->n_ints};
        if (item[i].kind != 's') continue;
        item[i].s = strndup((const char *)a->s.data, a->s.data ? a->s.len : 0);
        if (!item[i].s) return GULL_ENOMEM;
    }
    return GULL_OK;
}

/* Constants of no numbers count as absent, and Concat does without them. */
static void leave_out_empty(const onnx_build *b, const Onnx__NodeProto *n, int *in,
                            int *count) {
    const bool concat = n->op_type && !strcmp(n->op_type, "Concat");
    int kept = concat ? 0 : 1;
    for (int k = kept; k < *count; k++) {
        const bool empty = in[k] >= 0 && !b->graph->tensor[in[k]].size;
        if (!concat) in[k] = empty ? -1 : in[k];
        else if (!empty || (k == *count - 1 && !kept)) in[kept++] = in[k];
    }
    if (concat) *count = kept;
}

static int inputs_of(const onnx_build *b, const Onnx__NodeProto *n, int *in, int *count,
                     gull_error *phrase) {
    if (n->n_input > GULL_INPUTS)
        return gull__fail(phrase, GULL_EUNSUPPORTED, "%zu inputs, at most %d", n->n_input,
                          GULL_INPUTS);
    *count = (int)n->n_input;
    for (size_t k = 0; k < n->n_input; k++) {
        in[k] = -1;
        if (!n->input[k][0]) continue;
        const onnx_name *v = find(b, n->input[k]);
        if (!v)
            return gull__fail(phrase, GULL_EFORMAT, "input '%.100s' is produced by no node",
                              n->input[k]);
        if (v->tensor < 0)
            return gull__fail(phrase, GULL_EFORMAT,
                              "input '%.100s' is not there yet: the nodes form a cycle or are "
                              "out of order", n->input[k]);
        in[k] = v->tensor;
    }
    leave_out_empty(b, n, in, count);
    while (*count && in[*count - 1] < 0) --*count;
    if (!*count && (!strcmp(n->op_type, "RandomNormal") || !strcmp(n->op_type, "RandomUniform")))
        in[(*count)++] = b->graph->input; /* fresh for every row: see graph/ops/noise.h */
    if (*count && in[0] < 0) return gull__fail(phrase, GULL_EFORMAT, "no first input");
    return GULL_OK;
}

static int check_node(const Onnx__NodeProto *n, gull_error *phrase) {
    if (!n->op_type) return gull__fail(phrase, GULL_EFORMAT, "no operator");
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->g || n->attribute[i]->n_graphs)
            return gull__fail(phrase, GULL_EUNSUPPORTED, "operator %.60s with graphs inside is "
                              "not supported", n->op_type);
    if (n->domain && *n->domain && strcmp(n->domain, "ai.onnx"))
        return gull__fail(phrase, GULL_EUNSUPPORTED, "operator %.60s of '%.100s' is not "
                          "supported", n->op_type, n->domain);
    return GULL_OK;
}

/* One output of node i; an operator of several is there once for each. */
static int add_output(onnx_build *b, size_t i, size_t port, gull_error *err) {
    const Onnx__NodeProto *n = b->proto->node[i];
    gull_error phrase = {0, ""};
    gull_attribute *item = NULL;
    int in[GULL_INPUTS], count = 0, tensor = -1;
    int status = check_node(n, &phrase);
    if (status >= 0) status = inputs_of(b, n, in, &count, &phrase);
    if (status >= 0) status = attributes_of(n, port, &item);
    const gull_attributes attributes = {item, n->n_attribute + OWN};
    if (status < 0) {
        status = gull__onnx_node_error(status, i, n, &phrase, err);
    } else {
        status = gull__onnx_fold(b, n, (int)i, in, count, &attributes, &tensor, err);
    }
    if (status >= 0 && tensor < 0) {
        status = tensor = gull__graph_node(b->graph, n->op_type, gull__onnx_title(n), (int)i,
                                           in, count, &attributes, err);
    }
    free_attributes(item, n->n_attribute + OWN);
    if (status < 0) return status;
    find(b, n->output[port])->tensor = tensor;
    return GULL_OK;
}

/* All outputs that are needed. */
static int add_node(onnx_build *b, size_t i, gull_error *err) {
    const Onnx__NodeProto *n = b->proto->node[i];
    for (size_t k = 0; k < n->n_output; k++) {
        const onnx_name *v = find(b, n->output[k]);
        if (v && v->needed) TRY(add_output(b, i, k, err));
    }
    return GULL_OK;
}

/* Outputs of float tensors; sequences and labels of classifiers are passed over. */
static const char *choose_output(const Onnx__GraphProto *g) {
    for (size_t i = 0; i < g->n_output; i++) {
        const Onnx__TypeProto *t = g->output[i]->type;
        const bool tensor = t && t->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
        const int type = tensor && t->tensor_type ? t->tensor_type->elem_type : 0;
        if (g->output[i]->name &&
            (g->n_output == 1 || type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
             type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE))
            return g->output[i]->name;
    }
    return NULL;
}

static int no_output(const onnx_build *b, gull_error *err) {
    const Onnx__GraphProto *g = b->proto;
    char names[400] = "";
    for (size_t i = 0; i < g->n_output; i++) {
        const size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%.80s", i ? ", " : "",
                 g->output[i]->name ? g->output[i]->name : "");
    }
    return gull__fail(err, GULL_EUSAGE, "it has no output '%.100s'; its outputs are %s", b->output,
                      names);
}

static int finish(onnx_build *b, const char *output, gull_error *err) {
    int t = find(b, output)->tensor;
    if (t < 0)
        return gull__fail(err, GULL_EFORMAT, "output '%.100s' is produced by no node", output);
    if (b->graph->input < 0)
        return gull__fail(err, GULL_EUNSUPPORTED, "output '%.100s' depends on no input", output);
    t = gull__onnx_head(b, t, err);
    TRY(t);
    return gull__graph_finish(b->graph, t, err);
}

static int build(onnx_build *b, int64_t opset, gull_error *err) {
    const Onnx__GraphProto *g = b->proto;
    b->graph = gull__graph_new(opset);
    if (!b->graph) return GULL_ENOMEM;
    b->graph->unbatched = b->unbatched;
    TRY(collect_names(b, err));
    if (!find(b, b->output) && b->settings && b->settings->output) return no_output(b, err);
    TRY(mark_needed(b, b->output, err));
    for (size_t i = 0; i < g->n_initializer; i++)
        TRY(add_initializer(b, g->initializer[i], err));
    for (size_t i = 0; i < g->n_sparse_initializer; i++)
        TRY(check_sparse(b, g->sparse_initializer[i], err));
    for (size_t i = 0; i < g->n_input; i++) TRY(add_input(b, g->input[i], err));
    for (size_t i = 0; i < g->n_node; i++) TRY(add_node(b, i, err));
    return finish(b, b->output, err);
}

static bool got_further(const onnx_build *a, const onnx_build *b) {
    return a->graph && b->graph && a->graph->tensor_count > b->graph->tensor_count;
}

/* A network that mixes what should be rows of a batch is read again as one that has no
 * batch axis: one input of all its numbers. */
int gull__onnx_build(onnx_build *b, int64_t opset, gull_error *err) {
    if (b->settings) b->output = b->settings->output;
    if (!b->output) b->output = choose_output(b->proto);
    if (!b->output) return gull__fail(err, GULL_EUNSUPPORTED, "no output of float numbers");
    const int status = build(b, opset, err);
    if (status != GULL_EUNSUPPORTED && status != GULL_EFORMAT) return status;
    onnx_build whole = {.proto = b->proto, .settings = b->settings, .output = b->output,
                        .path = b->path, .others = b->others, .unbatched = true};
    gull_error second = {0, ""};
    const int again = build(&whole, opset, &second);
    const bool tell_second = again == GULL_ENOMEM || (again < 0 && got_further(&whole, b));
    onnx_build *failed = again < 0 ? &whole : b;
    gull_graph_free(failed->graph);
    free(failed->name);
    if (tell_second) return gull__fail(err, again, "%s", second.text);
    if (again < 0) return status;
    *b = whole;
    return GULL_OK;
}
