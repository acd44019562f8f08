/* noise.h - random points of a given cost. */
#ifndef GULL_NOISE_H
#define GULL_NOISE_H
#include "core/plugin.h"
/* x: a random point of cost `radius` (less where the box does not allow it), inside the
 * box.  linf: random signs; l2: uniform direction; l1: uniform on the sphere; l0: random
 * features with random values.  A change that leaves the box is turned round where there
 * is more room on the other side. */
void gull__noise(gull_run *, double radius, double *x);
#endif
