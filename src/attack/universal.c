/* universal.c - one change for all rows (Moosavi-Dezfooli, Fawzi, Fawzi and Frossard 2017).
 * Instead of their loop over DeepFool steps: steepest ascent of the rows' summed loss (Shafahi
 * et al. 2020, arXiv:1811.11304, section 3), which is flat for rows that are fooled clearly.
 * Each row then claims the change as it is, put into the row's box. */
#include "attack/losses.h"
#include <stdlib.h>
#include <string.h>

typedef struct options {
    double steps, climbs, step;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 100, 1, 1e6, "steps a climb; each asks every row for a gradient"),
    GULL_PARAM(options, climbs, 2, 1, 2, "1: logistic loss of dlr; 2: clipped cross entropy, too"),
    GULL_PARAM(options, step, 0.5, 1e-6, 10, "first step, as a share of the radius"),
    GULL_PARAM_END};

static const double width = 0.3, clip = 1;

/* The logistic function of DLR: nearly counts the rows that are fooled. */
static double nearly_count(const void *arg, const double *scores, int classes, double *w) {
    const gull_member *m = arg;
    const gull_loss loss = gull__loss(&m->goal, GULL_LOSS_DLR);
    const double q = 1 / (1 + exp(-loss.fn(loss.arg, scores, classes, w) / width));
    for (int i = 0; w && i < classes; i++) w[i] *= q * (1 - q);
    return q;
}

/* Cross entropy, flat where the row is fooled clearly. */
static double clipped(const void *arg, const double *scores, int classes, double *w) {
    const gull_member *m = arg;
    const gull_loss loss = gull__loss(&m->goal, GULL_LOSS_CE);
    const double value = loss.fn(loss.arg, scores, classes, w);
    if (!(value > clip)) return value;
    if (w) memset(w, 0, (size_t)classes * sizeof *w);
    return clip;
}

typedef struct climb {
    gull_crowd *crowd;
    const options *o;
    double *v, *g, *next; /* where we are, the gradient there, where we go */
    double *best;
    size_t fooled; /* by the best */
} climb;

static void keep(climb *c, size_t fooled) {
    if (fooled <= c->fooled) return;
    memcpy(c->best, c->v, gull_crowd_space(c->crowd)->dim * sizeof(double));
    c->fooled = fooled;
}

/* The best step of cost `size`, then back into the ball. */
static void move(climb *c, double size) {
    const gull_space *s = gull_crowd_space(c->crowd);
    const gull_cost *cost = gull_crowd_cost(c->crowd);
    gull_space here = *s;
    here.x0 = c->v;
    if (isinf(cost->reach(&here, c->g, size, c->next))) return;
    cost->project(s, c->next, gull_crowd_radius(c->crowd));
    memcpy(c->v, c->next, s->dim * sizeof *c->v);
}

static int run_climb(climb *c, gull_loss_fn loss) {
    memset(c->v, 0, gull_crowd_space(c->crowd)->dim * sizeof *c->v);
    const double radius = gull_crowd_radius(c->crowd), steps = c->o->steps;
    for (double i = 0;; i++) {
        size_t fooled;
        TRY(gull_crowd_gradient(c->crowd, c->v, loss, c->g, NULL, &fooled));
        keep(c, fooled);
        if (i >= steps || fooled == gull_crowd_size(c->crowd)) return GULL_OK;
        move(c, radius * c->o->step * (1 - i / steps));
    }
}

static int together(gull_crowd *crowd, const void *opt, double *change) {
    const size_t dim = gull_crowd_space(crowd)->dim;
    double *room = calloc(3 * dim, sizeof *room);
    if (!room) return GULL_ENOMEM;
    climb c = {crowd, opt, room, room + dim, room + 2 * dim, change, 0};
    int status = run_climb(&c, nearly_count);
    if (status == GULL_OK && c.o->climbs > 1 && c.fooled < gull_crowd_size(crowd))
        status = run_climb(&c, clipped);
    free(room);
    return status;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    double *x = gull_run_scratch(run, p->space.dim * sizeof *x);
    (void)opt;
    if (!x) return GULL_ENOMEM;
    if (!gull_run_together(run, x)) return GULL_EUNSUPPORTED;
    TRY(gull_found(run, x, NULL));
    return gull_run_stop(run);
}

const gull_method gull_attack_universal = {
    .name = "universal",
    .summary = "one change that fools as many rows as it can",
    .cite = "Moosavi-Dezfooli et al. 2017, arXiv:1610.08401; Shafahi et al. 2020, "
            "arXiv:1811.11304, section 3",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1) | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF),
    .params = params,
    .options_size = sizeof(options),
    .run = run,
    .together = together,
    .needs_eps = true};
