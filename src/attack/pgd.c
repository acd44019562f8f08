/* pgd.c - projected gradient ascent inside a ball, with restarts (Madry et al. 2018, section
 * 2.1) and, if asked for, momentum (Dong et al. 2018, MI-FGSM).  Steps are steepest ones of
 * the cost (for l1 and l0 within the box, which spreads them over several features, as Tramer
 * and Boneh 2019 found necessary), and shrink to nothing. */
#include "attack/losses.h"
#include "attack/noise.h"
#include "attack/radii.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, restarts, step, loss, start, momentum, refine, halvings;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 40, 1, 1e6, "gradient steps"),
    GULL_PARAM(options, restarts, 2, 1, 1e6, "starts; after the first at random points"),
    GULL_PARAM(options, step, 0.1, 1e-6, 10, "first step, as a share of the radius"),
    GULL_WORDS(options, loss, GULL_LOSSES, GULL_LOSS_WORDS "|auto",
               "what is climbed; auto: ce and margin in turn"),
    GULL_WORDS(options, start, 0, "input|random", "the first start"),
    GULL_PARAM(options, momentum, 0, 0, 10, "share of the older gradients kept (MI-FGSM: 1)"),
    GULL_PARAM(options, refine, 3, 0, 60, "radii tried below the first that fools"),
    GULL_PARAM(options, halvings, 10, 0, 60, "questions to draw a witness in"),
    GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x, *g, *step, *scores, *mean; /* mean: of gradients, for momentum */
} state;

/* g := momentum * older ones + g / |g|_1 (Dong et al. 2018, algorithm 1). */
static void add_momentum(const state *s, size_t dim, bool first) {
    double sum = 0;
    for (size_t i = 0; i < dim; i++) sum += fabs(s->g[i]);
    for (size_t i = 0; i < dim; i++) {
        const double old = first ? 0 : s->o->momentum * s->mean[i];
        s->g[i] = s->mean[i] = old + (sum > 0 ? s->g[i] / sum : 0);
    }
}

/* x += the best step of cost `size`. */
static void move(const gull_problem *p, const state *s, double size) {
    const size_t dim = p->space.dim;
    gull_space here = p->space;
    here.x0 = s->x;
    const bool corners = p->cost == gull_costs[GULL_L0] || p->cost == gull_costs[GULL_L1];
    if (corners && isfinite(p->cost->reach(&here, s->g, size, s->step))) {
        memcpy(s->x, s->step, dim * sizeof *s->x);
        return;
    }
    p->cost->steepest(&p->space, s->g, s->step);
    for (size_t i = 0; i < dim; i++) s->x[i] += size * s->step[i];
}

static int climb(gull_run *run, const state *s, gull_loss loss, double radius,
                 bool *fools) {
    const gull_problem *p = gull_run_problem(run);
    const int classes = gull_run_classes(run);
    const bool whole = p->cost == gull_costs[GULL_L0]; /* features change one at least */
    for (double i = 0; !*fools; i++) {
        if (i == s->o->steps) {
            TRY(gull_ask_scores(run, s->x, s->scores));
            *fools = gull_goal_value(&p->goal, s->scores, classes, NULL) > 0;
            return GULL_OK;
        }
        TRY(gull_ask_gradient(run, s->x, loss, s->scores, NULL, s->g));
        *fools = gull_goal_value(&p->goal, s->scores, classes, NULL) > 0;
        const double size = radius * s->o->step * (1 - i / s->o->steps);
        if (s->o->momentum > 0) add_momentum(s, p->space.dim, i == 0);
        if (!*fools) move(p, s, whole ? fmax(size, 1) : size);
        if (!*fools) p->cost->project(&p->space, s->x, radius);
    }
    return GULL_OK;
}

static int attempt(gull_run *run, void *payload, double radius, double *distance) {
    const state *s = payload;
    const gull_problem *p = gull_run_problem(run);
    bool fools = false;
    for (int i = 0; i < s->o->restarts && !fools; i++) {
        const int automatic = i & 1 ? GULL_LOSS_MARGIN : GULL_LOSS_CE;
        const int word = s->o->loss < GULL_LOSSES ? (int)s->o->loss : automatic;
        if (i || s->o->start > 0)
            gull__noise(run, radius * gull_run_uniform(run), s->x);
        else
            memcpy(s->x, p->space.x0, p->space.dim * sizeof *s->x);
        TRY(climb(run, s, gull__loss(&p->goal, word), radius, &fools));
    }
    return fools ? gull__claim(run, s->x, (int)s->o->halvings, distance) : GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t bytes = gull_run_problem(run)->space.dim * sizeof(double);
    const size_t classes = (size_t)gull_run_classes(run);
    state s = {.o = opt,
               .x = gull_run_scratch(run, bytes),
               .g = gull_run_scratch(run, bytes),
               .step = gull_run_scratch(run, bytes),
               .scores = gull_run_scratch(run, classes * sizeof(double))};
    s.mean = s.o->momentum > 0 ? gull_run_scratch(run, bytes) : s.g;
    if (!s.x || !s.g || !s.step || !s.scores || !s.mean) return GULL_ENOMEM;
    return gull__search_radii(run, &(gull_radii){.refine = (int)s.o->refine}, attempt,
                              &s);
}

const gull_method gull_attack_pgd = {
    .name = "pgd",
    .summary = "projected gradient ascent with restarts",
    .cite = "Madry et al. 2018, arXiv:1706.06083, section 2.1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 40,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
