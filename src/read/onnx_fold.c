/* onnx_fold.c - nodes whose result is known when the file is read: constants, shapes, and
 * any operator on constants alone, which is run once in double by its own evaluator. */
#include "read/onnx.h"
#include <stdlib.h>
#include <string.h>

typedef struct folded {
    int rank, type;
    int64_t dims[ONNX_RANK];
    double *values;
} folded;

static const int64_t LIMIT = 1 << 26; /* numbers */
static const double WORK = 0x1p33;     /* additions in one operator */

static size_t count_of(const folded *f) {
    size_t n = 1;
    for (int i = 0; i < f->rank; i++) n *= (size_t)f->dims[i];
    return n;
}

static int new_values(folded *f) {
    f->values = calloc(count_of(f) + 1, sizeof *f->values);
    return f->values ? GULL_OK : GULL_ENOMEM;
}

static int new_vector(folded *f, size_t n) {
    f->rank = 1;
    f->dims[0] = (int64_t)n;
    f->type = GULL_INT;
    return new_values(f);
}

/* ---- Constant ---- */

static int numbers_of(const Onnx__AttributeProto *a, folded *f) {
    const bool ints = !strncmp(a->name, "value_int", 9);
    const size_t n = ints ? a->n_ints : a->n_floats;
    if (a->name[strlen(a->name) - 1] != 's') {
        TRY(new_values(f));
        f->values[0] = ints ? (double)a->i : a->f;
    } else {
        TRY(new_vector(f, n));
        for (size_t k = 0; k < n; k++) f->values[k] = ints ? (double)a->ints[k] : a->floats[k];
    }
    f->type = ints ? GULL_INT : GULL_F32;
    return GULL_OK;
}

static int constant_node(const onnx_build *b, const Onnx__NodeProto *node, folded *f,
                         gull_error *err) {
    static const char *const names[] = {"value_float", "value_floats", "value_int",
                                        "value_ints"};
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->attribute[i];
        if (!a->name) continue;
        if (!strcmp(a->name, "value") && a->t)
            return gull__onnx_tensor(b, a->t, &f->rank, f->dims, &f->type, &f->values, err);
        for (size_t k = 0; k < 4; k++)
            if (!strcmp(a->name, names[k])) return numbers_of(a, f);
        if (!strcmp(a->name, "sparse_value") || !strncmp(a->name, "value_string", 12))
            return gull__fail(err, GULL_EUNSUPPORTED, "%s is not supported",
                              a->name[0] == 's' ? "a sparse tensor" : "text");
    }
    return gull__fail(err, GULL_EFORMAT, "no value");
}

/* ---- Shape and Size ---- */

static int shape_dims(const gull_graph *g, const gull_tensor *t, int64_t *dims) {
    const int batch = t->producer == -2 ? 0 : gull_batch_axes(g);
    if (batch) dims[0] = g->batch;
    for (int i = 0; i < t->rank; i++) dims[i + batch] = t->dims[i];
    return t->rank + batch;
}

static int64_t clamp(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

static int shape_node(const gull_graph *g, const gull_tensor *t, const gull_attributes *a,
                      folded *f) {
    int64_t dims[ONNX_RANK];
    const int rank = shape_dims(g, t, dims);
    int64_t start = gull_attr_int(a, "start", 0), end = gull_attr_int(a, "end", rank);
    start = clamp(start < 0 ? start + rank : start, 0, rank);
    end = clamp(end < 0 ? end + rank : end, start, rank);
    TRY(new_vector(f, (size_t)(end - start)));
    for (int64_t i = start; i < end; i++) f->values[i - start] = (double)dims[i];
    return GULL_OK;
}

static int size_node(const gull_graph *g, const gull_tensor *t, folded *f) {
    int64_t dims[ONNX_RANK];
    const int rank = shape_dims(g, t, dims);
    f->type = GULL_INT;
    TRY(new_values(f));
    f->values[0] = 1;
    for (int i = 0; i < rank; i++) f->values[0] *= (double)dims[i];
    return GULL_OK;
}

/* ---- Operators that make tensors of their own shape ---- */

static int constant_of_shape(const onnx_build *b, const Onnx__NodeProto *node,
                             const gull_tensor *shape, folded *f, gull_error *err) {
    folded one = {0};
    int64_t size = 1;
    if (shape->rank > 1 || shape->size > ONNX_RANK)
        return gull__fail(err, GULL_EUNSUPPORTED, "a shape of %zu dimensions", shape->size);
    f->rank = (int)shape->size;
    for (int i = 0; i < f->rank; i++) {
        f->dims[i] = gull__whole(shape->f64[i]);
        if (f->dims[i] < 0 || f->dims[i] > LIMIT / (size ? size : 1))
            return gull__fail(err, GULL_EUNSUPPORTED, "a tensor of more than %lld numbers",
                              (long long)LIMIT);
        size *= f->dims[i];
    }
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && !strcmp(node->attribute[i]->name, "value") &&
            node->attribute[i]->t && !one.values)
            TRY(gull__onnx_tensor(b, node->attribute[i]->t, &one.rank, one.dims, &f->type,
                                  &one.values, err));
    const double value = one.values ? one.values[0] : 0;
    free(one.values);
    TRY(new_values(f));
    for (size_t i = 0; i < count_of(f); i++) f->values[i] = value;
    return GULL_OK;
}

