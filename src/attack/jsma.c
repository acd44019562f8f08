/* jsma.c - the saliency-map attack of Papernot, McDaniel, Jha, Fredrikson, Celik and Swami
 * 2016 (algorithm 3): again and again the pair of features that together raise the target's
 * score and lower the sum of the others most, moved by `theta` of their box.  Both ways are
 * tried (the paper's attack goes up, its appendix down).  Features without a box move by
 * theta times |x0| or 1. */
#include "attack/losses.h"
#include "attack/rivals.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <stdlib.h>
#include <string.h>

enum { UP, DOWN, BOTH };
typedef struct options {
    double theta, most, way, targets, candidates, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, theta, 1, 1e-6, 1e3, "how far a feature moves, in widths of its box"),
    GULL_PARAM(options, most, 0.3, 0, 1, "greatest share of the features that may change"),
    GULL_WORDS(options, way, BOTH, "up|down|both", "which way features move"),
    GULL_PARAM(options, targets, 2, 1, 1e6, "targets when any other class will do"),
    GULL_PARAM(options, candidates, 400, 2, 1e5, "features of which pairs are formed"),
    GULL_PARAM(options, polish, 0, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct move { /* a feature and a way */
    double raise, lower, merit; /* of the target's score, of the others' sum */
    size_t k;
    double sign;
} move;

typedef struct state {
    const options *o;
    gull_scaled s;
    double *u, *target_g, *sum_g, *scores;
    move *move;
    gull_best best;
} state;

/* ---- The two gradients ---- */

static double one_score(const void *arg, const double *scores, int classes, double *w) {
    const int target = *(const int *)arg;
    for (int c = 0; w && c < classes; c++) w[c] = c == target;
    return scores[target];
}

static double other_scores(const void *arg, const double *scores, int classes, double *w) {
    const int target = *(const int *)arg;
    double sum = 0;
    for (int c = 0; c < classes; c++) sum += c == target ? 0 : scores[c];
    for (int c = 0; w && c < classes; c++) w[c] = c != target;
    return sum;
}

/* ---- The pair ---- */

static int by_merit(const void *a, const void *b) {
    const move *x = a, *y = b;
    if (x->merit != y->merit) return x->merit < y->merit ? 1 : -1;
    return (x->k > y->k) - (x->k < y->k);
}

/* The moves there are, the most promising first. */
static size_t list_moves(const state *t) {
    size_t n = 0;
    for (size_t k = 0; k < t->s.n; k++)
        for (double sign = 1; sign >= -1; sign -= 2) {
            const double end = sign > 0 ? t->s.hi[k] : t->s.lo[k];
            if (t->o->way == (sign > 0 ? DOWN : UP) || t->u[k] * sign >= end * sign) continue;
            const double raise = sign * t->target_g[k], lower = -sign * t->sum_g[k];
            t->move[n++] = (move){raise, lower, raise + lower, k, sign};
        }
    qsort(t->move, n, sizeof *t->move, by_merit);
    return n < t->o->candidates ? n : (size_t)t->o->candidates;
}

/* The pair of greatest saliency; false: no pair raises and lowers. */
static bool best_pair(const state *t, size_t n, size_t pair[2]) {
    double most = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            const double raise = t->move[a].raise + t->move[b].raise;
            const double lower = t->move[a].lower + t->move[b].lower;
            if (!(raise > 0 && lower > 0 && raise * lower > most)) continue;
            if (t->move[a].k == t->move[b].k) continue;
            most = raise * lower;
            pair[0] = a;
            pair[1] = b;
        }
    return most > 0;
}

static void apply(const state *t, const move *m) {
    const double to = t->u[m->k] + m->sign * t->o->theta;
    t->u[m->k] = fmin(fmax(to, t->s.lo[m->k]), t->s.hi[m->k]);
}

/* ---- The attack ---- */

static int one_step(gull_run *run, state *t, int target, bool *on) {
    const gull_goal *goal = &gull_run_problem(run)->goal;
    size_t pair[2] = {0, 0};
    TRY(gull__scaled_ask(run, &t->s, t->u, (gull_loss){one_score, &target}, t->scores, NULL,
                         t->target_g));
    if (gull_goal_value(goal, t->scores, gull_run_classes(run), NULL) > 0) {
        *on = false;
        return gull__best_offer(&t->best, run, t->s.x);
    }
    TRY(gull__scaled_ask(run, &t->s, t->u, (gull_loss){other_scores, &target}, NULL, NULL,
                         t->sum_g));
    const size_t n = list_moves(t);
    *on = best_pair(t, n, pair);
    if (!*on && n) { /* no pair does both: the best single feature */
        *on = t->move[0].merit > 0;
        if (*on) apply(t, &t->move[0]);
    } else if (*on) {
        apply(t, &t->move[pair[0]]);
        apply(t, &t->move[pair[1]]);
    }
    return GULL_OK;
}

static int one_target(gull_run *run, state *t, int target) {
    const double most = ceil(t->o->most * (double)t->s.n / 2 / fmin(t->o->theta, 1)) + 1;
    bool on = true;
    memset(t->u, 0, t->s.n * sizeof *t->u);
    for (double i = 0; i < most && on; i++) TRY(one_step(run, t, target, &on));
    return GULL_OK;
}

static int all_targets(gull_run *run, state *t, int *rival) {
    int count = 0;
    TRY(gull__rivals(run, t->scores, (int)fmin(t->o->targets, gull_run_classes(run)), rival,
                     &count));
    for (int i = 0; i < count; i++) TRY(one_target(run, t, rival[i]));
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t classes = (size_t)gull_run_classes(run);
    state t = {.o = opt};
    TRY(gull__scaled_new(&t.s, run));
    gull__scaled_by_width(&t.s);
    double *v = gull_run_scratch(run, (3 * t.s.n + classes) * sizeof *v);
    int *rival = gull_run_scratch(run, classes * sizeof *rival);
    t.move = gull_run_scratch(run, 2 * t.s.n * sizeof *t.move);
    if (!v || !rival || !t.move) return GULL_ENOMEM;
    t.u = v;
    t.target_g = v + t.s.n;
    t.sum_g = v + 2 * t.s.n;
    t.scores = v + 3 * t.s.n;
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, all_targets(run, &t, rival), (int)t.o->polish);
}

const gull_method gull_attack_jsma = {
    .name = "jsma",
    .summary = "pairs of features by their saliency",
    .cite = "Papernot et al. 2016, arXiv:1511.07528, algorithm 3",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L0),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
