/* rivals.h - the classes that targeted attacks aim at. */
#ifndef GULL_RIVALS_H
#define GULL_RIVALS_H
#include "core/plugin.h"
/* The classes that may win instead of the label, best score at x0 first; at most `most` of
 * them, *count were written.  A target: that one.  `scores` is room for the classes. */
int gull__rivals(gull_run *, double *scores, int most, int *rival, int *count);
/* At most `most` classes of MISS, those first whose boundary is nearest on the model linearised
 * at x0; TARGET has none. */
int gull__nearest_rivals(gull_run *, int most, int *rival, int *count);
#endif
