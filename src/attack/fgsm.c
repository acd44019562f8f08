/* fgsm.c - one gradient at the start, one step to where the linearised loss is greatest
 * within the radius: Goodfellow, Shlens and Szegedy 2015, section 4, for any cost and
 * with the box taken into account. */
#include "attack/losses.h"
#include "attack/radii.h"
#include "attack/witness.h"
#include <string.h>

typedef struct options {
    double loss, refine, halvings;
} options;
static const gull_param params[] = {
    GULL_WORDS(options, loss, GULL_LOSS_CE, GULL_LOSS_WORDS, "what the step climbs"),
    GULL_PARAM(options, refine, 6, 0, 60, "radii tried below the first that fools"),
    GULL_PARAM(options, halvings, 12, 0, 60, "questions to draw a witness in"),
    GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *g, *x;
} state;

static int attempt(gull_run *run, void *payload, double radius, double *distance) {
    const state *s = payload;
    const gull_problem *p = gull_run_problem(run);
    if (isinf(p->cost->reach(&p->space, s->g, radius, s->x))) {
        p->cost->steepest(&p->space, s->g, s->x);
        for (size_t i = 0; i < p->space.dim; i++)
            s->x[i] = p->space.x0[i] + radius * s->x[i];
    }
    p->cost->project(&p->space, s->x,
                     radius); /* the deployed precision's rounding, too */
    int label;
    TRY(gull_ask_label(run, s->x, &label));
    if (!gull__fools(&p->goal, label)) return GULL_OK;
    return gull__claim(run, s->x, (int)s->o->halvings, distance);
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    const size_t bytes = p->space.dim * sizeof(double);
    state s = {opt, gull_run_scratch(run, bytes), gull_run_scratch(run, bytes)};
    if (!s.g || !s.x) return GULL_ENOMEM;
    TRY(gull_ask_gradient(run, p->space.x0, gull__loss(&p->goal, (int)s.o->loss), NULL,
                          NULL, s.g));
    return gull__search_radii(run, &(gull_radii){.refine = (int)s.o->refine}, attempt,
                              &s);
}

const gull_method gull_attack_fgsm = {
    .name = "fgsm",
    .summary = "one step along the gradient",
    .cite = "Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572, section 4",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 10,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
