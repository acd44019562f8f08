/* fab.c - the fast adaptive boundary attack: each step goes to the nearest point, within
 * the box, of a boundary linearised at the current point, leaning towards the point of that
 * boundary that is nearest to x0; a point that fools is kept and drawn towards x0 (Croce and
 * Hein 2020, "Minimally distorted adversarial examples with a fast adaptive boundary
 * attack", algorithm 1; with targets: FAB-T).  Both nearest points are the cost's own. */
#include "attack/losses.h"
#include "attack/noise.h"
#include "attack/rivals.h"
#include "attack/witness.h"
#include <stdlib.h>
#include <string.h>

typedef struct options {
    double targets, steps, restarts, rivals, alpha, eta, beta, stop, polish;
} options;
enum { NEVER, ASKED };
static const gull_param params[] = {
    GULL_PARAM(options, targets, 0, 0, 1e6,
               "one run towards each of so many best-scored classes; 0: the nearest at each step"),
    GULL_PARAM(options, steps, 100, 1, 1e6, "steps of a run"),
    GULL_PARAM(options, restarts, 1, 1, 1e6, "starts; after the first at random points"),
    GULL_PARAM(options, rivals, 10, 1, 1e6, "classes looked at without targets, best first"),
    GULL_PARAM(options, alpha, 0.1, 0, 1, "greatest share of the boundary point nearest to x0"),
    GULL_PARAM(options, eta, 1.05, 1, 2, "how far beyond the boundary, 1: onto it"),
    GULL_PARAM(options, beta, 0.9, 0, 1, "what is kept of the change of a point that fools"),
    GULL_WORDS(options, stop, NEVER, "never|asked",
               "asked: at the first witness within the greatest asked distance"),
    GULL_PARAM(options, polish, 10, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    double *x, *g, *near, *start, *scores, *rest;
    double value;   /* of the linearised boundary's function at x; g: its gradient */
    gull_loss loss; /* with targets; fn NULL: the nearest boundary of several */
    double enough;  /* a witness at this distance ends the run */
    bool fools, done;
    gull_best best;
} state;

/* ---- What the model says at x ---- */

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Distance to the linearised boundary, the box ignored. */
static double way(const gull_problem *p, const state *s, double value, const double *g) {
    p->cost->steepest(&p->space, g, s->near);
    const double rate = dot(g, s->near, p->space.dim);
    return rate > 0 ? fabs(value) / rate : INFINITY;
}

static int next_rival(const state *s, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (s->rest[c] > s->rest[best]) best = c;
    s->rest[best] = -INFINITY;
    return best;
}

/* The nearest of the label's boundaries with its best-scored rivals. */
static int nearest_boundary(gull_run *run, state *s) {
    const gull_problem *p = gull_run_problem(run);
    const int classes = gull_run_classes(run);
    TRY(gull_ask_gradient(run, s->x, gull__loss(&p->goal, GULL_LOSS_MARGIN), s->scores,
                          &s->value, s->g));
    if (p->goal.kind == GULL_TARGET) return GULL_OK;
    double least = way(p, s, s->value, s->g), value;
    memcpy(s->rest, s->scores, (size_t)classes * sizeof *s->rest);
    s->rest[p->goal.label] = -INFINITY;
    next_rival(s, classes); /* the margin was this one's */
    for (int i = 1; i < s->o->rivals && i < classes - 1; i++) {
        const gull_pair pair = {next_rival(s, classes), p->goal.label};
        TRY(gull_ask_gradient(run, s->x, gull__pair_loss(&pair), NULL, &value, s->start));
        const double distance = way(p, s, value, s->start);
        if (!(distance < least)) continue;
        least = distance;
        s->value = value;
        memcpy(s->g, s->start, p->space.dim * sizeof *s->g);
    }
    return GULL_OK;
}

static int linearise(gull_run *run, state *s) {
    if (!s->loss.fn) return nearest_boundary(run, s);
    return gull_ask_gradient(run, s->x, s->loss, s->scores, &s->value, s->g);
}

/* Keeps a point that fools and goes a little back. */
static int judge(gull_run *run, state *s) {
    const gull_problem *p = gull_run_problem(run);
    s->fools = gull_goal_value(&p->goal, s->scores, gull_run_classes(run), NULL) > 0;
    if (!s->fools) return GULL_OK;
    TRY(gull__best_offer(&s->best, run, s->x));
    double distance = INFINITY;
    if (s->best.cost <= s->enough) TRY(gull_found(run, s->best.x, &distance));
    s->done = distance <= s->enough;
    gull__along(&p->space, s->x, s->o->beta, s->x);
    return GULL_OK;
}

/* The scores come with the gradient; but after a point that fools another one is likely,
 * whose gradient would be of no use. */
static int look(gull_run *run, state *s) {
    if (s->fools) {
        TRY(gull_ask_scores(run, s->x, s->scores));
        TRY(judge(run, s));
        return s->done ? GULL_OK : linearise(run, s);
    }
    TRY(linearise(run, s));
    TRY(judge(run, s));
    return s->fools && !s->done ? linearise(run, s) : GULL_OK;
}

/* ---- A step ---- */

/* The point nearest to `from` with g . (x - from) = -value, in `to`; the box's farthest
 * corner in that direction where the box has none. */
static double onto(const gull_problem *p, const double *from, double *g, double value,
                   double *to) {
    gull_space here = p->space;
    here.x0 = from;
    for (size_t i = 0; value > 0 && i < here.dim; i++) g[i] = -g[i];
    const double cost = p->cost->halfspace(&here, g, fabs(value), to);
    if (isinf(cost)) p->cost->reach(&here, g, INFINITY, to);
    for (size_t i = 0; value > 0 && i < here.dim; i++) g[i] = -g[i];
    return isinf(cost) ? p->cost->measure(&here, to) : cost;
}

static void step(const gull_problem *p, state *s) {
    const gull_space *space = &p->space;
    double at_x0 = s->value;
    for (size_t i = 0; i < space->dim; i++) {
        if (isnan(s->g[i])) s->g[i] = 0;
        if (s->x[i] != space->x0[i] && s->g[i] != 0)
            at_x0 += s->g[i] * (space->x0[i] - s->x[i]);
    }
    const double far = onto(p, s->x, s->g, s->value, s->near);
    const double all = onto(p, space->x0, s->g, at_x0, s->start) + far;
    const double alpha = fmin(all > 0 ? far / all : 0, s->o->alpha), eta = s->o->eta;
    for (size_t i = 0; i < space->dim; i++) {
        const double x = s->x[i] + eta * (s->near[i] - s->x[i]);
        const double y = space->x0[i] + eta * (s->start[i] - space->x0[i]);
        const double to = (1 - alpha) * x + alpha * y;
        s->x[i] = isnan(to)           ? space->x0[i]
                  : to > space->hi[i] ? space->hi[i]
                  : to < space->lo[i] ? space->lo[i]
                                      : to;
    }
}

static int walk(gull_run *run, state *s) {
    s->fools = false;
    for (double i = 0; i < s->o->steps && !s->done; i++) {
        TRY(look(run, s));
        if (!s->done) step(gull_run_problem(run), s);
    }
    if (s->done) return GULL_OK;
    TRY(gull_ask_scores(run, s->x, s->scores));
    return judge(run, s);
}

/* ---- Starts and targets ---- */

/* Half as far as the best so far, the asked distance or the first boundary. */
static int random_start(gull_run *run, state *s) {
    const gull_problem *p = gull_run_problem(run);
    double size = fmin(s->best.cost, p->eps_count ? p->eps[p->eps_count - 1] : INFINITY);
    if (isinf(size)) {
        memcpy(s->x, p->space.x0, p->space.dim * sizeof *s->x);
        TRY(linearise(run, s));
        size = way(p, s, s->value, s->g);
    }
    gull__noise(run, (isfinite(size) ? size : 1) / 2, s->x);
    return GULL_OK;
}

static int starts(gull_run *run, state *s) {
    const gull_space *space = &gull_run_problem(run)->space;
    for (double i = 0; i < s->o->restarts && !s->done; i++) {
        memcpy(s->x, space->x0, space->dim * sizeof *s->x);
        if (i > 0) TRY(random_start(run, s));
        TRY(walk(run, s));
    }
    return GULL_OK;
}

static int every_target(gull_run *run, state *s, int *rival) {
    const gull_problem *p = gull_run_problem(run);
    int count = 0;
    if (p->goal.kind == GULL_TARGET || !(s->o->targets > 0)) return starts(run, s);
    TRY(gull__rivals(run, s->scores, (int)fmin(s->o->targets, gull_run_classes(run)), rival,
                     &count));
    for (int k = 0; k < count && !s->done; k++) {
        const gull_pair pair = {rival[k], p->goal.label};
        s->loss = gull__pair_loss(&pair);
        TRY(starts(run, s));
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim, classes = (size_t)gull_run_classes(run);
    double *v = gull_run_scratch(run, (4 * dim + 2 * classes + 1) * sizeof *v);
    int *rival = gull_run_scratch(run, (classes + 1) * sizeof *rival);
    if (!v || !rival) return GULL_ENOMEM;
    state s = {.o = opt, .x = v, .g = v + dim, .near = v + 2 * dim, .start = v + 3 * dim,
               .scores = v + 4 * dim, .rest = v + 4 * dim + classes, .enough = -1};
    if (s.o->stop == ASKED && p->eps_count) s.enough = p->eps[p->eps_count - 1];
    TRY(gull__best_new(&s.best, run));
    const int status = every_target(run, &s, rival);
    return s.done ? status : gull__best_claim(&s.best, run, status, (int)s.o->polish);
}

const gull_method gull_attack_fab = {
    .name = "fab",
    .summary = "fast adaptive boundary attack; with targets: FAB-T",
    .cite = "Croce and Hein 2020, arXiv:1907.02044, algorithm 1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1) | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
