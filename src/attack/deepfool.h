/* deepfool.h - the walk to the nearest linearised boundary, for attacks that build on it. */
#ifndef GULL_DEEPFOOL_H
#define GULL_DEEPFOOL_H
#include "core/plugin.h"
typedef struct gull_deepfool {
    double steps, rivals, overshoot;
    const gull_cost *cost; /* what is near */
    double *x, *y, *g, *nearest, *trial, *scores, *rest;
} gull_deepfool;
/* Makes room; the options and the cost are the caller's to set. */
int gull__deepfool_new(gull_deepfool *, gull_run *);
/* From `from` to where y fools, or no step leads further. */
int gull__deepfool_walk(gull_run *, const gull_deepfool *, const double *from, bool *fools);
#endif
