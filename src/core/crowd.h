/* crowd.h - all rows at once, for methods that look for one change for all of them. */
#ifndef GULL_CROWD_H
#define GULL_CROWD_H
#include "core/result.h"

/* Runs the method's `together` and keeps what it found in the spec.  tell may be NULL;
 * where it says no, *stopped is set. */
int gull__crowd_run(const gull_desk *, gull_spec *, int threads, gull_progress_fn tell,
                    void *payload, const gull_progress *, bool *stopped, gull_error *);
/* x: s->x0 + change, put into the box and the ball. */
void gull__apply_change(const gull_space *s, const gull_cost *, const double *change,
                        double radius, double *x);
#endif
