/* deepfool.c - steps to the nearest of the linearised boundaries until one is crossed:
 * Moosavi-Dezfooli, Fawzi and Frossard 2016, algorithm 2, with each cost's own nearest
 * point of a half-space inside the box; then the final search along tangents. */
#include "attack/deepfool.h"
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

/* The nearest point across the linearised boundary whose value and gradient at y are
 * given; kept when it is nearer than *least. */
static void consider(const gull_problem *p, const gull_deepfool *s, double value, double *least) {
    gull_space here = p->space;
    here.x0 = s->y;
    const double need = fmax(-value, 0) * (1 + 1e-9) + 1e-12;
    const double cost = s->cost->halfspace(&here, s->g, need, s->trial);
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
static int look_at_rivals(gull_run *run, const gull_deepfool *s, bool *fools, double *least) {
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
    for (int i = 0; i < s->rivals && i < classes - 1; i++) {
        const gull_pair pair = {next_rival(s->rest, classes), p->goal.label};
        s->rest[pair.win] = -INFINITY;
        if (!i) continue; /* the margin was this one's */
        TRY(gull_ask_gradient(run, s->y, gull__pair_loss(&pair), NULL, &value, s->g));
        consider(p, s, value, least);
    }
    return GULL_OK;
}

int gull__deepfool_walk(gull_run *run, const gull_deepfool *s, const double *from,
                        bool *fools) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim;
    gull_space origin = p->space;
    origin.x0 = from;
    memcpy(s->x, from, dim * sizeof *s->x);
    memcpy(s->y, from, dim * sizeof *s->y);
    for (double i = 0; i < s->steps; i++) {
        double least;
        TRY(look_at_rivals(run, s, fools, &least));
        if (*fools || isinf(least)) return GULL_OK;
        for (size_t k = 0; k < dim; k++) s->x[k] += s->nearest[k] - s->y[k];
        gull__along(&origin, s->x, 1 + s->overshoot, s->y);
    }
    int label;
    TRY(gull_ask_label(run, s->y, &label));
    *fools = gull__fools(&p->goal, label);
    return GULL_OK;
}

int gull__deepfool_new(gull_deepfool *s, gull_run *run) {
    const size_t dim = gull_run_problem(run)->space.dim;
    const size_t classes = (size_t)gull_run_classes(run);
    double *v = gull_run_scratch(run, (5 * dim + 2 * classes) * sizeof *v);
    if (!v) return GULL_ENOMEM;
    s->x = v;
    s->y = v + dim;
    s->g = v + 2 * dim;
    s->nearest = v + 3 * dim;
    s->trial = v + 4 * dim;
    s->scores = v + 5 * dim;
    s->rest = s->scores + classes;
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    const options *o = opt;
    gull_deepfool s = {o->steps, o->rivals, o->overshoot, .cost = p->cost};
    double distance;
    bool fools = false;
    TRY(gull__deepfool_new(&s, run));
    TRY(gull__deepfool_walk(run, &s, p->space.x0, &fools));
    if (!fools) return GULL_OK;
    TRY(gull__claim(run, s.y, 12, &distance));
    return o->polish > 0 ? gull__polish(run, s.y, (int)o->polish, &distance) : GULL_OK;
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
