/* sigmazero.c - the sigma-zero attack of Cina et al. 2024 (algorithm 1): Adam on
 * max(-margin, 0) + the mean of u^2 / (u^2 + sigma), a smooth count of the changed features;
 * after each step what is below a threshold becomes 0, and the threshold rises while the
 * point fools and falls while it does not.  Changes are in widths of the box. */
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, step, sigma, threshold, pace, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 300, 1, 1e6, "Adam steps"),
    GULL_PARAM(options, step, 1, 1e-6, 1e3, "first step; the last is a tenth"),
    GULL_PARAM(options, sigma, 0.001, 1e-12, 1, "smoothness of the count"),
    GULL_PARAM(options, threshold, 0.3, 0, 1, "first threshold"),
    GULL_PARAM(options, pace, 0.01, 0, 1, "its change at each step"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_scaled s;
    double *u, *g, *mean, *square; /* the change, Adam's moments */
    double threshold, weight;      /* the free features' weights, summed */
    gull_best best;
} state;

static double weight(const state *t, size_t k) {
    return t->s.space->weight ? t->s.space->weight[t->s.at[k]] : 1;
}

/* Descent direction of the loss, greatest entry 1. */
static void gradient(state *t, bool fools) {
    double most = 1e-12;
    for (size_t k = 0; k < t->s.n; k++) {
        const double below = t->u[k] * t->u[k] + t->o->sigma;
        const double count = 2 * t->u[k] * t->o->sigma / (below * below);
        t->g[k] = count * weight(t, k) / t->weight - (fools ? 0 : t->g[k]);
        most = fmax(most, fabs(t->g[k]));
    }
    for (size_t k = 0; k < t->s.n; k++) t->g[k] /= most;
}

static void adam(state *t, double i, double step) {
    const double fade1 = 1 - pow(0.9, i + 1), fade2 = 1 - pow(0.999, i + 1);
    for (size_t k = 0; k < t->s.n; k++) {
        t->mean[k] += 0.1 * (t->g[k] - t->mean[k]);
        t->square[k] += 0.001 * (t->g[k] * t->g[k] - t->square[k]);
        const double to =
            t->u[k] - step * t->mean[k] / fade1 / (sqrt(t->square[k] / fade2) + 1e-8);
        t->u[k] = fmin(fmax(to, t->s.lo[k]), t->s.hi[k]);
    }
}

static int one_step(gull_run *run, state *t, double i) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    double value;
    TRY(gull__scaled_ask(run, &t->s, t->u, gull__loss(goal, GULL_LOSS_MARGIN), NULL, &value,
                         t->g));
    const bool fools = value > 0;
    if (fools) TRY(gull__best_offer(&t->best, run, t->s.x));
    const double share = fmax(i - 1, 0) / t->o->steps;
    const double step = t->o->step * (i > 0 ? 0.1 + 0.45 * (1 + cos(M_PI * share)) : 1);
    gradient(t, fools);
    adam(t, i, step);
    const double change = t->o->pace * step;
    t->threshold = fmin(fmax(t->threshold + (fools ? change : -change), 0), 1);
    for (size_t k = 0; k < t->s.n; k++)
        if (fabs(t->u[k]) < t->threshold) t->u[k] = 0;
    return GULL_OK;
}

static int descend(gull_run *run, state *t) {
    int label;
    for (double i = 0; i < t->o->steps; i++) TRY(one_step(run, t, i));
    gull__scaled_input(&t->s, t->u, t->s.x);
    TRY(gull_ask_label(run, t->s.x, &label));
    return gull__fools(&gull_run_problem(run)->goal, label)
               ? gull__best_offer(&t->best, run, t->s.x)
               : GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    state t = {.o = opt};
    TRY(gull__scaled_new(&t.s, run));
    gull__scaled_by_width(&t.s);
    double *v = gull_run_scratch(run, 4 * t.s.n * sizeof *v);
    if (!v) return GULL_ENOMEM;
    t.u = v;
    t.g = v + t.s.n;
    t.mean = v + 2 * t.s.n;
    t.square = v + 3 * t.s.n;
    t.threshold = t.o->threshold;
    for (size_t k = 0; k < t.s.n; k++) t.weight += weight(&t, k);
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, descend(run, &t), (int)t.o->polish);
}

const gull_method gull_attack_sigmazero = {
    .name = "sigmazero",
    .summary = "few features by a smooth count and a moving threshold",
    .cite = "Cina et al. 2024, arXiv:2402.01879, algorithm 1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L0),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
