/* deepfool.c - steps to the nearest of the linearised boundaries until one is crossed:
 * Moosavi-Dezfooli, Fawzi and Frossard 2016, algorithm 2, with each cost's own nearest
 * point of a half-space inside the box; then the final search along tangents. */
#include "attack/losses.h"
#include "attack/witness.h"
#include <string.h>

typedef struct options {
    double steps, rivals, overshoot, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 50, 1, 1e6, "steps to the nearest boundary"),
    GULL_PARAM(options, rivals, 10, 1, 1e6, "classes looked at, best first"),
    GULL_PARAM(options, overshoot, 0.02, 0, 1, "how far beyond the boundary"),
    GULL_PARAM(options, polish, 10, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x, *y, *g, *nearest, *trial, *scores, *rest;
} state;

/* The nearest point across the linearised boundary whose value and gradient at y are
 * given; kept when it is nearer than *least. */
static void consider(const gull_problem *p, const state *s, double value, double *least) {
    gull_space here = p->space;
    here.x0 = s->y;
    const double need = fmax(-value, 0) * (1 + 1e-9) + 1e-12;
    const double cost = p->cost->halfspace(&here, s->g, need, s->trial);
    if (!(cost < *least)) return;
    *least = cost;
    memcpy(s->nearest, s->trial, here.dim * sizeof *s->trial);
}

static int next_rival(const double *rest, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (rest[c] > rest[best]) best = c;
    return best;
}

/* One gradient for each rival class, the likeliest first. */
static int look_at_rivals(gull_run *run, const state *s, bool *fools, double *least) {
    const gull_problem *p = gull_run_problem(run);
    const int classes = gull_run_classes(run);
    double value;
    TRY(gull_ask_gradient(run, s->y, gull__loss(&p->goal, GULL_LOSS_MARGIN), s->scores,
                          &value, s->g));
    *fools = value > 0;
    *least = INFINITY;
    if (*fools) return GULL_OK;
    consider(p, s, value, least);
    if (p->goal.kind == GULL_TARGET) return GULL_OK;
    memcpy(s->rest, s->scores, (size_t)classes * sizeof *s->rest);
    s->rest[p->goal.label] = -INFINITY;
    for (int i = 0; i < s->o->rivals && i < classes - 1; i++) {
        const gull_pair pair = {next_rival(s->rest, classes), p->goal.label};
        s->rest[pair.win] = -INFINITY;
        if (!i) continue; /* the margin was this one's */
        TRY(gull_ask_gradient(run, s->y, gull__pair_loss(&pair), NULL, &value, s->g));
        consider(p, s, value, least);
    }
    return GULL_OK;
}

static int walk(gull_run *run, const state *s, bool *fools) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim;
    memcpy(s->x, p->space.x0, dim * sizeof *s->x);
    memcpy(s->y, p->space.x0, dim * sizeof *s->y);
    for (double i = 0; i < s->o->steps; i++) {
        double least;
        TRY(look_at_rivals(run, s, fools, &least));
        if (*fools || isinf(least)) return GULL_OK;
        for (size_t k = 0; k < dim; k++) s->x[k] += s->nearest[k] - s->y[k];
        gull__along(&p->space, s->x, 1 + s->o->overshoot, s->y);
    }
    int label;
    TRY(gull_ask_label(run, s->y, &label));
    *fools = gull__fools(&p->goal, label);
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t dim = gull_run_problem(run)->space.dim;
    const size_t classes = (size_t)gull_run_classes(run);
    double *v = gull_run_scratch(run, (5 * dim + 2 * classes) * sizeof *v), distance;
    if (!v) return GULL_ENOMEM;
    const state s = {opt,         v,           v + dim,     v + 2 * dim,
                     v + 3 * dim, v + 4 * dim, v + 5 * dim, v + 5 * dim + classes};
    bool fools = false;
    TRY(walk(run, &s, &fools));
    if (!fools) return GULL_OK;
    TRY(gull__claim(run, s.y, 12, &distance));
    return s.o->polish > 0 ? gull__polish(run, s.y, (int)s.o->polish, &distance)
                           : GULL_OK;
}

const gull_method gull_attack_deepfool = {
    .name = "deepfool",
    .summary = "steps to the nearest linearised boundary",
    .cite = "Moosavi-Dezfooli, Fawzi and Frossard 2016, arXiv:1511.04599, algorithm 2",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 20,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
