/* ddn.c - direction and norm decoupled: gradient steps on a sphere whose radius shrinks
 * while the point fools and grows while it does not (Rony et al. 2019, algorithm 1).  The
 * first radius and step are the distance that the model linearised at x0 asks for. */
#include "attack/losses.h"
#include "attack/start.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, step, shrink, start, restarts, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 100, 1, 1e6, "gradient steps"),
    GULL_PARAM(options, step, 1, 1e-6, 1e6, "first step, in linearised distances"),
    GULL_PARAM(options, shrink, 0.05, 1e-6, 0.9, "relative change of the radius"),
    GULL_WORDS(options, start, 0, "input|witness", "the first start; witness: the best so far"),
    GULL_PARAM(options, restarts, 1, 1, 1e6, "starts; after the first at random points"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x, *g, *scores;
    double scale, radius;
    gull_best best;
} state;

static int start(gull_run *run, state *s) {
    const gull_problem *p = gull_run_problem(run);
    double value;
    TRY(gull_ask_gradient(run, s->x, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL, &value,
                          s->g));
    s->scale = p->cost->halfspace(&p->space, s->g, -value, NULL);
    if (!(s->scale > 0) || isinf(s->scale)) s->scale = 1;
    s->radius = s->scale;
    return GULL_OK;
}

static int one_step(gull_run *run, state *s, double i) {
    const gull_problem *p = gull_run_problem(run);
    TRY(gull_ask_gradient(run, s->x, gull__loss(&p->goal, GULL_LOSS_CE), s->scores, NULL,
                          s->g));
    const bool fools =
        gull_goal_value(&p->goal, s->scores, gull_run_classes(run), NULL) > 0;
    if (fools) TRY(gull__best_offer(&s->best, run, s->x));
    s->radius *= fools ? 1 - s->o->shrink : 1 + s->o->shrink;
    const double share = i / s->o->steps;
    const double size =
        s->o->step * s->scale * (0.01 + 0.99 * (1 + cos(M_PI * share)) / 2);
    double *step = s->g;
    p->cost->steepest(&p->space, s->g, step);
    for (size_t k = 0; k < p->space.dim; k++) s->x[k] += size * step[k];
    const double length = p->cost->measure(&p->space, s->x);
    if (length > 0) gull__along(&p->space, s->x, s->radius / length, s->x);
    return GULL_OK;
}

/* From x0, or from a point that fools, moved to the boundary. */
static int begin(gull_run *run, state *s, bool fresh) {
    const gull_problem *p = gull_run_problem(run);
    bool any = false;
    if (fresh || (s->o->start > 0 && gull_run_witness(run)))
        TRY(gull__start_point(run, fresh, s->x, &any));
    if (!any) {
        memcpy(s->x, p->space.x0, p->space.dim * sizeof *s->x);
        return start(run, s);
    }
    TRY(gull__best_offer(&s->best, run, s->x));
    TRY(gull__to_boundary(run, s->x, 8));
    s->scale = s->radius = p->cost->measure(&p->space, s->x);
    return GULL_OK;
}

static int descend(gull_run *run, state *s, bool fresh) {
    const gull_problem *p = gull_run_problem(run);
    TRY(begin(run, s, fresh));
    for (double i = 0; i < s->o->steps; i++) TRY(one_step(run, s, i));
    int label;
    TRY(gull_ask_label(run, s->x, &label));
    return gull__fools(&p->goal, label) ? gull__best_offer(&s->best, run, s->x) : GULL_OK;
}

static int descents(gull_run *run, state *s) {
    for (double i = 0; i < s->o->restarts; i++) TRY(descend(run, s, i > 0));
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t bytes = gull_run_problem(run)->space.dim * sizeof(double);
    state s = {.o = opt,
               .x = gull_run_scratch(run, bytes),
               .g = gull_run_scratch(run, bytes),
               .scores =
                   gull_run_scratch(run, (size_t)gull_run_classes(run) * sizeof(double))};
    if (!s.x || !s.g || !s.scores) return GULL_ENOMEM;
    TRY(gull__best_new(&s.best, run));
    return gull__best_claim(&s.best, run, descents(run, &s), (int)s.o->polish);
}

const gull_method gull_attack_ddn = {
    .name = "ddn",
    .summary = "decoupled direction and norm",
    .cite = "Rony et al. 2019, arXiv:1811.09600, algorithm 1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L2),
    .stage = 35,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
