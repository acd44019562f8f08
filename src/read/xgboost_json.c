/* xgboost_json.c - XGBoost models as save_model("model.json") writes them, 1.0 to 3.x:
 * gbtree and dart boosters, two-class and multi-class objectives.  Guarantee: margins
 * as the library's output_margin, bit for bit; what it does not know it refuses. */
#include "model/trees.h"
#include "read/xgboost.h"
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIM_LIMIT = 1 << 24, CLASS_LIMIT = 1 << 16 };

typedef struct reading {
    const char *path;
    const json_t *learner, *booster; /* booster: the gbtree */
    const json_t *trees, *groups, *weights;
    const char *objective;
    size_t dim;
    int outputs, version[3];
    gull_trees made;
    xgboost_nodes nodes;
    gull_error *err;
} reading;

static int fail(const reading *r, int code, const char *what) {
    return gull__fail(r->err, code, "%s: %s", r->path, what);
}

static int probe(const gull_bytes *head) {
    size_t at = 0;
    while (at < head->size && head->data[at] && strchr(" \t\r\n", head->data[at])) at++;
    if (at >= head->size || head->data[at] != '{') return 0;
    if (memmem(head->data, head->size, "\"learner\"", 9)) return 90;
    const char mark[] = "learner{"; /* the binary form: see read_json */
    return memmem(head->data, head->size, mark, 8) ? 90 : 0;
}

static bool read_version(const json_t *root, int version[3]) {
    const json_t *v = gull__xgboost_array(root, "version");
    for (size_t i = 0; i < 3; i++) {
        const json_t *part = json_array_get(v, i);
        const json_int_t n = json_is_integer(part) ? json_integer_value(part) : -1;
        version[i] = n >= 0 && n < 10000 ? (int)n : 0;
    }
    return v != NULL;
}

/* ---- What is asked of the file as a whole ---- */

static int find_booster(reading *r) {
    const json_t *b = gull__xgboost_object(r->learner, "gradient_booster");
    const char *name = json_string_value(json_object_get(b, "name"));
    if (!name) return fail(r, GULL_EFORMAT, "learner.gradient_booster has no name");
    if (!strcmp(name, "dart")) {
        r->weights = gull__xgboost_array(b, "weight_drop");
        b = gull__xgboost_object(b, "gbtree");
        if (!r->weights || !b)
            return fail(r, GULL_EFORMAT, "dart booster without weight_drop or gbtree");
    } else if (strcmp(name, "gbtree")) {
        return gull__fail(r->err, GULL_EUNSUPPORTED,
                          "%s: booster '%.40s'; gull reads gbtree and dart: train with "
                          "booster=gbtree, or save a linear model as linear JSON",
                          r->path, name);
    }
    r->booster = gull__xgboost_object(b, "model");
    r->trees = gull__xgboost_array(r->booster, "trees");
    r->groups = gull__xgboost_array(r->booster, "tree_info");
    if (!r->trees || !r->groups)
        return fail(r, GULL_EFORMAT,
                    "gradient_booster.model has no arrays trees and tree_info");
    if (json_array_size(r->trees) != json_array_size(r->groups) ||
        (r->weights && json_array_size(r->trees) != json_array_size(r->weights)))
        return fail(r, GULL_EFORMAT, "trees, tree_info and weight_drop differ in length");
    return GULL_OK;
}

static bool is_binary(const char *objective) {
    return !strcmp(objective, "binary:logistic") || !strcmp(objective, "binary:hinge") ||
           !strcmp(objective, "binary:logitraw");
}

static bool is_multi(const char *objective) {
    return !strcmp(objective, "multi:softprob") || !strcmp(objective, "multi:softmax");
}

static int read_objective(reading *r) {
    const json_t *o = gull__xgboost_object(r->learner, "objective");
    r->objective = json_string_value(json_object_get(o, "name"));
    if (!r->objective) return fail(r, GULL_EFORMAT, "learner.objective has no name");
    if (is_binary(r->objective) || is_multi(r->objective)) return GULL_OK;
    return gull__fail(
        r->err, GULL_EUNSUPPORTED,
        "%s: objective '%.60s' has no classes; gull reads binary:logistic, "
        "binary:logitraw, binary:hinge, multi:softmax and multi:softprob: train "
        "a classifier",
        r->path, r->objective);
}

