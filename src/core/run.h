/* run.h - one row's interval and the runs of its methods. */
#ifndef GULL_RUN_H
#define GULL_RUN_H
#include "core/batch.h"
#include "core/question.h"

typedef struct gull_outcome { /* of one method on one row */
    double upper, lower;      /* INFINITY and 0 when it claimed nothing; -1: claimed no bound */
    uint64_t queries;
    double seconds;
    int status; /* what it returned */
    bool ran, bounded;
    gull_skip skip;  /* why not, of a part that did not run */
    uint64_t gradients, flat; /* asked for; zero in every feature */
    unsigned rounds; /* how often it ran: a part may, again and again */
} gull_outcome;

typedef struct gull_row { /* all that is known of a row while it is worked on */
    const gull_question *question;
    const gull_plan *plan;
    const gull_model *model;
    gull_problem problem;
    size_t number; /* in the data: its random numbers depend on it */
    const size_t *shape; /* of a picture, else NULL */
    gull_seat *seat;
    double lower, upper;
    int lower_by, upper_by; /* index in the plan; -1: none */
    double *witness;        /* dim; valid when upper is finite */
    double *trial, *scores; /* dim, classes: the referee's scratch */
    bool contradiction;
    struct gull_draws *draws; /* of randomised models: core/draws.h */
    uint64_t queries;      /* asked so far, by all methods */
    gull_outcome *outcome; /* plan->count */
} gull_row;

/* Runs method `index` of the plan on the row; fills row->outcome[index].  Returns what
 * stopped it only when the row cannot go on (out of memory, a model that fails). */
int gull__run_method(gull_row *, size_t index);
/* The ends agree to what the deployed precision can tell apart: 1e-9 of the distance for
 * double inputs; for float32 inputs 1e-5, or two units in the last place of one feature. */
bool gull__row_exact(const gull_row *);
/* Exact, or proved that nothing in the box fools the model. */
bool gull__row_settled(const gull_row *);
#endif
