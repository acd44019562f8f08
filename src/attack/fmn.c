/* fmn.c - the fast minimum-norm attack: gradient steps, and a ball whose radius shrinks
 * while the point fools and grows while it does not (Pintor et al. 2021, algorithm 1).
 * Step sizes are multiples of the change that the model linearised at x0 asks for, so
 * that they fit any scale of the features. */
#include "attack/losses.h"
#include "attack/rivals.h"
#include "attack/start.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

enum { FIRST, FRESH, AIMED }; /* how a descent starts */
typedef struct options {
    double steps, step, shrink, start, restarts, targets, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 100, 1, 1e6, "gradient steps"),
    GULL_PARAM(options, step, 1, 1e-6, 1e6, "first step, in linearised distances"),
    GULL_PARAM(options, shrink, 0.05, 1e-6, 0.9, "first relative change of the radius"),
    GULL_WORDS(options, start, 0, "input|witness", "the first start; witness: the best so far"),
    GULL_PARAM(options, restarts, 1, 1, 1e6, "starts; after the first at random points"),
    GULL_PARAM(options, targets, 0, 0, 1e6, "further starts, each aimed at one class"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x, *g, *step, *scores;
    gull_loss loss; /* the margin, or against one rival */
    double scale; /* Euclidean size of the linearised minimal change */
    double radius;
    bool warm;   /* began at a point that fools */
    bool fooled; /* ever */
    gull_best best;
} state;

static double anneal(double from, double to, double share) {
    return to + (from - to) * (1 + cos(M_PI * share)) / 2;
}

/* Cost of reaching the boundary of the loss linearised at x; s->step: where. */
static double linear_distance(const gull_problem *p, const state *s, double value) {
    gull_space here = p->space;
    here.x0 = s->x;
    const double need = -value * (1 + 1e-9) + 1e-12;
    const double cost = p->cost->halfspace(&here, s->g, need, s->step);
    if (isfinite(cost)) return cost;
    p->cost->steepest(&p->space, s->g, s->step);
    double rate = 0;
    for (size_t i = 0; i < p->space.dim; i++) rate += s->g[i] * s->step[i];
    for (size_t i = 0; i < p->space.dim; i++)
        s->step[i] = s->x[i] + (rate > 0 ? need / rate : 0) * s->step[i];
    return rate > 0 ? need / rate : INFINITY;
}

static void adapt_radius(const gull_problem *p, state *s, double value, double share) {
    const double rate = anneal(s->o->shrink, s->o->shrink / 100, share);
    const double one = p->cost == gull_costs[GULL_L0] ? 1 : 0;
    if (value > 0) {
        s->fooled = true;
        const double less = s->radius * (1 - rate);
        s->radius = fmin(one ? fmin(floor(less), s->radius - 1) : less, s->best.cost);
    } else if (s->fooled) {
        s->radius = one ? fmax(floor(s->radius * (1 + rate)), s->radius + 1)
                        : s->radius * (1 + rate);
    } else {
        const double way = linear_distance(p, s, value);
        if (isfinite(way))
            s->radius = (p->cost->measure(&p->space, s->x) + way) * (1 + 1e-3);
    }
    s->radius = fmax(s->radius, one);
}

static void start(const gull_problem *p, state *s, double value) {
    const gull_cost *l2 = gull_costs[GULL_L2];
    s->radius = linear_distance(p, s, value);
    s->scale = l2->measure(&p->space, s->step);
    if (!(s->scale > 0) || isinf(s->scale)) s->scale = 1;
}

static int one_step(gull_run *run, state *s, double i) {
    const gull_problem *p = gull_run_problem(run);
    const double share = i / s->o->steps;
    double value;
    TRY(gull_ask_gradient(run, s->x, s->loss, s->scores, &value, s->g));
    if (gull_goal_value(&p->goal, s->scores, gull_run_classes(run), NULL) > 0)
        TRY(gull__best_offer(&s->best, run, s->x));
    if (i == 0 && !s->warm) start(p, s, value);
    adapt_radius(p, s, value, share);
    gull_costs[GULL_L2]->steepest(&p->space, s->g, s->step);
    const double size = anneal(s->o->step, s->o->step / 100, share) * s->scale;
    for (size_t k = 0; k < p->space.dim; k++) s->x[k] += size * s->step[k];
    p->cost->project(&p->space, s->x, s->radius);
    return GULL_OK;
}

/* From x0, or from a point that fools, moved to the boundary. */
static int begin(gull_run *run, state *s, int kind) {
    const gull_problem *p = gull_run_problem(run);
    bool any = false;
    s->warm = s->fooled = false;
    if (kind == FRESH || (kind == FIRST && s->o->start > 0 && gull_run_witness(run)))
        TRY(gull__start_point(run, kind == FRESH, s->x, &any));
    if (!any) {
        memcpy(s->x, p->space.x0, p->space.dim * sizeof *s->x);
        return GULL_OK;
    }
    s->warm = s->fooled = true;
    TRY(gull__best_offer(&s->best, run, s->x));
    if (p->cost != gull_costs[GULL_L0]) TRY(gull__to_boundary(run, s->x, 8));
    s->radius = p->cost->measure(&p->space, s->x);
    s->scale = gull_costs[GULL_L2]->measure(&p->space, s->x);
    return GULL_OK;
}

static int descend(gull_run *run, state *s, int kind) {
    const gull_problem *p = gull_run_problem(run);
    TRY(begin(run, s, kind));
    for (double i = 0; i < s->o->steps; i++) TRY(one_step(run, s, i));
    int label;
    TRY(gull_ask_label(run, s->x, &label));
    return gull__fools(&p->goal, label) ? gull__best_offer(&s->best, run, s->x) : GULL_OK;
}

static int aimed_descents(gull_run *run, state *s) {
    const gull_problem *p = gull_run_problem(run);
    const int classes = gull_run_classes(run);
    if (p->goal.kind == GULL_TARGET || s->o->targets <= 0) return GULL_OK;
    int *rival = gull_run_scratch(run, (size_t)classes * sizeof *rival), count = 0;
    if (!rival) return GULL_ENOMEM;
    TRY(gull__rivals(run, s->scores, (int)fmin(s->o->targets, classes), rival, &count));
    for (int k = 0; k < count; k++) {
        const gull_pair pair = {rival[k], p->goal.label};
        s->loss = gull__pair_loss(&pair);
        TRY(descend(run, s, AIMED));
    }
    return GULL_OK;
}

static int descents(gull_run *run, state *s) {
    s->loss = gull__loss(&gull_run_problem(run)->goal, GULL_LOSS_MARGIN);
    for (double i = 0; i < s->o->restarts; i++) TRY(descend(run, s, i > 0 ? FRESH : FIRST));
    return aimed_descents(run, s);
}

static int run(gull_run *run, const void *opt) {
    const size_t bytes = gull_run_problem(run)->space.dim * sizeof(double);
    state s = {.o = opt,
               .x = gull_run_scratch(run, bytes),
               .g = gull_run_scratch(run, bytes),
               .step = gull_run_scratch(run, bytes),
               .scores =
                   gull_run_scratch(run, (size_t)gull_run_classes(run) * sizeof(double))};
    if (!s.x || !s.g || !s.step || !s.scores) return GULL_ENOMEM;
    TRY(gull__best_new(&s.best, run));
    return gull__best_claim(&s.best, run, descents(run, &s), (int)s.o->polish);
}

const gull_method gull_attack_fmn = {
    .name = "fmn",
    .summary = "fast minimum-norm attack",
    .cite = "Pintor et al. 2021, arXiv:2102.12827, algorithm 1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 30,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
