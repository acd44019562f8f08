/* onnx_linear.c - LinearClassifier of ai.onnx.ml, as scikit-learn's exporters write it, as a
 * model of the family `linear`.  Its post_transform keeps the winner and is left out. */
#include "model/linear.h"
#include "read/onnx.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Onnx__NodeProto *find_classifier(const Onnx__GraphProto *g, size_t *at) {
    for (*at = 0; *at < g->n_node; ++*at)
        if (g->node[*at]->op_type && !strcmp(g->node[*at]->op_type, "LinearClassifier"))
            return g->node[*at];
    return NULL;
}

static const Onnx__AttributeProto *attribute(const Onnx__NodeProto *n, const char *name) {
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->name && !strcmp(n->attribute[i]->name, name))
            return n->attribute[i];
    return NULL;
}

/* What the three attributes say; classes of one row of coefficients are two. */
typedef struct layout {
    const Onnx__AttributeProto *w, *b, *ints, *strings;
    size_t rows, dim, classes;
} layout;

static int check_transform(const Onnx__NodeProto *n, gull_error *err) {
    static const char *const known[] = {"NONE", "SOFTMAX", "LOGISTIC", "PROBIT"};
    const Onnx__AttributeProto *a = attribute(n, "post_transform");
    if (!a || !a->has_s) return GULL_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (a->s.len == strlen(known[i]) && !memcmp(a->s.data, known[i], a->s.len))
            return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "post_transform '%.*s'",
                      (int)(a->s.len < 40 ? a->s.len : 40), (const char *)a->s.data);
}

static int layout_of(const Onnx__NodeProto *n, layout *l, gull_error *err) {
    l->w = attribute(n, "coefficients");
    l->b = attribute(n, "intercepts");
    l->ints = attribute(n, "classlabels_ints");
    l->strings = attribute(n, "classlabels_strings");
    const size_t names = l->strings && l->strings->n_strings ? l->strings->n_strings
                         : l->ints                           ? l->ints->n_ints
                                                             : 0;
    if (!l->w || !l->w->n_floats)
        return gull__fail(err, GULL_EFORMAT, "no coefficients");
    l->rows = l->b && l->b->n_floats ? l->b->n_floats : names == 2 ? 1 : names;
    if (!l->rows || l->w->n_floats % l->rows)
        return gull__fail(err, GULL_EFORMAT, "%zu coefficients in %zu rows", l->w->n_floats,
                          l->rows);
    l->dim = l->w->n_floats / l->rows;
    l->classes = l->rows == 1 ? 2 : l->rows;
    if (names && names != l->classes)
        return gull__fail(err, GULL_EFORMAT, "%zu rows of coefficients for %zu classes",
                          l->rows, names);
    if (l->classes > 1 << 20 || l->dim > (size_t)(1 << 28) / l->classes)
        return gull__fail(err, GULL_EUNSUPPORTED, "too many coefficients");
    return check_transform(n, err);
}

/* The node must read the model's input itself, of float numbers. */
static int check_input(const Onnx__GraphProto *g, const Onnx__NodeProto *n,
                       gull_error *err) {
    for (size_t i = 0; n->n_input == 1 && i < g->n_input; i++) {
        const Onnx__TypeProto *t = g->input[i]->type;
        if (!g->input[i]->name || strcmp(g->input[i]->name, n->input[0])) continue;
        if (t && t->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && t->tensor_type &&
            t->tensor_type->elem_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
            return GULL_OK;
        return gull__fail(err, GULL_EUNSUPPORTED, "the input has no float numbers");
    }
    return gull__fail(err, GULL_EUNSUPPORTED,
                      "something stands between the model's input and the classifier");
}

static char *label_text(const layout *l, size_t k) {
    char text[32];
    if (l->strings && l->strings->n_strings)
        return strndup((const char *)l->strings->strings[k].data,
                       l->strings->strings[k].data ? l->strings->strings[k].len : 0);
    snprintf(text, sizeof text, "%" PRId64, l->ints->ints[k]);
    return strdup(text);
}

/* Names where there are any that differ from 0, 1, 2 ... */
static int label_names(const layout *l, char ***out) {
    bool plain = !(l->strings && l->strings->n_strings);
    *out = NULL;
    for (size_t k = 0; plain && l->ints && k < l->ints->n_ints; k++)
        if (l->ints->ints[k] != (int64_t)k) plain = false;
    if (plain) return GULL_OK;
    *out = calloc(l->classes, sizeof **out);
    if (!*out) return GULL_ENOMEM;
    for (size_t k = 0; k < l->classes; k++)
        if (!((*out)[k] = label_text(l, k))) return GULL_ENOMEM;
    return GULL_OK;
}

static void free_names(char **names, size_t n) {
    for (size_t i = 0; names && i < n; i++) free(names[i]);
    free(names);
}

static int make(const layout *l, gull_model **out) {
    gull_model_facts f = {.classes = (int)l->classes, .dim = l->dim, .f32 = true,
                          .scores = "logits"};
    double *w = calloc(l->classes * l->dim, sizeof *w), *b = calloc(l->classes, sizeof *b);
    const size_t first = l->classes - l->rows; /* one row: that of the second class */
    int status = w && b ? label_names(l, &f.class_names) : GULL_ENOMEM;
    snprintf(f.detail, sizeof f.detail, "LinearClassifier · %zu coefficients",
             l->w->n_floats);
    for (size_t i = 0; !status && i < l->w->n_floats; i++)
        w[first * l->dim + i] = l->w->floats[i];
    for (size_t i = 0; !status && l->b && i < l->b->n_floats; i++)
        b[first + i] = l->b->floats[i];
    if (!status) {
        status = gull__linear_new(out, &f, w, b);
    } else {
        free(w);
        free(b);
    }
    if (status < 0) free_names(f.class_names, l->classes);
    return status;
}

int gull__onnx_linear_classifier(const Onnx__GraphProto *g, gull_model **out,
                                 gull_error *err) {
    gull_error phrase = {0, ""};
    layout l = {0};
    size_t at;
    const Onnx__NodeProto *n = find_classifier(g, &at);
    *out = NULL;
    if (!n) return GULL_OK;
    int status = layout_of(n, &l, &phrase);
    if (status >= 0) status = check_input(g, n, &phrase);
    if (status >= 0) status = make(&l, out);
    if (status >= 0) return GULL_OK;
    return gull__fail(err, status, "node %zu (LinearClassifier '%.100s'): %s", at,
                      n->name ? n->name : "",
                      phrase.text[0] ? phrase.text : gull_status_text(status));
}
