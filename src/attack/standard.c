/* standard.c - AutoAttack's standard protocol at the asked distances: APGD on the cross
 * entropy, APGD and FAB towards nine targets, then 5000 questions of Square; a row is done
 * at its first witness (Croce and Hein 2020, "Reliable evaluation of adversarial robustness
 * with an ensemble of diverse parameter-free attacks", section 5).  The greatest distance
 * comes first: what resists there resists at the smaller ones too. */
#include "core/plugin.h"

static const char *const parts[] = {
    "apgd:refine=0,halvings=0", "apgd:targets=9,refine=0,halvings=0",
    "fab:targets=9,stop=asked,polish=0", "square:refine=0,halvings=0", NULL};

/* Runs the parts until one fools within eps. */
static int decide(gull_run *run, double eps) {
    const gull_effort effort = {.eps = &eps, .eps_count = 1};
    for (size_t k = 0; parts[k]; k++) {
        if (gull_run_upper(run) <= eps)
            gull_run_skip(run, k, GULL_SKIP_UNNEEDED);
        else
            TRY(gull_run_part(run, k, &effort, NULL));
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *options) {
    const gull_problem *p = gull_run_problem(run);
    (void)options;
    for (size_t k = p->eps_count; k-- > 0;) {
        if (p->eps[k] <= gull_run_lower(run)) break;
        TRY(decide(run, p->eps[k]));
        if (gull_run_upper(run) > p->eps[k]) break;
    }
    return GULL_OK;
}

const gull_method gull_attack_standard = {
    .name = "standard",
    .summary = "AutoAttack's protocol at the asked distances",
    .cite = "Croce and Hein 2020, arXiv:2003.01690, section 5",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1) | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF),
    .stage = 0,
    .params = NULL,
    .options_size = 0,
    .run = run,
    .parts = parts,
    .needs_eps = true};
