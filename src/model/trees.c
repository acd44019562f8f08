/* trees.c - the family of tree ensembles, as XGBoost computes them (Chen and Guestrin
 * 2016): inputs rounded to float32, "left iff x < threshold", NaN goes the default way,
 * leaves added in float32 in the order of the trees.  Two classes score 0 and the margin.
 * Guarantee: margins equal the library's bit for bit; answers are independent of tiles.
 */
#include "model/trees.h"
#include "model/trees_index.h"
#include <stdlib.h>
#include <string.h>

typedef struct walk_node { /* the right child follows the left one */
    union {
        float threshold, value;
    };
    int32_t left; /* 0: leaf */
    uint32_t feature : 31, default_left : 1;
} walk_node;

typedef struct trees_state {
    gull_trees trees;
    gull_tree_index *index;
    walk_node *walk;
    uint32_t *root; /* trees */
    size_t needed;  /* features up to the last used one */
} trees_state;

static unsigned can(const void *self) {
    const trees_state *s = self;
    return GULL_CAN_SCORES | (s->index ? GULL_CAN_TREES : 0);
}

static int tile(const void *self) {
    (void)self;
    return 1;
}

static int worker_new(const void *self, int rows, void **worker, gull_error *err) {
    const trees_state *s = self;
    (void)rows;
    *worker = malloc((s->needed + (size_t)s->trees.outputs + 1) * sizeof(float));
    return *worker ? GULL_OK : gull__fail(err, GULL_ENOMEM, "trees: out of memory");
}

static void worker_free(const void *self, void *worker) {
    (void)self;
    free(worker);
}

static void give(const gull_trees *t, const float *margin, double *scores) {
    if (t->outputs == 1) *scores++ = 0;
    for (int o = 0; o < t->outputs; o++) scores[o] = margin[o];
}

static float leaf_of(const walk_node *all, uint32_t at, const float *x) {
    const walk_node *n = all + at;
    while (n->left) {
        const float v = x[n->feature];
        const bool left = isnan(v) ? n->default_left : v < n->threshold;
        n = all + n->left + !left;
    }
    return n->value;
}

static int scores(const void *self, void *worker, const double *x, size_t n,
                  double *out) {
    const trees_state *s = self;
    const gull_trees *t = &s->trees;
    float *margin = worker, *row = margin + t->outputs;
    for (size_t r = 0; r < n; r++, x += t->dim, out += t->outputs + (t->outputs == 1)) {
        for (size_t i = 0; i < s->needed; i++) row[i] = (float)x[i];
        memcpy(margin, t->base, (size_t)t->outputs * sizeof *margin);
        for (size_t i = 0; i < t->count; i++)
            margin[t->tree[i].output] += leaf_of(s->walk, s->root[i], row);
        give(t, margin, out);
    }
    return GULL_OK;
}

/* The plain walk over the nodes as they were read, one output after the other. */
static int reference(const void *self, void *worker, const double *x, double *out) {
    const gull_trees *t = &((const trees_state *)self)->trees;
    float *margin = worker;
    for (int o = 0; o < t->outputs; o++) {
        margin[o] = t->base[o];
        for (size_t i = 0; i < t->count; i++) {
            const gull_tree_node *node = t->tree[i].nodes;
            if (t->tree[i].output != o) continue;
            while (node->feature >= 0) {
                const double v = x[node->feature];
                const bool left =
                    isnan(v) ? node->default_left : (float)v < node->threshold;
                node = t->tree[i].nodes + (left ? node->left : node->right);
            }
            margin[o] += node->value;
        }
    }
    give(t, margin, out);
    return GULL_OK;
}

static const void *structure(const void *self, unsigned wanted) {
    const trees_state *s = self;
    return wanted == GULL_CAN_TREES && s->index ? &s->trees : NULL;
}

void gull_trees_clear(gull_trees *t) {
    if (t->tree) free((void *)(uintptr_t)t->tree[0].nodes);
    free((void *)(uintptr_t)t->tree);
    free((void *)(uintptr_t)t->base);
    *t = (gull_trees){0};
}

static void close_state(void *self) {
    trees_state *s = self;
    gull_tree_index_free(s->index);
    free(s->walk);
    free(s->root);
    gull_trees_clear(&s->trees);
}

/* Lays a tree out so that siblings are neighbours; `from` lists the old number of each
 * place that is filled. */
static uint32_t lay_out(trees_state *s, const gull_tree *tree, int32_t *from,
                        uint32_t at) {
    uint32_t end = at + 1;
    from[0] = 0;
    for (uint32_t k = at; k < end; k++) {
        const gull_tree_node *node = tree->nodes + from[k - at];
        walk_node *to = s->walk + k;
        if (node->feature < 0) {
            to->value = node->value;
            continue;
        }
        to->threshold = node->threshold;
        to->feature = (uint32_t)node->feature;
        to->default_left = node->default_left != 0;
        to->left = (int32_t)end;
        from[end - at] = node->left;
        from[end + 1 - at] = node->right;
        end += 2;
        if ((size_t)node->feature >= s->needed) s->needed = (size_t)node->feature + 1;
    }
    return end;
}

static int flatten(trees_state *s, const gull_trees *t) {
    size_t nodes = 0, most = 0;
    for (size_t i = 0; i < t->count; i++) {
        nodes += (size_t)t->tree[i].count;
        if ((size_t)t->tree[i].count > most) most = (size_t)t->tree[i].count;
    }
    s->walk = calloc(nodes + 1, sizeof *s->walk);
    s->root = calloc(t->count + 1, sizeof *s->root);
    int32_t *from = malloc((most + 1) * sizeof *from);
    uint32_t at = 0;
    if (s->walk && s->root && from)
        for (size_t i = 0; i < t->count; i++) {
            s->root[i] = at;
            at = lay_out(s, t->tree + i, from, at);
        }
    free(from);
    return s->walk && s->root && from ? GULL_OK : GULL_ENOMEM;
}

int gull_trees_model(gull_model **out, const gull_trees *t,
                     const gull_model_facts *facts) {
    trees_state made = {0}, *state;
    int status = flatten(&made, t);
    if (status == GULL_OK) status = gull_tree_index_new(&made.index, t);
    if (status == GULL_OK)
        status =
            gull_model_new(out, &gull_family_trees, sizeof made, facts, (void **)&state);
    if (status < 0) {
        close_state(&made); /* the trees themselves stay the caller's */
        return status;
    }
    made.trees = *t;
    made.trees.index = made.index;
    *state = made;
    return GULL_OK;
}

const gull_family gull_family_trees = {
    .name = "trees",
    .summary = "gradient-boosted trees and forests, in XGBoost's float32 arithmetic",
    .can = can,
    .tile = tile,
    .worker_new = worker_new,
    .worker_free = worker_free,
    .scores = scores,
    .reference = reference,
    .structure = structure,
    .close = close_state,
};
