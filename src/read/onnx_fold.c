/* onnx_fold.c - nodes whose result is known when the file is read: constants, shapes, and
 * simple arithmetic on them, such as exporters write around Reshape. */
#include "read/onnx.h"
#include <stdlib.h>
#include <string.h>

typedef struct folded {
    int rank;
    int64_t dims[ONNX_RANK];
    double *values;
} folded;

static size_t count_of(const folded *f) {
    size_t n = 1;
    for (int i = 0; i < f->rank; i++) n *= (size_t)f->dims[i];
    return n;
}

static int new_values(folded *f) {
    f->values = calloc(count_of(f), sizeof *f->values);
    return f->values ? GULL_OK : GULL_ENOMEM;
}

static int vector(folded *f, size_t n) {
    f->rank = 1;
    f->dims[0] = (int64_t)n;
    return new_values(f);
}

static int constant_node(const Onnx__NodeProto *node, folded *f, gull_error *err) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        const Onnx__AttributeProto *a = node->attribute[i];
        if (!a->name) continue;
        if (!strcmp(a->name, "value") && a->t)
            return gull__onnx_tensor(a->t, &f->rank, f->dims, &f->values, err);
        if (!strcmp(a->name, "value_float") || !strcmp(a->name, "value_int")) {
            TRY(new_values(f));
            f->values[0] = a->has_f ? a->f : (double)a->i;
            return GULL_OK;
        }
        const bool ints = !strcmp(a->name, "value_ints");
        if (ints || !strcmp(a->name, "value_floats")) {
            const size_t n = ints ? a->n_ints : a->n_floats;
            if (!n) break;
            TRY(vector(f, n));
            for (size_t k = 0; k < n; k++)
                f->values[k] = ints ? (double)a->ints[k] : a->floats[k];
            return GULL_OK;
        }
    }
    return gull__fail(err, GULL_EUNSUPPORTED, "a Constant without a tensor of numbers");
}

static void copy_tensor(const gull_tensor *t, folded *f) {
    f->rank = t->rank;
    memcpy(f->dims, t->dims, sizeof t->dims);
}

/* The shape of a tensor, the batch counting as 1. */
static int shape_node(const gull_tensor *t, bool constant, folded *f) {
    const size_t batch = constant ? 0 : 1;
    if (constant && !t->rank) return GULL_OK; /* an empty vector: not folded */
    TRY(vector(f, (size_t)t->rank + batch));
    if (batch) f->values[0] = 1;
    for (int i = 0; i < t->rank; i++) f->values[(size_t)i + batch] = (double)t->dims[i];
    return GULL_OK;
}

/* Renames the axes of t's numbers; dims from `f`. */
static int renamed(const gull_tensor *t, folded *f, gull_error *err) {
    if (count_of(f) != t->size)
        return gull__fail(err, GULL_EFORMAT, "%zu numbers do not take the wanted shape",
                          t->size);
    TRY(new_values(f));
    memcpy(f->values, t->f64, t->size * sizeof(double));
    return GULL_OK;
}

static int reshape(const gull_tensor *t, const gull_tensor *want, folded *f,
                   gull_error *err) {
    int64_t product = 1, unknown = -1;
    if (want->size > GULL_RANK) return GULL_EUNSUPPORTED;
    f->rank = (int)want->size;
    for (int i = 0; i < f->rank; i++) {
        const double d = want->f64[i];
        if (!(d >= -1 && d <= (double)t->size) || (d == 0 && i >= t->rank))
            return gull__fail(err, GULL_EFORMAT, "a wanted size of %g", d);
        f->dims[i] = d == 0 ? t->dims[i] : d == -1 ? 1 : (int64_t)d;
        if (d == -1) unknown = i;
        if (product > (int64_t)t->size / f->dims[i])
            return gull__fail(err, GULL_EFORMAT, "a wanted shape larger than its input");
        product *= f->dims[i];
    }
    if (unknown >= 0) f->dims[unknown] = (int64_t)t->size / product;
    return renamed(t, f, err);
}

