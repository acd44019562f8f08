/* sparsefool.c - few features by linear steps: Modas, Moosavi-Dezfooli and Frossard 2019
 * (algorithms 1 and 2).  DeepFool finds a point beyond the boundary and its normal there;
 * then features move, the steepest first and each as far as the box lets it, until the
 * tangent is crossed, which is the L1 cost's nearest point of a half-space. */
#include "attack/deepfool.h"
#include "attack/losses.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, beyond, rivals, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 20, 1, 1e6, "linear problems"),
    GULL_PARAM(options, beyond, 3, 1, 100, "the paper's lambda: how far beyond the boundary"),
    GULL_PARAM(options, rivals, 3, 1, 1e6, "classes that DeepFool looks at"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_deepfool deepfool;
    double *x, *g;
    gull_best best;
} state;

/* x := the sparse point across the tangent at `beyond` times DeepFool's change. */
static int cross(gull_run *run, state *t, double beyond, bool *crossed) {
    const gull_problem *p = gull_run_problem(run);
    const gull_cost *l1 = gull_costs[GULL_L1];
    gull_space here = p->space;
    here.x0 = t->x;
    double *far = t->deepfool.trial, *to = t->deepfool.x, need = 0;
    gull__along(&here, t->deepfool.y, beyond, far);
    TRY(gull_ask_gradient(run, far, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL, NULL, t->g));
    for (size_t i = 0; i < here.dim; i++)
        if (far[i] != t->x[i] && !isnan(far[i])) need += t->g[i] * (far[i] - t->x[i]);
    *crossed = need > 0 && isfinite(l1->halfspace(&here, t->g, need * (1 + 1e-3), to));
    if (*crossed) memcpy(t->x, to, here.dim * sizeof *t->x);
    return GULL_OK;
}

/* Where the box has no such point, less far beyond. */
static int one_step(gull_run *run, state *t, bool *on) {
    bool crossed = false;
    TRY(gull__deepfool_walk(run, &t->deepfool, t->x, on));
    for (double more = t->o->beyond - 1; *on && !crossed; more = more > 0.2 ? more / 2 : 0) {
        TRY(cross(run, t, 1 + more, &crossed));
        *on = crossed || more > 0;
    }
    return GULL_OK;
}

static int walk(gull_run *run, state *t) {
    const gull_problem *p = gull_run_problem(run);
    bool on = true;
    memcpy(t->x, p->space.x0, p->space.dim * sizeof *t->x);
    for (double i = 0; i < t->o->steps && on; i++) {
        int label;
        TRY(one_step(run, t, &on));
        TRY(gull_ask_label(run, t->x, &label));
        if (gull__fools(&p->goal, label)) return gull__best_offer(&t->best, run, t->x);
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t dim = gull_run_problem(run)->space.dim;
    state t = {.o = opt, .x = gull_run_scratch(run, 2 * dim * sizeof(double))};
    if (!t.x) return GULL_ENOMEM;
    t.g = t.x + dim;
    t.deepfool = (gull_deepfool){50, t.o->rivals, 0.02, .cost = gull_costs[GULL_L2]};
    TRY(gull__deepfool_new(&t.deepfool, run));
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, walk(run, &t), (int)t.o->polish);
}

const gull_method gull_attack_sparsefool = {
    .name = "sparsefool",
    .summary = "few features by linear steps beyond DeepFool's boundary",
    .cite = "Modas, Moosavi-Dezfooli and Frossard 2019, arXiv:1811.02248, algorithm 2",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L0) | GULL_COST(GULL_L1),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
