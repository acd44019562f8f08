/* random.c - random noise of a given size: the baseline that every attack must beat
 * (Carlini et al. 2019, "On Evaluating Adversarial Robustness").  Labels only. */
#include "attack/noise.h"
#include "attack/radii.h"
#include "attack/witness.h"

typedef struct options {
    double tries, refine, halvings;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, tries, 10, 1, 1e9, "random points per radius"),
    GULL_PARAM(options, refine, 2, 0, 60, "radii tried below the first that fools"),
    GULL_PARAM(options, halvings, 10, 0, 60, "questions to draw a witness in"),
    GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x;
} state;

static int attempt(gull_run *run, void *payload, double radius, double *distance) {
    const state *s = payload;
    for (double i = 0; i < s->o->tries; i++) {
        int label;
        gull__noise(run, radius, s->x);
        TRY(gull_ask_label(run, s->x, &label));
        if (gull__fools(&gull_run_problem(run)->goal, label))
            return gull__claim(run, s->x, (int)s->o->halvings, distance);
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    state s = {opt,
               gull_run_scratch(run, gull_run_problem(run)->space.dim * sizeof(double))};
    const gull_radii how = {.alone = true, .beyond = true, .refine = (int)s.o->refine};
    return s.x ? gull__search_radii(run, &how, attempt, &s) : GULL_ENOMEM;
}

const gull_method gull_attack_random = {
    .name = "random",
    .summary = "random noise of the same size, the baseline",
    .cite = "Carlini et al. 2019, arXiv:1902.06705",
    .needs = GULL_CAN_LABELS,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 90,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
