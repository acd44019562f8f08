/* radius.h - the search for the largest radius that bounds prove, shared by ibp and crown. */
#ifndef GULL_RADIUS_H
#define GULL_RADIUS_H
#include "prove/bounds.h"

typedef struct gull_radius_options {
    double intermediate, budget, steps, gap, memory;
} gull_radius_options;

int gull__prove_radius(gull_run *, const gull_radius_options *, bool intervals);
#endif
