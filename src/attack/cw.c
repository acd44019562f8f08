/* cw.c - the L2 attack of Carlini and Wagner 2017, section V and VI.A: minimises
 * |x - x0|^2 + c max(confidence - margin, 0) by Adam in a variable that tanh maps into the
 * box, with a binary search over c.  Features without a box are their own variable.  The
 * first c is the one that the model linearised at x0 asks for. */
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, searches, step, confidence, abort, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 1000, 1, 1e6, "Adam steps for each c"),
    GULL_PARAM(options, searches, 9, 1, 100, "values of c tried"),
    GULL_PARAM(options, step, 0.01, 1e-6, 1e3, "Adam's step"),
    GULL_PARAM(options, confidence, 0, 0, 1e6, "the margin to win by"),
    GULL_WORDS(options, abort, 1, "no|yes", "stop a c whose loss has ceased to fall"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_scaled s;
    double *w, *u, *g, *mean, *square; /* tanh's argument, the change, Adam's moments */
    double c;
    gull_best best;
} state;

static bool boxed(const gull_scaled *s, size_t k) { return isfinite(s->hi[k] - s->lo[k]); }

/* Just inside the box, so that tanh can leave its ends. */
static void start(state *t) {
    const gull_scaled *s = &t->s;
    for (size_t k = 0; k < s->n; k++) {
        const double middle = (s->lo[k] + s->hi[k]) / 2, half = (s->hi[k] - s->lo[k]) / 2;
        t->w[k] = boxed(s, k) ? atanh(-middle / half * 0.999999) : 0;
        t->mean[k] = t->square[k] = 0;
    }
}

/* u(w); slope: du / dw. */
static double value_of(const gull_scaled *s, size_t k, double w, double *slope) {
    if (!boxed(s, k)) {
        *slope = w >= s->lo[k] && w <= s->hi[k];
        return fmin(fmax(w, s->lo[k]), s->hi[k]);
    }
    const double middle = (s->lo[k] + s->hi[k]) / 2, half = (s->hi[k] - s->lo[k]) / 2;
    const double t = tanh(w);
    *slope = half * (1 - t * t);
    return middle + half * t;
}

static void adam(state *t, double step_number, double active) {
    const double fade1 = 1 - pow(0.9, step_number), fade2 = 1 - pow(0.999, step_number);
    for (size_t k = 0; k < t->s.n; k++) {
        double slope;
        value_of(&t->s, k, t->w[k], &slope);
        const double g = (2 * t->u[k] - active * t->g[k]) * slope;
        t->mean[k] += 0.1 * (g - t->mean[k]);
        t->square[k] += 0.001 * (g * g - t->square[k]);
        const double size = sqrt(t->square[k] / fade2) + 1e-8;
        t->w[k] -= t->o->step * (t->mean[k] / fade1) / size;
        if (!boxed(&t->s, k)) t->w[k] = fmin(fmax(t->w[k], t->s.lo[k]), t->s.hi[k]);
    }
}

/* One step; *loss: before it. */
static int one_step(gull_run *run, state *t, double i, double *loss, bool *fooled) {
    const gull_problem *p = gull_run_problem(run);
    double value, slope;
    *loss = 0;
    for (size_t k = 0; k < t->s.n; k++) {
        t->u[k] = value_of(&t->s, k, t->w[k], &slope);
        *loss += t->u[k] * t->u[k];
    }
    TRY(gull__scaled_ask(run, &t->s, t->u, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL,
                         &value, t->g));
    const double short_by = t->o->confidence - value;
    if (value > 0 && short_by <= 0) {
        *fooled = true;
        TRY(gull__best_offer(&t->best, run, t->s.x));
    }
    *loss += t->c * fmax(short_by, 0);
    adam(t, i + 1, short_by > 0 ? t->c : 0);
    return GULL_OK;
}

static int minimise(gull_run *run, state *t, bool *fooled) {
    const double tenth = ceil(t->o->steps / 10);
    double before = INFINITY, loss;
    start(t);
    for (double i = 0; i < t->o->steps; i++) {
        TRY(one_step(run, t, i, &loss, fooled));
        if (t->o->abort <= 0 || fmod(i, tenth) > 0) continue;
        if (!(loss <= 0.9999 * before)) break;
        before = loss;
    }
    return GULL_OK;
}

/* The multiplier at the linearised problem's solution; the unit becomes the width of the
 * widest box, or the linearised distance. */
static int first_c(gull_run *run, state *t) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    double value;
    memset(t->u, 0, t->s.n * sizeof *t->u);
    TRY(gull__scaled_ask(run, &t->s, t->u, gull__loss(goal, GULL_LOSS_MARGIN), NULL, &value,
                         t->g));
    const double need = t->o->confidence - value;
    double distance = gull__scaled_reach(&t->s, t->g, need);
    const double size = t->s.width > 0 ? t->s.width : distance;
    if (size > 0 && isfinite(size)) {
        gull__scaled_by(&t->s, size);
        distance /= size;
    }
    t->c = 2 * distance * distance / need;
    if (!(t->c > 0) || isinf(t->c)) t->c = 1e-3;
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
    state t = {.o = opt};
    TRY(gull__scaled_new(&t.s, run));
    double *v = gull_run_scratch(run, 5 * t.s.n * sizeof *v);
    if (!v) return GULL_ENOMEM;
    t.w = v;
    t.u = v + t.s.n;
    t.g = v + 2 * t.s.n;
    t.mean = v + 3 * t.s.n;
    t.square = v + 4 * t.s.n;
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, search(run, &t), (int)t.o->polish);
}

const gull_method gull_attack_cw = {
    .name = "cw",
    .summary = "least L2 change by Adam behind a tanh, with a search over c",
    .cite = "Carlini and Wagner 2017, arXiv:1608.04644, section VI.A",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L2),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
