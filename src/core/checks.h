/* checks.h - the audit's self-checks: rows answered again by chosen methods, and the verdicts. */
#ifndef GULL_CHECKS_H
#define GULL_CHECKS_H
#include "core/result.h"

enum { GULL_SAMPLE = 16 };

/* Adds a line to the result; result: "pass", "fail" or "not run". */
void gull__check_add(gull_result *, const char *name, const char *result, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* One row, answered again by one method alone: at distance eps, or wherever it gets to. */
typedef struct gull_probe {
    size_t row;      /* index in the task */
    const char *spec;
    double eps;      /* 0: none */
    double upper;    /* what it found; INFINITY: nothing */
} gull_probe;
/* All probes share the model's tiles.  False when one could not be run. */
bool gull__probes_run(const gull_result *, const gull_model *, gull_probe *, size_t count);

/* Indices of a few rows that no proof settles, spread over the data. */
size_t gull__check_rows(const gull_result *, size_t row[GULL_SAMPLE]);
/* The five signs and the convergence checks that need rows answered again. */
void gull__check_again(gull_result *, const gull_model *);
/* Finite differences, zero gradients, saturated scores. */
void gull__check_gradients(gull_result *, const gull_model *);
/* Of randomised models: fresh draws of each witness. */
void gull__check_draws(gull_result *, const gull_model *);
#endif
