/* start.h - a point that fools, however far away: where attacks begin that walk along the
 * boundary. */
#ifndef GULL_START_H
#define GULL_START_H
#include "core/plugin.h"
/* x: the run's best witness; else the end of a walk up the margin from x0; else, or when
 * `fresh` asks for another start, a random point, drawn in.  *any: it fools. */
int gull__start_point(gull_run *, bool fresh, double *x, bool *any);
/* x fools: moves it towards x0 up to just before the boundary, by `halvings` questions. */
int gull__to_boundary(gull_run *, double *x, int halvings);
#endif