static int transpose(const gull_tensor *t, const gull_attributes *a, folded *f,
                     gull_error *err) {
    const int64_t *perm;
    const size_t n = gull_attr_ints(a, "perm", &perm);
    size_t step[GULL_RANK + 1] = {1}, from[GULL_RANK], at[GULL_RANK] = {0}, k = 0;
    unsigned seen = 0;
    f->rank = t->rank;
    step[t->rank] = 1;
    for (int i = t->rank; i-- > 0;) step[i] = step[i + 1] * (size_t)t->dims[i];
    for (int i = 0; i < t->rank; i++) {
        const int64_t p = n == (size_t)t->rank ? perm[i] : t->rank - 1 - i;
        if (p < 0 || p >= t->rank || seen & 1u << p)
            return gull__fail(err, GULL_EFORMAT, "perm is not a permutation");
        seen |= 1u << p;
        f->dims[i] = t->dims[p];
        from[i] = step[p + 1];
    }
    TRY(new_values(f));
    for (size_t i = 0; i < t->size; i++) {
        f->values[i] = t->f64[k];
        for (int d = t->rank; d-- > 0;) {
            k += from[d];
            if (++at[d] < (size_t)f->dims[d]) break;
            k -= from[d] * at[d];
            at[d] = 0;
        }
    }
    return GULL_OK;
}

/* Axes of Squeeze and Unsqueeze: an attribute, or from opset 13 an input. */
static unsigned axes_of(const gull_attributes *a, const gull_tensor *input, int rank) {
    const int64_t *given;
    size_t n = gull_attr_ints(a, "axes", &given);
    unsigned bits = 0;
    if (input) n = input->size;
    for (size_t i = 0; i < n; i++) {
        int64_t v = input ? (int64_t)input->f64[i] : given[i];
        if (v < 0) v += rank;
        if (v >= 0 && v < rank) bits |= 1u << v;
    }
    return bits;
}

static int squeeze(const gull_tensor *t, const gull_attributes *a, const gull_tensor *axes,
                   folded *f, gull_error *err) {
    const unsigned bits = axes_of(a, axes, t->rank);
    for (int i = 0; i < t->rank; i++)
        if (bits ? !(bits >> i & 1) : t->dims[i] != 1) f->dims[f->rank++] = t->dims[i];
    return renamed(t, f, err);
}

static int unsqueeze(const gull_tensor *t, const gull_attributes *a,
                     const gull_tensor *axes, folded *f, gull_error *err) {
    const int64_t *given;
    const size_t n = axes ? axes->size : gull_attr_ints(a, "axes", &given);
    if ((size_t)t->rank + n > GULL_RANK) return GULL_EUNSUPPORTED;
    f->rank = t->rank + (int)n;
    const unsigned bits = axes_of(a, axes, f->rank);
    for (int i = 0, k = 0; i < f->rank; i++)
        f->dims[i] = bits >> i & 1 ? 1 : k < t->rank ? t->dims[k++] : 1;
    return renamed(t, f, err);
}

/* Elements of a vector. */
static int gather(const gull_tensor *t, const gull_tensor *index, folded *f,
                  gull_error *err) {
    if (t->rank != 1 || index->rank > 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "Gather from a %d-dimensional constant",
                          t->rank);
    copy_tensor(index, f);
    TRY(new_values(f));
    for (size_t i = 0; i < index->size; i++) {
        const double v = index->f64[i] < 0 ? index->f64[i] + (double)t->size : index->f64[i];
        if (!(v >= 0 && v < (double)t->size))
            return gull__fail(err, GULL_EFORMAT, "index %g of %zu", v, t->size);
        f->values[i] = t->f64[(size_t)v];
    }
    return GULL_OK;
}