static int read_sizes(reading *r) {
    const json_t *p = gull__xgboost_object(r->learner, "learner_model_param");
    double dim, classes, targets = 1;
    if (!gull__xgboost_number(json_object_get(p, "num_feature"), &dim) ||
        !gull__xgboost_number(json_object_get(p, "num_class"), &classes))
        return fail(r, GULL_EFORMAT,
                    "learner_model_param has no num_feature or num_class");
    gull__xgboost_number(json_object_get(p, "num_target"), &targets);
    if (!(dim >= 1 && dim <= DIM_LIMIT) || !(classes >= 0 && classes <= CLASS_LIMIT))
        return gull__fail(
            r->err, GULL_EFORMAT,
            "%s: %g features and %g classes; gull reads 1 to %d and up to %d", r->path,
            dim, classes, DIM_LIMIT, CLASS_LIMIT);
    if (!(targets <= 1))
        return gull__fail(
            r->err, GULL_EUNSUPPORTED,
            "%s: %g targets; gull reads models with one: train one model for "
            "each target",
            r->path, targets);
    r->dim = (size_t)dim;
    r->outputs = is_multi(r->objective) ? (int)classes : 1;
    if (r->outputs < 1 || (is_multi(r->objective) && r->outputs < 2) ||
        (is_binary(r->objective) && classes > 1))
        return gull__fail(r->err, GULL_EFORMAT, "%s: %g classes do not fit objective %s",
                          r->path, classes, r->objective);
    return GULL_OK;
}

/* ---- The base score ---- */

/* One number, "5E-1" up to 3.0; a list, "[5E-1]" or one per class, since 3.1. */
static json_t *base_list(const reading *r) {
    const json_t *p = gull__xgboost_object(r->learner, "learner_model_param");
    const json_t *j = json_object_get(p, "base_score");
    const char *text = json_string_value(j);
    double one;
    if (json_is_array(j)) return json_deep_copy(j);
    if (gull__xgboost_number(j, &one)) return json_pack("[f]", one);
    return text && *text == '[' ? json_loads(text, 0, NULL) : NULL;
}

/* XGBoost's own expression, in float32. */
static float margin_of(const reading *r, float base) {
    return strcmp(r->objective, "binary:logistic") ? base : -logf(1.0f / base - 1.0f);
}

static int read_base(reading *r) {
    json_t *list = base_list(r);
    const size_t n = json_array_size(list);
    float *base = calloc((size_t)r->outputs, sizeof *base);
    bool good = base && (n == 1 || n == (size_t)r->outputs);
    r->made.base = base;
    for (size_t i = 0; good && i < (size_t)r->outputs; i++) {
        double v;
        good = gull__xgboost_number(json_array_get(list, n == 1 ? 0 : i), &v) &&
               fabs(v) <= FLT_MAX;
        if (good) base[i] = margin_of(r, (float)v);
        good = good && isfinite(base[i]);
    }
    json_decref(list);
    if (!base) return fail(r, GULL_ENOMEM, "out of memory");
    if (!good)
        return fail(
            r, GULL_EFORMAT,
            "learner_model_param.base_score is not one finite number, or one for each "
            "class (a probability inside 0..1 for binary:logistic)");
    return GULL_OK;
}

/* ---- The trees ---- */

static bool before_3_1(const reading *r) {
    return r->version[0] < 3 || (r->version[0] == 3 && r->version[1] < 1);
}

static int read_tree(reading *r, size_t i, gull_tree *tree) {
    const xgboost_place place = {r->path, i, r->err};
    const json_t *group = json_array_get(r->groups, i);
    double weight = 1;
    if (!json_is_integer(group) || json_integer_value(group) < 0 ||
        json_integer_value(group) >= r->outputs)
        return gull__fail(r->err, GULL_EFORMAT,
                          "%s: tree %zu: its class is not one of 0..%d", r->path, i,
                          r->outputs - 1);
    tree->output = (int32_t)json_integer_value(group);
    if (r->weights && (!gull__xgboost_number(json_array_get(r->weights, i), &weight) ||
                       !(fabs(weight) <= FLT_MAX)))
        return gull__fail(r->err, GULL_EFORMAT, "%s: weight_drop %zu is not a number",
                          r->path, i);
    const float w = (float)weight;
    return gull__xgboost_tree(json_array_get(r->trees, i), r->dim, r->weights ? &w : NULL,
                              before_3_1(r) ? r->made.base[tree->output] : 0, &r->nodes,
                              &tree->count, &place);
}

static int read_trees(reading *r) {
    const size_t n = json_array_size(r->trees);
    gull_tree *tree = calloc(n ? n : 1, sizeof *tree);
    if (!tree) return fail(r, GULL_ENOMEM, "out of memory");
    r->made.tree = tree;
    int status =
        n ? GULL_OK
          : fail(r, GULL_EFORMAT, "it has no trees; train it for at least one round");
    for (size_t i = 0; i < n && status == GULL_OK; i++)
        status = read_tree(r, i, tree + i);
    if (status == GULL_OK && r->nodes.count > INT32_MAX)
        status = fail(r, GULL_EUNSUPPORTED, "more than 2^31 nodes");
    if (status < 0) return status;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        tree[i].nodes = r->nodes.node + at;
        at += (size_t)tree[i].count;
    }
    r->made.count = n;
    r->made.dim = r->dim;
    r->made.outputs = r->outputs;
    return GULL_OK;
}

