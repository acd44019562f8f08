/* trees_index.c - makes the index of an ensemble (Andriushchenko and Hein 2019 and Chen
 * et al. 2019 search the same cells).  Guarantee: for finite inputs the cells decide
 * every split exactly as the float32 comparison does. */
#include "model/trees_index.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

static const size_t SIDES_LIMIT = (size_t)1 << 27; /* words: 1 GiB */

typedef struct split {
    int32_t feature, tree, node;
    float threshold;
} split;

static int by_cut(const void *a, const void *b) {
    const split *p = a, *q = b;
    if (p->feature != q->feature) return p->feature < q->feature ? -1 : 1;
    if (p->threshold != q->threshold) return p->threshold < q->threshold ? -1 : 1;
    if (p->tree != q->tree) return p->tree < q->tree ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

typedef struct leaf {
    float value;
    int32_t node;
} leaf;

static int by_value(const void *a, const void *b) {
    const leaf *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

void gull_tree_index_free(gull_tree_index *x) {
    if (!x) return;
    free(x->feature);
    free(x->first_cut);
    free(x->cut);
    free(x->first_split);
    free(x->split_tree);
    free(x->split_default);
    free(x->sides);
    free(x->first_node);
    free(x->node);
    free(x->first_leaf);
    free(x->value);
    free(x->all);
    free(x->slack);
    free(x);
}

static void measure(gull_tree_index *x, const gull_trees *t) {
    size_t most = 0, nodes = 0;
    x->trees = t->count;
    for (size_t i = 0; i < t->count; i++) {
        const gull_tree *tree = &t->tree[i];
        size_t leaves = 0;
        for (int32_t n = 0; n < tree->count; n++) leaves += tree->nodes[n].feature < 0;
        x->leaves += leaves;
        nodes += (size_t)tree->count;
        if (leaves > most) most = leaves;
    }
    x->splits = nodes - x->leaves;
    x->words = (most + 63) / 64;
}

static void *array(size_t n, size_t size) { return calloc(n ? n : 1, size); }

static bool allocate(gull_tree_index *x, const gull_trees *t) {
    const size_t w = x->words, nodes = x->splits + x->leaves;
    return (x->feature = array(x->splits, sizeof *x->feature)) &&
           (x->first_cut = array(x->splits + 1, sizeof *x->first_cut)) &&
           (x->cut = array(x->splits, sizeof *x->cut)) &&
           (x->first_split = array(x->splits + 1, sizeof *x->first_split)) &&
           (x->split_tree = array(x->splits, sizeof *x->split_tree)) &&
           (x->split_default = array(x->splits, sizeof *x->split_default)) &&
           (x->sides = array(x->splits * 2 * w, sizeof *x->sides)) &&
           (x->first_node = array(x->trees + 1, sizeof *x->first_node)) &&
           (x->node = array(nodes, sizeof *x->node)) &&
           (x->first_leaf = array(x->trees + 1, sizeof *x->first_leaf)) &&
           (x->value = array(x->leaves, sizeof *x->value)) &&
           (x->all = array(x->trees * w, sizeof *x->all)) &&
           (x->slack = array((size_t)t->outputs, sizeof *x->slack));
}

/* Copies the nodes, and ranks the leaves of every tree by value. */
static void rank_leaves(gull_tree_index *x, const gull_trees *t, leaf *sorted) {
    for (size_t i = 0; i < t->count; i++) {
        const gull_tree *tree = &t->tree[i];
        gull_index_node *node = x->node + x->first_node[i];
        size_t n = 0;
        for (int32_t k = 0; k < tree->count; k++) {
            const gull_tree_node *from = &tree->nodes[k];
            node[k] = (gull_index_node){from->feature,     0, from->left,
                                        from->right,       0, from->value,
                                        from->default_left};
            if (from->feature < 0) sorted[n++] = (leaf){from->value, k};
        }
        qsort(sorted, n, sizeof *sorted, by_value);
        for (size_t k = 0; k < n; k++) {
            node[sorted[k].node].place = (int32_t)k;
            x->value[x->first_leaf[i] + k] = sorted[k].value;
            x->all[i * x->words + k / 64] |= (uint64_t)1 << k % 64;
        }
        x->first_node[i + 1] = x->first_node[i] + (size_t)tree->count;
        x->first_leaf[i + 1] = x->first_leaf[i] + n;
    }
}

static size_t list_splits(const gull_trees *t, split *all) {
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        for (int32_t k = 0; k < t->tree[i].count; k++) {
            const gull_tree_node *node = &t->tree[i].nodes[k];
            if (node->feature >= 0)
                all[n++] = (split){node->feature, (int32_t)i, k, node->threshold};
        }
    qsort(all, n, sizeof *all, by_cut);
    return n;
}

/* Numbers features, cuts and splits in sorted order. */
static void number(gull_tree_index *x, const split *all, size_t n) {
    for (size_t s = 0; s < n; s++) {
        const bool feature = !s || all[s].feature != all[s - 1].feature;
        if (feature) {
            x->first_cut[x->features] = x->cuts;
            x->feature[x->features++] = all[s].feature;
        }
        if (feature || all[s].threshold != all[s - 1].threshold) {
            x->first_split[x->cuts] = s;
            x->cut[x->cuts++] = all[s].threshold;
        }
        gull_index_node *node = x->node + x->first_node[all[s].tree] + all[s].node;
        node->feature = (int32_t)x->features - 1;
        node->cut = (int32_t)(x->cuts - x->first_cut[x->features - 1]);
        node->place = (int32_t)s;
        x->split_tree[s] = all[s].tree;
        x->split_default[s] = node->default_left;
    }
    x->first_cut[x->features] = x->cuts;
    x->first_split[x->cuts] = n;
}

static void add_leaves(const gull_tree_index *x, const gull_index_node *node,
                       uint64_t *set) {
    const uint64_t *sides = x->sides + (size_t)node->place * 2 * x->words;
    if (node->feature < 0)
        set[node->place / 64] |= (uint64_t)1 << node->place % 64;
    else
        for (size_t w = 0; w < x->words; w++) set[w] |= sides[w] | sides[x->words + w];
}

/* Children come after their parents, so bottom up is from the last to the first. */
static void fill_sides(gull_tree_index *x) {
    for (size_t i = 0; i < x->trees; i++) {
        const gull_index_node *node = x->node + x->first_node[i];
        for (size_t k = x->first_node[i + 1] - x->first_node[i]; k-- > 0;) {
            if (node[k].feature < 0) continue;
            uint64_t *sides = x->sides + (size_t)node[k].place * 2 * x->words;
            add_leaves(x, node + node[k].left, sides);
            add_leaves(x, node + node[k].right, sides + x->words);
        }
    }
}

/* The float32 sum of n terms errs by at most 2^-24 times each partial sum (Higham 2002,
 * section 4.2); the factor covers that those are rounded too, and the last term the
 * search's own sums in double.  False when sums could overflow. */
static bool bound_rounding(gull_tree_index *x, const gull_trees *t) {
    if (t->count >= (size_t)1 << 20) return false;
    for (int o = 0; o < t->outputs; o++) {
        double partial = fabs(t->base[o]), error = 0;
        for (size_t i = 0; i < t->count; i++) {
            if (t->tree[i].output != o) continue;
            const double *v = x->value + x->first_leaf[i];
            const size_t n = x->first_leaf[i + 1] - x->first_leaf[i];
            partial += fmax(fabs(v[0]), fabs(v[n - 1]));
            error += partial * 0x1.2p-24 + 0x1p-149;
        }
        if (!(partial < 1e37)) return false;
        x->slack[o] = error + partial * 1e-12;
    }
    return true;
}

static int fill(gull_tree_index *x, const gull_trees *t, bool *useful) {
    leaf *sorted = array(x->leaves, sizeof *sorted);
    split *all = array(x->splits, sizeof *all);
    const bool good = sorted && all && allocate(x, t);
    if (good) {
        rank_leaves(x, t, sorted);
        number(x, all, list_splits(t, all));
        fill_sides(x);
        *useful = bound_rounding(x, t);
    }
    free(sorted);
    free(all);
    return good ? GULL_OK : GULL_ENOMEM;
}

int gull_tree_index_new(gull_tree_index **out, const gull_trees *t) {
    bool useful = false;
    *out = NULL;
    gull_tree_index *x = calloc(1, sizeof *x);
    if (!x) return GULL_ENOMEM;
    measure(x, t);
    int status = GULL_OK;
    if (x->splits < INT32_MAX &&
        (x->splits + x->trees) * 2 < SIDES_LIMIT / (x->words ? x->words : 1))
        status = fill(x, t, &useful);
    if (useful)
        *out = x;
    else
        gull_tree_index_free(x);
    return status;
}
