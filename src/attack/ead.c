/* ead.c - the elastic-net attack of Chen, Sharma, Zhang, Yi and Hsieh 2018 (algorithm 1):
 * minimises c max(confidence - margin, 0) + beta |x - x0|_1 + |x - x0|_2^2 by accelerated
 * shrinkage-thresholding (FISTA), with a binary search over c.  The first c is the one that
 * the model linearised at x0 asks for. */
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, searches, step, beta, confidence, rule, abort, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 100, 1, 1e6, "steps for each c"),
    GULL_PARAM(options, searches, 9, 1, 100, "values of c tried"),
    GULL_PARAM(options, step, 0.01, 1e-6, 1e3, "first step"),
    GULL_PARAM(options, beta, 0.01, 0, 1e3, "weight of the L1 part"),
    GULL_PARAM(options, confidence, 0, 0, 1e6, "the margin to win by"),
    GULL_WORDS(options, rule, 0, "l1|en", "which witness is kept: least L1 or elastic net"),
    GULL_WORDS(options, abort, 1, "no|yes", "stop a c whose loss has ceased to fall"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_scaled s;
    double *u, *y, *g, *scores; /* the iterate and the extrapolated point */
    double c, net;              /* the best elastic net so far */
    gull_best best;
} state;

/* ---- The search over c ---- */

/* How much the linearised margin gains at the solution for c. */
static double gain(const state *t, double c) {
    double sum = 0;
    for (size_t k = 0; k < t->s.n; k++) {
        const double size = fmax(c * fabs(t->g[k]) - t->o->beta, 0) / 2;
        sum += fabs(t->g[k]) * fmin(size, t->g[k] > 0 ? t->s.hi[k] : -t->s.lo[k]);
    }
    return sum;
}

static int first_c(gull_run *run, state *t) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    double value, low = 1e-9, high = 1e12;
    memset(t->u, 0, t->s.n * sizeof *t->u);
    TRY(gull__scaled_ask(run, &t->s, t->u, gull__loss(goal, GULL_LOSS_MARGIN), NULL, &value,
                         t->g));
    const double need = t->o->confidence - value;
    const double size = t->s.width > 0 ? t->s.width : gull__scaled_reach(&t->s, t->g, need);
    if (size > 0 && isfinite(size)) {
        gull__scaled_by(&t->s, size);
        for (size_t k = 0; k < t->s.n; k++) t->g[k] *= size;
    }
    for (int i = 0; i < 60; i++) {
        const double middle = sqrt(low * high);
        *(gain(t, middle) < need ? &low : &high) = middle;
    }
    t->c = high < 1e11 ? high : 1e-3;
    return GULL_OK;
}

/* ---- One c ---- */

/* Shrinks towards x0 what the quadratic part's gradient step left. */
static double shrink(const state *t, size_t k, double v, double by) {
    const double to = v > by ? v - by : v < -by ? v + by : 0;
    return fmin(fmax(to, t->s.lo[k]), t->s.hi[k]);
}

static double elastic_net(const state *t, const double *u) {
    double sum = 0;
    for (size_t k = 0; k < t->s.n; k++) sum += u[k] * u[k] + t->o->beta * fabs(u[k]);
    return sum;
}

static int offer(gull_run *run, state *t) {
    const double net = elastic_net(t, t->u);
    if (t->o->rule <= 0) return gull__best_offer(&t->best, run, t->s.x);
    if (!(net < t->net)) return GULL_OK;
    t->net = net;
    t->best.cost = INFINITY;
    return gull__best_offer(&t->best, run, t->s.x);
}

static int look(gull_run *run, state *t, bool *fooled) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    gull__scaled_input(&t->s, t->u, t->s.x);
    TRY(gull_ask_scores(run, t->s.x, t->scores));
    const double value = gull_goal_value(goal, t->scores, gull_run_classes(run), NULL);
    if (!(value > 0) || value < t->o->confidence) return GULL_OK;
    *fooled = true;
    return offer(run, t);
}

static int one_step(gull_run *run, state *t, double i, double *loss, bool *fooled) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    const double step = t->o->step * sqrt(1 - i / t->o->steps);
    double value;
    TRY(gull__scaled_ask(run, &t->s, t->y, gull__loss(goal, GULL_LOSS_MARGIN), NULL, &value,
                         t->g));
    const double short_by = fmax(t->o->confidence - value, 0);
    *loss = elastic_net(t, t->y) + t->c * short_by;
    const double active = short_by > 0 ? t->c : 0;
    for (size_t k = 0; k < t->s.n; k++) {
        const double was = t->u[k], v = t->y[k] - step * (2 * t->y[k] - active * t->g[k]);
        t->u[k] = shrink(t, k, v, t->o->beta);
        t->y[k] = t->u[k] + i / (i + 3) * (t->u[k] - was);
    }
    return look(run, t, fooled);
}

static int minimise(gull_run *run, state *t, bool *fooled) {
    const double tenth = ceil(t->o->steps / 10);
    double before = INFINITY, loss;
    memset(t->u, 0, t->s.n * sizeof *t->u);
    memset(t->y, 0, t->s.n * sizeof *t->y);
    for (double i = 0; i < t->o->steps; i++) {
        TRY(one_step(run, t, i, &loss, fooled));
        if (t->o->abort <= 0 || fmod(i, tenth) > 0) continue;
        if (!(loss <= 0.9999 * before)) break;
        before = loss;
    }
    return GULL_OK;
}

static int search(gull_run *run, state *t) {
    double lower = 0, upper = INFINITY;
    TRY(first_c(run, t));
    for (double i = 0; i < t->o->searches; i++) {
        bool fooled = false;
        TRY(minimise(run, t, &fooled));
        *(fooled ? &upper : &lower) = t->c;
        t->c = isinf(upper) ? 10 * t->c : (lower + upper) / 2;
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    state t = {.o = opt, .net = INFINITY};
    TRY(gull__scaled_new(&t.s, run));
    double *v = gull_run_scratch(run, 3 * t.s.n * sizeof *v);
    t.scores = gull_run_scratch(run, (size_t)gull_run_classes(run) * sizeof *t.scores);
    if (!v || !t.scores) return GULL_ENOMEM;
    t.u = v;
    t.y = v + t.s.n;
    t.g = v + 2 * t.s.n;
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, search(run, &t), (int)t.o->polish);
}

const gull_method gull_attack_ead = {
    .name = "ead",
    .summary = "least elastic net by thresholded steps, with a search over c",
    .cite = "Chen et al. 2018, arXiv:1709.04114, algorithm 1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
