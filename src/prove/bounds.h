/* bounds.h - sound bounds of every tensor of a network over a region of inputs, and lower
 * bounds of linear functions of its scores.  A workspace serves one thread and one graph;
 * branch and bound calls it once per box.
 *
 * Order of calls: new, then for each region: over, then rows or margins. */
#ifndef GULL_BOUNDS_H
#define GULL_BOUNDS_H
#include "graph/graph.h"

/* {x in the space's box : cost(x) <= radius}, x real */
typedef struct gull_region {
    const gull_space *space;
    const gull_cost *cost;
    double radius;
} gull_region;

/* Where the bounds of inputs of nonlinear operators come from, beside intervals. */
enum {
    GULL_BOUNDS_AUTO, /* backward bounds while they fit the budget */
    GULL_BOUNDS_IBP,  /* intervals, but the first affine layers from the norm ball itself */
    GULL_BOUNDS_CROWN /* backward bounds of all neurons that are not settled */
};

typedef struct gull_bounds_options {
    int intermediate;
    double budget;              /* AUTO: floating-point operations per call of `over` */
    int (*stop)(const void *arg); /* negative status: give up; NULL: never */
    const void *stop_arg;
} gull_bounds_options;

typedef struct gull_picked { /* a row's features that are not zero */
    double *a, *x0, *lo, *hi, *weight; /* one block */
} gull_picked;

typedef struct gull_neuron { /* what better bounds of it may gain */
    double gain;
    size_t at;
} gull_neuron;

typedef struct gull_bounds {
    const gull_graph *graph;
    gull_region region;
    gull_bounds_options options;
    double **lo, **hi; /* per tensor: bounds of activations over the region */
    bool finite;       /* of all bounds; otherwise nothing can be proved */

    /* Per node.  Affine, out = W in + b: b and |b|; magnitude: |W| |in| + |b|, or as much
     * for other operators; lines of elementwise ones. */
    unsigned *traits;
    double **offset, **absolute_offset, **magnitude;
    gull_lines *lines;
    bool *has_lines;

    /* Per tensor. */
    bool *affine;    /* an affine function of the input */
    int *hull;       /* 0: a box when the input is, 1: intervals are its exact hull, 2: else */
    /* Multiplications of a backward row from here: below when it is dense, start when it
     * is one neuron's. */
    double *below, *start;
    double **value;  /* scratch of the interval pass: 2 rows */
    double **grad;   /* coefficients: `chunk` rows */
    bool *live;
    size_t chunk;

    double *shift, *error; /* of the chunk's rows: constant, sum of |coefficient| magnitude */
    const size_t *start_neuron; /* the chunk's rows begin at one neuron each; until used */
    size_t start_count;
    gull_picked picked;
    double *found_lo, *found_hi;
    size_t *neuron;
    gull_neuron *open;
    double gamma;     /* bounds relative rounding errors of any sum here */
    double underflow; /* absolute errors of all products of one row */
} gull_bounds;

/* GULL_EUNSUPPORTED names the operator that has no bound. */
int gull_bounds_new(gull_bounds **out, const gull_graph *, gull_error *);
/* Bytes that a workspace for this graph takes, roughly. */
double gull_bounds_bytes(const gull_graph *);
void gull_bounds_free(gull_bounds *);
/* Bounds of every tensor over the region (what the pointers point to must live on). */
int gull_bounds_over(gull_bounds *, const gull_region *, const gull_bounds_options *);
/* Lower bounds over the region of count linear functions of the output tensor (count x
 * output size).  `intervals`: through the last affine layers only, then the intervals of
 * the tensors before them (IBP).  coefficients (count x input size) and constants, both or
 * neither NULL: row . scores >= coefficients . x + constant for all x of the region. */
int gull_bounds_rows(gull_bounds *, const double *rows, size_t count, bool intervals,
                     double *lower, double *coefficients, double *constants);
/* lower[c], c a class that has to be beaten or to stay ahead for the goal to be missed:
 * MISS: scores[label] - scores[c]; TARGET: scores[c] - scores[target].  The class itself:
 * INFINITY for MISS, -INFINITY for TARGET.  Lower bounds over the region. */
int gull_bounds_margins(gull_bounds *, const gull_goal *, int classes, bool intervals,
                        double *lower);
/* No point of the region reaches the goal. */
bool gull_bounds_proved(const gull_goal *, int classes, const double *lower);

/* ---- Inside: backward.c ---- */

/* Carries the n rows in grad[tensor] back to the input; shift and error gather constants
 * and rounding.  Through the last affine layers only when `intervals`. */
int gull__backward(gull_bounds *, int tensor, size_t n, bool intervals);
/* Bounds of the rows that gull__backward left; upper may be NULL. */
void gull__concretise(gull_bounds *, size_t n, double *lower, double *upper);
/* Bounds of neurons of a tensor by backward rows, taken into lo and hi. */
int gull__refine(gull_bounds *, int tensor, const size_t *neuron, size_t count);
#endif
