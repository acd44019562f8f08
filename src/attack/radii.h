/* radii.h - which radii an attack of a fixed radius tries. */
#ifndef GULL_RADII_H
#define GULL_RADII_H
#include "core/plugin.h"

/* Tries to fool within the radius; *distance: what the referee accepted, INFINITY when
 * nothing was. */
typedef int (*gull_attempt)(gull_run *, void *state, double radius, double *distance);

typedef struct gull_radii {
    bool alone;  /* a baseline of its own: takes no notice of what others found */
    bool beyond; /* when no asked distance is enough, go on above them */
    bool down;   /* from great radii to small: what fails is dear, what succeeds is cheap */
    int refine;  /* bisections once there is a bracket */
} gull_radii;

/* Asked distances: each in turn, ascending, up to the row's upper end.  None asked and no
 * upper end yet: radii that double, or halve.  Then bisection of the bracket; or, when others have
 * found an upper end that no asked distance beats, radii just below it. */
int gull__search_radii(gull_run *, const gull_radii *, gull_attempt, void *state);
#endif