static int concat(const gull_graph *g, const int *in, int count, folded *f,
                  gull_error *err) {
    size_t n = 0;
    for (int i = 0; i < count; i++) {
        if (g->tensor[in[i]].rank != 1)
            return gull__fail(err, GULL_EUNSUPPORTED, "Concat of %d-dimensional constants",
                              g->tensor[in[i]].rank);
        n += g->tensor[in[i]].size;
    }
    TRY(vector(f, n));
    n = 0;
    for (int i = 0; i < count; n += g->tensor[in[i++]].size)
        memcpy(f->values + n, g->tensor[in[i]].f64, g->tensor[in[i]].size * sizeof(double));
    return GULL_OK;
}

static double arithmetic(char op, double x, double y) {
    return op == '+' ? x + y : op == '-' ? x - y : op == '*' ? x * y : x / y;
}

/* Of the same shape, or one of them a single number. */
static int binary(char op, const gull_tensor *x, const gull_tensor *y, folded *f,
                  gull_error *err) {
    const bool same = x->rank == y->rank && !memcmp(x->dims, y->dims, sizeof x->dims);
    if (!same && x->size != 1 && y->size != 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "broadcasting constants");
    copy_tensor(x->size > 1 || y->size == 1 ? x : y, f);
    TRY(new_values(f));
    for (size_t i = 0; i < count_of(f); i++)
        f->values[i] = (float)arithmetic(op, x->f64[x->size > 1 ? i : 0],
                                         y->f64[y->size > 1 ? i : 0]);
    return GULL_OK;
}

static int fold_constants(const gull_graph *g, const char *op, const int *in, int count,
                          const gull_attributes *a, folded *f, gull_error *err) {
    const gull_tensor *x = &g->tensor[in[0]], *y = count > 1 ? &g->tensor[in[1]] : NULL;
    static const char *const names[] = {"Add", "Sub", "Mul", "Div"};
    for (int i = 0; i < 4 && y; i++)
        if (!strcmp(op, names[i])) return binary("+-*/"[i], x, y, f, err);
    if (!strcmp(op, "Reshape") && y) return reshape(x, y, f, err);
    if (!strcmp(op, "Transpose")) return transpose(x, a, f, err);
    if (!strcmp(op, "Squeeze")) return squeeze(x, a, y, f, err);
    if (!strcmp(op, "Unsqueeze")) return unsqueeze(x, a, y, f, err);
    if (!strcmp(op, "Gather") && y) return gather(x, y, f, err);
    if (!strcmp(op, "Concat")) return concat(g, in, count, f, err);
    if (!strcmp(op, "Identity") || !strcmp(op, "Cast")) {
        copy_tensor(x, f);
        return renamed(x, f, err);
    }
    return gull__fail(err, GULL_EUNSUPPORTED, "operator %s on constants alone", op);
}

int gull__onnx_fold(onnx_build *b, const Onnx__NodeProto *node, const int *in, int in_count,
                    const gull_attributes *a, int *tensor, gull_error *err) {
    const char *op = node->op_type;
    folded f = {0};
    bool constant = true, shape = !strcmp(op, "Shape") && in_count == 1 && in[0] >= 0;
    int status = GULL_OK;
    *tensor = -1;
    for (int i = 0; i < in_count; i++)
        if (in[i] < 0 || !gull__is_constant(b->graph, in[i])) constant = false;
    if (!strcmp(op, "Constant"))
        status = constant_node(node, &f, err);
    else if (shape)
        status = shape_node(&b->graph->tensor[in[0]], constant, &f);
    else if (!constant || !in_count)
        return GULL_OK;
    else
        status = fold_constants(b->graph, op, in, in_count, a, &f, err);
    if (status < 0 || !f.values) {
        free(f.values);
        return status;
    }
    const char *name = node->n_output ? node->output[0] : "";
    *tensor = gull__graph_constant(b->graph, name, f.rank, f.dims, f.values);
    return *tensor < 0 ? *tensor : GULL_OK;
}
