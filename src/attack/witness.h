/* witness.h - what attacks do with a point that fools: draw it towards x0 as far as it
 * still fools, and claim it. */
#ifndef GULL_WITNESS_H
#define GULL_WITNESS_H
#include "core/plugin.h"

bool gull__fools(const gull_goal *, int label);
/* The budget or the time is spent: claim what there is, then pass the status on. */
static inline bool gull__spent(int status) {
    return status == GULL_EBUDGET || status == GULL_ETIME;
}
/* y := x0 + t (x - x0), into the box. */
void gull__along(const gull_space *, const double *x, double t, double *y);
/* x fools.  Draws it in by `halvings` questions along the line to x0 (l0: by putting
 * features back) and claims it; x gets the claimed point.  *distance: the accepted one,
 * INFINITY when the referee did not accept it. */
int gull__claim(gull_run *, double *x, int halvings, double *distance);
/* x fools and lies near the boundary.  Up to `rounds` times: takes the point nearest to
 * x0 on the boundary's tangent at x, for as long as that brings it closer; claims the
 * best. */
int gull__polish(gull_run *, double *x, int rounds, double *distance);

/* The best point of a minimal-distance attack so far. */
typedef struct gull_best {
    double *x, cost, claimed;
} gull_best;
int gull__best_new(gull_best *, gull_run *);
/* x fools: keeps it when it is the closest; claims now and then. */
int gull__best_offer(gull_best *, gull_run *, const double *x);
/* Claims the best, drawn in and polished; returns the first status that is negative. */
int gull__best_claim(gull_best *, gull_run *, int status, int rounds);
#endif