static int range(const gull_graph *g, const int *in, folded *f, gull_error *err) {
    const gull_tensor *start = &g->tensor[in[0]], *end = &g->tensor[in[1]];
    const gull_tensor *step = &g->tensor[in[2]];
    const double s = start->f64[0], d = step->f64[0], n = ceil((end->f64[0] - s) / d);
    if (start->size != 1 || end->size != 1 || step->size != 1 || !(fabs(n) <= (double)LIMIT))
        return gull__fail(err, GULL_EUNSUPPORTED, "from %g to %g by %g", s, end->f64[0], d);
    TRY(new_vector(f, n > 0 ? (size_t)n : 0));
    f->type = start->type;
    for (size_t i = 0; i < count_of(f); i++) f->values[i] = s + (double)i * d;
    return GULL_OK;
}

/* Places of all numbers that are not 0, one column each. */
static int nonzero(const gull_tensor *t, folded *f) {
    const int rank = t->rank ? t->rank : 1;
    size_t count = 0, k = 0;
    for (size_t i = 0; i < t->size; i++) count += t->f64[i] != 0;
    *f = (folded){.rank = 2, .type = GULL_INT, .dims = {rank, (int64_t)count}};
    TRY(new_values(f));
    for (size_t i = 0; i < t->size; i++) {
        size_t left = i;
        if (t->f64[i] == 0) continue;
        for (int d = rank; d-- > 0;) {
            const size_t size = t->rank ? (size_t)t->dims[d] : 1;
            f->values[(size_t)d * count + k] = (double)(left % size);
            left /= size;
        }
        k++;
    }
    return GULL_OK;
}

/* ---- Any operator ---- */

/* A constant of another graph with the same numbers. */
static int copy_constant(gull_graph *to, const gull_tensor *t) {
    double *values = malloc((t->size + 1) * sizeof *values);
    if (!values) return GULL_ENOMEM;
    memcpy(values, t->f64, t->size * sizeof *values);
    const int copy = gull__graph_constant(to, t->name, t->rank, t->dims, values);
    if (copy >= 0) to->tensor[copy].type = t->type;
    return copy;
}

/* As the type can hold it: integers truncated and clamped. */
static double as_type(int type, double v) {
    if (type == GULL_F32) return (float)v;
    if (type == GULL_BOOL) return v != 0;
    if (type != GULL_INT) return v;
    return isnan(v) ? 0 : trunc(fmin(fmax(v, -0x1p63), 0x1p63));
}

static int run_operator(const gull_graph *g, const gull_tensor *first, int out, folded *f) {
    const gull_tensor *t = &g->tensor[out];
    double **value = calloc(g->tensor_count, sizeof *value);
    f->rank = t->rank;
    f->type = t->type;
    memcpy(f->dims, t->dims, sizeof t->dims);
    int status = value ? new_values(f) : GULL_ENOMEM;
    if (status >= 0) {
        value[g->input] = (double *)(uintptr_t)first->f64; /* read only */
        value[out] = f->values;
        const gull_pass64 pass = {g, 1, value, NULL, false, NULL};
        status = g->node[0].op64->forward(&g->node[0], &pass);
    }
    for (size_t i = 0; status >= 0 && i < t->size; i++)
        f->values[i] = as_type(f->type, f->values[i]);
    free(value);
    return status;
}

