/* scaled.h - the features that may move, as changes in units of the cost: what attacks that
 * optimise coordinate by coordinate work on. */
#ifndef GULL_SCALED_H
#define GULL_SCALED_H
#include "core/plugin.h"

typedef struct gull_scaled {
    const gull_space *space;
    size_t n;         /* free features */
    size_t *at;       /* their indices */
    double *unit;     /* x = x0 + unit * u */
    double *lo, *hi;  /* the box of u */
    double width;     /* the widest finite box of a feature; 0: all are open */
    double *x, *g;    /* of all features: room for one question */
} gull_scaled;

/* Units: 1 / weight, so that u is measured as the cost measures x. */
int gull__scaled_new(gull_scaled *, gull_run *);
/* Makes all units `factor` times larger. */
void gull__scaled_by(gull_scaled *, double factor);
/* Makes the unit of each feature its box's width; where that is open, |x0| or 1. */
void gull__scaled_by_width(gull_scaled *);
/* x := x0 + unit * u, inside the box; x0 exactly where u is 0. */
void gull__scaled_input(const gull_scaled *, const double *u, double *x);
void gull__scaled_from(const gull_scaled *, const double *x, double *u);
/* Asks at u; s->x gets the input asked, g the gradient in u.  scores, value may be NULL. */
int gull__scaled_ask(gull_run *, const gull_scaled *, const double *u, gull_loss,
                     double *scores, double *value, double *g);
/* The loss at u linearised: Euclidean length in u of the least change that adds `need`
 * (box ignored); INFINITY where the gradient is 0. */
double gull__scaled_reach(const gull_scaled *, const double *g, double need);
#endif
