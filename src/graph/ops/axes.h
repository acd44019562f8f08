/* axes.h - some axes of a row taken together: reductions and normalizations.  Number k of
 * group j is at group[j] + member[k]. */
#ifndef GULL_AXES_H
#define GULL_AXES_H
#include "graph/real.h"

typedef struct axes {
    size_t groups, members;
    size_t *group, *member; /* one block, from group on */
} axes;

/* The offsets of all combinations of the axes in (or not in) `bits`, in order. */
static void offsets_of(const gull_tensor *x, unsigned bits, bool in, size_t *out) {
    size_t count = 1, step[GULL_RANK + 1];
    step[x->rank] = 1;
    for (int i = x->rank; i-- > 0;) step[i] = step[i + 1] * (size_t)x->dims[i];
    out[0] = 0;
    for (int i = x->rank; i-- > 0;) {
        const size_t d = (size_t)x->dims[i];
        if ((bits >> i & 1) != in) continue;
        for (size_t k = count; k < count * d; k++)
            out[k] = out[k % count] + k / count * step[i + 1];
        count *= d;
    }
}

/* Bit i of `bits`: axis i of a row of x belongs to a group. */
static inline int axes_new(axes *a, const gull_tensor *x, unsigned bits) {
    a->groups = a->members = 1;
    for (int i = 0; i < x->rank; i++)
        *(bits >> i & 1 ? &a->members : &a->groups) *= (size_t)x->dims[i];
    a->group = malloc((a->groups + a->members) * sizeof *a->group);
    if (!a->group) return GULL_ENOMEM;
    a->member = a->group + a->groups;
    offsets_of(x, bits, false, a->group);
    offsets_of(x, bits, true, a->member);
    return GULL_OK;
}

/* Groups of numbers that are neighbours. */
static inline int axes_of_runs(axes *a, size_t groups, size_t members) {
    *a = (axes){groups, members, malloc((groups + members) * sizeof *a->group), NULL};
    if (!a->group) return GULL_ENOMEM;
    a->member = a->group + groups;
    for (size_t j = 0; j < groups; j++) a->group[j] = j * members;
    for (size_t k = 0; k < members; k++) a->member[k] = k;
    return GULL_OK;
}

static inline void axes_release(void *state) { free(((axes *)state)->group); } /* first in it */
#endif
