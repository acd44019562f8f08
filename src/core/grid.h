/* grid.h - whole-number features and quantised pixels: putting real points on the grid. */
#ifndef GULL_GRID_H
#define GULL_GRID_H
#include "core/plugin.h"

enum gull_rounding {
    GULL_NEAREST,
    GULL_TOWARDS, /* x0: no feature's change grows */
    GULL_AWAY     /* from x0: no feature's change shrinks */
};
/* The k of the nearest value, and the value of k. */
double gull__grid_index(const gull_grid *, double x);
double gull__grid_value(const gull_grid *, double k, bool f32);
/* The value of feature i near x, which lies in the box; x itself where it has no grid. */
double gull__grid_round(const gull_space *, enum gull_rounding, size_t i, double x);
/* The same for all features. */
void gull__to_grid(const gull_space *, enum gull_rounding, const double *x, double *y);
/* In Linf, where all features are on grids of one step, distances are its multiples: a proved
 * bound rises to the next.  Otherwise, and in other norms, the bound as it is. */
double gull__grid_lower(const gull_problem *, double lower);
#endif
