/* trees_box.h - a box of cells, what each tree can still answer in it, and how to shrink
 * the one by the other.  Shared by the parts of the exact search of tree ensembles. */
#ifndef GULL_PROVE_TREES_BOX_H
#define GULL_PROVE_TREES_BOX_H
#include "model/trees_index.h"

typedef struct box_change { /* what to restore; the leaves are in box->kept */
    double best, sum;
    int32_t what; /* a tree; or -1 - 2 f: lo of f, -2 - 2 f: hi of f */
    int32_t cell;
} box_change;

typedef struct tree_box {
    const gull_trees *trees;
    const gull_tree_index *index;
    const gull_space *space;
    /* Of the row: cost[k] of crossing cut k away from x0's cell; INFINITY: not allowed.
     */
    double *cost;
    int32_t *home; /* features: x0's cell; -1: x0 has no value there, and keeps none */
    /* Of the question: does `win` beat every class that has a `rival` number? */
    int win, rivals;
    const int *lose; /* rivals: the classes */
    int8_t *sign;    /* trees: +1 raises win, -1 raises a loser, 0 neither */
    int32_t *rival;  /* trees: which loser */
    int32_t *used;   /* the trees with a sign, in order */
    size_t used_count;
    double *constant, *slack; /* rivals: bases, rounding */
    /* The box and its leaves. */
    int32_t *lo, *hi; /* features: cells */
    uint64_t *left;   /* trees x words: leaves that the box can reach */
    double *best;     /* trees: greatest contribution of those */
    double win_sum, *lose_sum;
    box_change *change;
    uint64_t *kept;
    size_t changes;
    int32_t *queue;
    bool *queued;
    size_t queue_count;
    float *margin; /* outputs */
} tree_box;

int gull__box_new(tree_box *, gull_run *, const gull_trees *);
/* Sets the question: at most `trees->outputs` losers. */
void gull__box_ask(tree_box *, int win, const int *lose, int rivals);
/* The box of all inputs with cost <= eps; false when no input in it wins. */
bool gull__box_open(tree_box *, double eps);
/* Cells >= cut, or < cut, of f are left; then everything that follows.  False when no
 * input in the box can win: undo. */
bool gull__box_split(tree_box *, int32_t f, int32_t cut, bool left);
/* No feature changes at a cost above most[f], its number among the used ones. */
bool gull__box_limit(tree_box *, const double *most);
void gull__box_undo(tree_box *, size_t changes);
/* The split to branch on, and its better side; false when every tree is decided. */
bool gull__box_branch(tree_box *, bool strong, int32_t *f, int32_t *cut, bool *left);
/* The box's nearest input: does it win, in the library's own arithmetic?  Its cost. */
bool gull__box_nearest_wins(tree_box *);
double gull__box_cost(const tree_box *);
double gull__box_cost_of(const tree_box *, int32_t f); /* of one feature */
void gull__box_nearest(const tree_box *, double *x);
#endif