/* A graph of the one node, its first input counting as the model's. */
static int build_operator(gull_graph *one, const gull_graph *g, const Onnx__NodeProto *node,
                          int number, const int *in, int count, const gull_attributes *a,
                          gull_error *err) {
    int at[GULL_INPUTS];
    const gull_tensor *first = &g->tensor[in[0]];
    one->unbatched = true;
    at[0] = gull__graph_input(one, first->name, first->rank, first->dims);
    TRY(at[0]);
    one->tensor[at[0]].type = first->type;
    for (int k = 1; k < count; k++) {
        at[k] = in[k] < 0 ? -1 : copy_constant(one, &g->tensor[in[k]]);
        if (in[k] >= 0) TRY(at[k]);
    }
    return gull__graph_node(one, node->op_type, gull__onnx_title(node), number, at, count, a,
                            err);
}

/* Whether so many more numbers of constants may be computed: files that unfold without
 * bound are refused. */
static int has_room(const onnx_build *b, size_t count, gull_error *err) {
    const size_t room = 4 * (b->parameters + (size_t)LIMIT);
    if (count <= room && b->folded <= room - count) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "its constants would fill more than %zu numbers",
                      room);
}

/* Whether the one node may be run: neither endless, nor random. */
static int may_run(const onnx_build *b, const gull_graph *one, int out, gull_error *err) {
    const size_t count = one->tensor[out].size;
    const double work = (double)one->longest_sum * (double)count;
    if (one->randomised) return gull__fail(err, GULL_EUNSUPPORTED, "noise of a constant");
    if (work > WORK)
        return gull__fail(err, GULL_EUNSUPPORTED, "constants of %g additions", work);
    return has_room(b, count, err);
}

static int fold_operator(const onnx_build *b, const Onnx__NodeProto *node, int number,
                         const int *in, int count, const gull_attributes *a, folded *f,
                         gull_error *err) {
    gull_error phrase = {0, ""};
    gull_graph *one = gull__graph_new(b->graph->opset);
    if (!one) return GULL_ENOMEM;
    const int out = build_operator(one, b->graph, node, number, in, count, a, err);
    int status = out < 0 ? out : may_run(b, one, out, &phrase);
    if (phrase.text[0])
        status = gull__onnx_node_error(status, (size_t)number, node, &phrase, err);
    if (status >= 0) status = run_operator(one, &b->graph->tensor[in[0]], out, f);
    gull_graph_free(one);
    return status;
}

/* ---- Which of them ---- */

static bool is_op(const Onnx__NodeProto *n, const char *name) {
    return !strcmp(n->op_type, name);
}

static bool all_constant(const gull_graph *g, const int *in, int count) {
    for (int i = 0; i < count; i++)
        if (in[i] >= 0 && !gull__is_constant(g, in[i])) return false;
    return count > 0 && in[0] >= 0;
}

/* Nodes that are no operator of their own; leaves f->values NULL for others. */
static int fold_special(const onnx_build *b, const Onnx__NodeProto *node, const int *in,
                        int count, const gull_attributes *a, folded *f, gull_error *err) {
    const gull_graph *g = b->graph;
    if (is_op(node, "Constant")) return constant_node(b, node, f, err);
    if (count < 1 || in[0] < 0) return GULL_OK;
    const gull_tensor *t = &g->tensor[in[0]];
    if (is_op(node, "Shape")) return shape_node(g, t, a, f);
    if (is_op(node, "Size")) return size_node(g, t, f);
    if (!all_constant(g, in, count)) return GULL_OK;
    if (is_op(node, "ConstantOfShape")) return constant_of_shape(b, node, t, f, err);
    if (is_op(node, "Range") && count == 3 && in[1] >= 0 && in[2] >= 0)
        return range(g, in, f, err);
    return is_op(node, "NonZero") ? nonzero(t, f) : GULL_OK;
}

int gull__onnx_fold(onnx_build *b, const Onnx__NodeProto *node, int number, const int *in,
                    int count, const gull_attributes *a, int *tensor, gull_error *err) {
    gull_error phrase = {0, ""};
    folded f = {0};
    *tensor = -1;
    int status = fold_special(b, node, in, count, a, &f, &phrase);
    if (status >= 0 && f.values) status = has_room(b, count_of(&f), &phrase);
    if (status < 0) {
        status = gull__onnx_node_error(status, (size_t)number, node, &phrase, err);
    } else if (!f.values) {
        if (!all_constant(b->graph, in, count)) return GULL_OK;
        status = fold_operator(b, node, number, in, count, a, &f, err);
    }
    if (status < 0) {
        free(f.values);
        return status;
    }
    b->folded += count_of(&f);
    *tensor = gull__graph_constant(b->graph, gull__onnx_title(node), f.rank, f.dims, f.values);
    TRY(*tensor);
    b->graph->tensor[*tensor].type = f.type;
    return GULL_OK;
}
