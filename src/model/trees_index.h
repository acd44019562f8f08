/* trees_index.h - what exact searches need of an ensemble, made once per model: every
 * feature's thresholds cut its axis into cells, every leaf is a bit, every split knows
 * the leaves on its two sides.  Integers only: an input is a cell per feature. */
#ifndef GULL_MODEL_TREES_INDEX_H
#define GULL_MODEL_TREES_INDEX_H
#include "core/plugin.h"

typedef struct gull_index_node {
    int32_t feature;     /* number among the used ones; -1: leaf */
    int32_t cut;         /* left iff cell < cut */
    int32_t left, right; /* in the same tree */
    int32_t place;       /* of a split: its number; of a leaf: its rank by value */
    float value;         /* of a leaf */
    bool default_left;
} gull_index_node;

typedef struct gull_tree_index {
    size_t trees, features, cuts, splits, leaves;
    size_t words;        /* 64-bit words of a set of leaves */
    int32_t *feature;    /* features: the model's feature number */
    size_t *first_cut;   /* features + 1: cell c of f lies between its cuts c and c + 1 */
    float *cut;          /* cuts, ascending within a feature; cut 1 of f is the first */
    size_t *first_split; /* cuts + 1: the splits at a cut are consecutive */
    int32_t *split_tree; /* splits */
    bool *split_default; /* splits: NaN goes left */
    uint64_t *sides;     /* splits x 2 x words: the leaves on its left, on its right */
    size_t *first_node;  /* trees + 1 */
    gull_index_node *node;
    size_t *first_leaf; /* trees + 1 */
    double *value;      /* leaves, ascending within a tree; bit i is the i-th */
    uint64_t *all;      /* trees x words: every leaf */
    double *slack;      /* outputs: how far float32 sums may lie from real ones */
} gull_tree_index;

/* *out is NULL, and the answer GULL_OK, when the ensemble is too large for an index. */
int gull_tree_index_new(gull_tree_index **out, const gull_trees *);
void gull_tree_index_free(gull_tree_index *);
#endif