/* ---- What is told to people ---- */

static int depth_of(const gull_tree *tree, uint8_t *depth) {
    int most = 0;
    depth[0] = 0;
    for (int32_t k = 0; k < tree->count; k++) {
        if (depth[k] > most) most = depth[k];
        if (tree->nodes[k].feature < 0) continue;
        depth[tree->nodes[k].left] = depth[tree->nodes[k].right] =
            (uint8_t)(depth[k] < UINT8_MAX ? depth[k] + 1 : UINT8_MAX);
    }
    return most;
}

/* "1520" -> "1,520" */
static void thousands(size_t n, char *text, size_t size) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%zu", n);
    size_t at = 0;
    for (int i = 0; i < length && at + 2 < size; i++) {
        if (i && (length - i) % 3 == 0) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = 0;
}

static int describe(const reading *r, gull_model_facts *facts) {
    const gull_trees *t = &r->made;
    size_t leaves = 0;
    int depth = 0;
    char count[40], many[40];
    uint8_t *of = malloc(r->nodes.count ? r->nodes.count : 1);
    if (!of) return fail(r, GULL_ENOMEM, "out of memory");
    for (size_t i = 0; i < t->count; i++) {
        const int d = depth_of(t->tree + i, of);
        if (d > depth) depth = d;
        leaves += ((size_t)t->tree[i].count + 1) / 2;
    }
    free(of);
    thousands(t->count, count, sizeof count);
    thousands(leaves, many, sizeof many);
    snprintf(facts->detail, sizeof facts->detail,
             "%s tree%s · depth %d · %s leaves · XGBoost %d.%d.%d", count,
             t->count == 1 ? "" : "s", depth, many, r->version[0], r->version[1],
             r->version[2]);
    return GULL_OK;
}

static void free_names(char **names, size_t n) {
    for (size_t i = 0; names && i < n; i++) free(names[i]);
    free(names);
}

static int copy_names(const reading *r, char ***out) {
    const json_t *names = gull__xgboost_array(r->learner, "feature_names");
    if (json_array_size(names) != r->dim) return GULL_OK;
    char **copy = calloc(r->dim, sizeof *copy);
    for (size_t i = 0; copy && i < r->dim; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        copy[i] = strdup(name ? name : "");
        if (copy[i]) continue;
        free_names(copy, i);
        copy = NULL;
    }
    *out = copy;
    return copy ? GULL_OK : fail(r, GULL_ENOMEM, "out of memory");
}

static int make(reading *r, gull_model **out) {
    gull_model_facts facts = {.classes = r->outputs == 1 ? 2 : r->outputs,
                              .dim = r->dim,
                              .f32 = true,
                              .scores = "margin"};
    TRY(describe(r, &facts));
    TRY(copy_names(r, &facts.feature_names));
    const int status = gull_trees_model(out, &r->made, &facts);
    if (status < 0) {
        free_names(facts.feature_names, r->dim);
        return fail(r, status, gull_status_text(status));
    }
    r->made = (gull_trees){0}; /* the model's now */
    r->nodes.node = NULL;
    return GULL_OK;
}

static int read_model(reading *r, const json_t *root, gull_model **out) {
    r->learner = gull__xgboost_object(root, "learner");
    if (!r->learner) return fail(r, GULL_EFORMAT, "JSON without an object \"learner\"");
    read_version(root, r->version);
    TRY(find_booster(r));
    TRY(read_objective(r));
    TRY(read_sizes(r));
    TRY(read_base(r));
    TRY(read_trees(r));
    return make(r, out);
}

static int read_json(gull_bytes *bytes, gull_model **out, gull_error *err) {
    reading r = {.path = bytes->path, .err = err};
    json_error_t where;
    if (!memmem(bytes->data, bytes->size, "\"learner\"", 9))
        return fail(
            &r, GULL_EUNSUPPORTED,
            "XGBoost's binary JSON (.ubj); save it as text: save_model(\"model.json\")");
    json_t *root = json_loadb((const char *)bytes->data, bytes->size, 0, &where);
    if (!root && where.line < 0) return fail(&r, GULL_ENOMEM, "out of memory");
    if (!root)
        return gull__fail(err, GULL_EFORMAT, "%s: line %d, byte %d: %s", bytes->path,
                          where.line, where.position, where.text);
    const int status = read_model(&r, root, out);
    json_decref(root);
    free((void *)(uintptr_t)r.made.tree);
    free((void *)(uintptr_t)r.made.base);
    free(r.nodes.node);
    return status;
}

const gull_reader gull_reader_xgboost_json = {
    .name = "xgboost",
    .summary =
        "XGBoost's save_model(\"model.json\"): two-class and multi-class trees, dart",
    .probe = probe,
    .read = read_json,
};
