/* patch.h - the windows of the Square attack: squares of a picture, the same in every
 * channel, or random sets of a table's features. */
#ifndef GULL_PATCH_H
#define GULL_PATCH_H
#include "core/plugin.h"

typedef struct gull_patch {
    size_t *index; /* within a plane */
    size_t count;
} gull_patch;

typedef struct gull_patches {
    bool table, l2;
    size_t planes, height, width, plane; /* plane: features of a plane, that may change */
    size_t *free;         /* a table's features that may change, in random order */
    gull_patch first, second;
    size_t side;          /* of a picture's windows */
    size_t pattern_side;  /* for which `pattern` was made; 0: not yet */
    double *pattern, *fresh, *tail;
} gull_patches;

/* Room of the run; plane is 0 when nothing may change. */
int gull__patches_new(gull_patches *, gull_run *);
/* Draws two windows of so great a share of the features, of at least `least` a side (odd
 * when that is 3). */
void gull__patch_draw(gull_run *, gull_patches *, double share, size_t least);
/* The first change: five tiles a side, each with a pattern of random sign. */
void gull__patch_tiles(gull_run *, gull_patches *, double *change);
/* The first window gets the second's mass, what its own was and what the radius leaves;
 * the second gets nothing.  Mass: length (l2) or sum (l1). */
void gull__patch_move_mass(gull_run *, gull_patches *, double radius, bool l2, double *change);

static inline double gull__patch_weight(const gull_space *s, size_t i) {
    return s->weight ? s->weight[i] : 1;
}
#endif
