/* runs.h - cuts a graph into runs of nodes that a backend plans as a whole (num/plan.h)
 * and runs of nodes that work one by one on plain numbers. */
#ifndef GULL_RUNS_H
#define GULL_RUNS_H
#include "graph/graph.h"
#include "num/backend.h"

typedef struct gull_run {
    size_t first, last; /* nodes [first, last) */
    gull_plan *plan;    /* NULL: node by node */
    int *tensor;        /* of each blob of the plan that is given or wanted, or -1 */
    size_t blobs;
} gull_run;

typedef struct gull_runs {
    gull_run *run;
    size_t count, tile; /* tile: rows at a time; 0: no plan among them */
} gull_runs;

/* Allocates value[t], of `tile` rows, for every tensor that is seen outside plans. */
int gull__runs_new(const gull_graph *, const gull_backend *, size_t tile, float **value,
                   gull_runs *out);
/* The same for the gradients, before the first backward pass. */
int gull__runs_gradient(const gull_graph *, const gull_backend *, float **grad, gull_runs *);
void gull__runs_free(const gull_backend *, gull_runs *);
/* Multiplications of convolutions, and of dense layers, for one row. */
void gull__runs_work(const gull_graph *, double *conv, double *dense);
float *gull__new_rows(const gull_graph *, int tensor, size_t rows); /* zeros; or NULL */
#endif
