/* xgboost_tree.c - one tree of XGBoost's JSON model.  The arrays are hostile: only nodes
 * that the root reaches are taken, each once, and every index is checked. */
#include "read/xgboost.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

typedef struct columns {
    const json_t *left, *right, *feature, *value, *defaults, *types;
    size_t count;
} columns;

const json_t *gull__xgboost_object(const json_t *from, const char *name) {
    const json_t *j = json_object_get(from, name);
    return json_is_object(j) ? j : NULL;
}

const json_t *gull__xgboost_array(const json_t *from, const char *name) {
    const json_t *j = json_object_get(from, name);
    return json_is_array(j) ? j : NULL;
}

bool gull__xgboost_number(const json_t *j, double *value) {
    if (json_is_number(j)) {
        *value = json_number_value(j);
        return true;
    }
    const char *text = json_string_value(j);
    char *end;
    if (!text || !*text) return false;
    *value = strtod(text, &end);
    return !*end;
}

static int fail(const xgboost_place *at, int code, const char *what) {
    return gull__fail(at->err, code, "%s: tree %zu: %s", at->path, at->tree, what);
}

static int find_columns(const json_t *tree, columns *c, const xgboost_place *at) {
    c->left = gull__xgboost_array(tree, "left_children");
    c->right = gull__xgboost_array(tree, "right_children");
    c->feature = gull__xgboost_array(tree, "split_indices");
    c->value = gull__xgboost_array(tree, "split_conditions");
    c->defaults = gull__xgboost_array(tree, "default_left");
    c->types = gull__xgboost_array(tree, "split_type"); /* since 1.3 */
    if (!c->left || !c->right || !c->feature || !c->value || !c->defaults)
        return fail(at, GULL_EFORMAT,
                    "left_children, right_children, split_indices, split_conditions or "
                    "default_left is not an array; was it written by save_model?");
    c->count = json_array_size(c->left);
    if (!c->count || c->count > INT32_MAX)
        return fail(at, GULL_EFORMAT, "it has no nodes");
    if (json_array_size(c->right) != c->count ||
        json_array_size(c->feature) != c->count ||
        json_array_size(c->value) != c->count ||
        json_array_size(c->defaults) != c->count ||
        (c->types && json_array_size(c->types) != c->count))
        return fail(at, GULL_EFORMAT, "its arrays have different lengths");
    return GULL_OK;
}

/* A finite float32; what XGBoost would read as infinite is refused. */
static bool float_at(const json_t *array, size_t i, float *value) {
    const json_t *j = json_array_get(array, i);
    if (!json_is_number(j) || !(fabs(json_number_value(j)) <= FLT_MAX)) return false;
    *value = (float)json_number_value(j);
    return true;
}

static bool flag_at(const json_t *array, size_t i) {
    const json_t *j = json_array_get(array, i);
    return json_is_true(j) || (json_is_integer(j) && json_integer_value(j) != 0);
}

static bool int_at(const json_t *array, size_t i, json_int_t limit, int32_t *value) {
    const json_t *j = json_array_get(array, i);
    if (!json_is_integer(j)) return false;
    const json_int_t v = json_integer_value(j);
    if (v < -1 || v >= limit) return false;
    *value = (int32_t)v;
    return true;
}

static float leaf_value(float value, const float *weight, float base) {
    return weight ? ((base + value) - base) * *weight : value;
}

/* Reads node `old`, whose children keep their old numbers for now. */
static int read_node(const columns *c, size_t old, size_t dim, gull_tree_node *node,
                     const xgboost_place *at) {
    const json_int_t count = (json_int_t)c->count;
    node->feature = -1;
    if (!int_at(c->left, old, count, &node->left) ||
        !int_at(c->right, old, count, &node->right) ||
        (node->left < 0) != (node->right < 0))
        return fail(at, GULL_EFORMAT, "a child is not one of its nodes");
    if (!float_at(c->value, old, &node->value))
        return fail(at, GULL_EFORMAT, "a split_condition is not a finite float32 number");
    if (node->left < 0) return GULL_OK;
    if (c->types && flag_at(c->types, old))
        return fail(
            at, GULL_EUNSUPPORTED,
            "a split on a category; gull reads numerical splits: encode categories "
            "as 0/1 features and train again");
    if (!int_at(c->feature, old, (json_int_t)dim, &node->feature) || node->feature < 0)
        return fail(at, GULL_EFORMAT, "a split_index is not one of the model's features");
    node->threshold = node->value;
    node->value = 0;
    node->default_left = flag_at(c->defaults, old);
    return GULL_OK;
}

static bool reserve(xgboost_nodes *all, size_t more) {
    if (all->count + more <= all->room) return true;
    size_t room = all->room ? all->room : 1024;
    while (room < all->count + more) room *= 2;
    gull_tree_node *grown = realloc(all->node, room * sizeof *grown);
    if (!grown) return false;
    all->node = grown;
    all->room = room;
    return true;
}

/* Breadth first; old[k] is the number in the file of node k.  -1: a node is met twice. */
static int32_t enlist(int32_t *old, bool *met, int32_t count, gull_tree_node *node) {
    if (node->left < 0) {
        node->left = node->right = 0;
        return count;
    }
    if (met[node->left] || met[node->right] || node->left == node->right) return -1;
    met[node->left] = met[node->right] = true;
    old[count] = node->left;
    old[count + 1] = node->right;
    node->left = count;
    node->right = count + 1;
    return count + 2;
}

static int walk(const columns *c, size_t dim, const float *weight, float base,
                int32_t *old, bool *met, gull_tree_node *node, int32_t *count,
                const xgboost_place *at) {
    int32_t n = 1;
    old[0] = 0;
    met[0] = true;
    for (int32_t k = 0; k < n; k++) {
        node[k] = (gull_tree_node){0};
        TRY(read_node(c, (size_t)old[k], dim, node + k, at));
        if (node[k].feature < 0) node[k].value = leaf_value(node[k].value, weight, base);
        if (!isfinite(node[k].value))
            return fail(at, GULL_EFORMAT,
                        "a leaf times its weight is not a finite number");
        n = enlist(old, met, n, node + k);
        if (n < 0) return fail(at, GULL_EFORMAT, "a node has two parents, or is its own");
    }
    *count = n;
    return GULL_OK;
}

static int check_size(const json_t *tree, const xgboost_place *at) {
    double size = 0;
    const json_t *param = gull__xgboost_object(tree, "tree_param");
    if (gull__xgboost_number(json_object_get(param, "size_leaf_vector"), &size) &&
        size > 1)
        return fail(
            at, GULL_EUNSUPPORTED,
            "its leaves are vectors; train with multi_strategy=one_output_per_tree");
    return GULL_OK;
}

int gull__xgboost_tree(const json_t *tree, size_t dim, const float *weight, float base,
                       xgboost_nodes *all, int32_t *count, const xgboost_place *at) {
    columns c = {0};
    if (!json_is_object(tree)) return fail(at, GULL_EFORMAT, "it is not an object");
    TRY(check_size(tree, at));
    TRY(find_columns(tree, &c, at));
    if (!reserve(all, c.count)) return fail(at, GULL_ENOMEM, "out of memory");
    int32_t *old = malloc(c.count * sizeof *old);
    bool *met = calloc(c.count, sizeof *met);
    const int status = old && met ? walk(&c, dim, weight, base, old, met,
                                         all->node + all->count, count, at)
                                  : fail(at, GULL_ENOMEM, "out of memory");
    free(old);
    free(met);
    if (status == GULL_OK) all->count += (size_t)*count;
    return status;
}
