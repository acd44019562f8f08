/* linear.c - linear models, solved: the least change that lifts a rival over the label is
 * the cost's distance to a half-space inside the box (halfspace of src/cost), so lower
 * and upper meet.  Guarantee: no x of cost < lower fools the real function w x + b, nor
 * its evaluation in double in any order (a-priori bound of Higham, Accuracy and Stability
 * of Numerical Algorithms, 3.1; where l0 may move features without end: the real function
 * only).  A target among several classes must beat all of them: every mix of those
 * half-spaces gives a lower bound, the best mix the exact one (Lagrange duality; l0: a
 * bound only); the search for it may end bracketed. */
#include "core/registry.h"
#include "model/linear.h"
#include <string.h>

typedef struct {
    double rounds;
} linear_options;

typedef struct {
    gull_run *run;
    const gull_problem *p;
    const gull_linear *l;
    double *score, *size; /* per class at x0: the score, the sum of its terms' sizes */
    double *mix, *pull;   /* per class: how the scores are mixed into one function */
    double *a, *sizes;    /* per feature: the mixed weights, and the sum of their sizes */
    double *x, *y;        /* candidates */
    double need;          /* the mixed scores must rise by so much */
    double rounding;      /* sizes that are rounded at x0 */
    double slope;         /* most that a . (x - x0) can rise per unit of cost */
    bool counts;          /* l0 */
} solver;

static bool solver_new(solver *s, gull_run *run) {
    *s = (solver){.run = run, .p = gull_run_problem(run)};
    s->l = gull_ask_structure(run, GULL_CAN_LINEAR);
    if (!s->l) return false;
    const size_t classes = (size_t)s->l->classes, dim = s->l->dim;
    double *memory = gull_run_scratch(run, (4 * classes + 4 * dim) * sizeof *memory);
    if (!memory) return false;
    s->score = memory;
    s->size = memory + classes;
    s->mix = memory + 2 * classes;
    s->pull = memory + 3 * classes;
    s->a = memory + 4 * classes;
    s->sizes = s->a + dim;
    s->x = s->a + 2 * dim;
    s->y = s->a + 3 * dim;
    s->counts = gull__cost_index(s->p->cost) == GULL_L0;
    return true;
}

static void scores_at_start(solver *s) {
    const double *x0 = s->p->space.x0;
    for (int c = 0; c < s->l->classes; c++) {
        const double *w = s->l->w + (size_t)c * s->l->dim;
        s->score[c] = gull__dot_exactly(w, x0, s->l->dim, s->l->b[c]);
        s->size[c] = fabs(s->l->b[c]);
        for (size_t i = 0; i < s->l->dim; i++) s->size[c] += fabs(w[i] * x0[i]);
    }
}

/* Most that sum c_i |x_i - x0_i| can be per unit of cost; INFINITY for l0. */
static double steepness(solver *s, const double *c) {
    double most = 0;
    if (s->counts) return INFINITY;
    s->p->cost->steepest(&s->p->space, c, s->y);
    for (size_t i = 0; i < s->l->dim; i++) most += fabs(c[i] * s->y[i]);
    return most;
}

/* One linear function from the scores: reached goals have mix . scores >= 0. */
static void combine(solver *s) {
    const size_t dim = s->l->dim;
    memset(s->a, 0, 2 * dim * sizeof *s->a);
    s->need = s->rounding = 0;
    for (int c = 0; c < s->l->classes; c++) {
        const double k = s->mix[c], *w = s->l->w + (size_t)c * dim;
        if (k == 0) continue;
        s->need -= k * s->score[c];
        s->rounding += fabs(k) * s->size[c];
        for (size_t i = 0; i < dim; i++) {
            s->a[i] += k * w[i];
            s->sizes[i] += fabs(k * w[i]);
        }
    }
    s->slope = steepness(s, s->a);
}

static void choose_pair(solver *s, int win, int lose) {
    memset(s->mix, 0, (size_t)s->l->classes * sizeof *s->mix);
    s->mix[win] = 1;
    s->mix[lose] = -1;
    combine(s);
}

/* Sizes that are rounded in the mixed scores of any x of cost <= radius in the box. */
static double rounded_sizes(solver *s, double radius) {
    const gull_space *q = &s->p->space;
    double box = 0;
    for (size_t i = 0; i < q->dim; i++)
        if (s->sizes[i] > 0)
            box += s->sizes[i] * fmax(q->hi[i] - q->x0[i], q->x0[i] - q->lo[i]);
    const double change = fmin(box, steepness(s, s->sizes) * radius);
    return s->rounding + (isfinite(change) ? change : 0);
}

/* `need` less all that rounding may give, for x of cost <= radius. */
static double safe_need(solver *s, double radius) {
    const double terms = (double)s->l->dim + s->l->classes + 8;
    return s->need * (1 - terms * 0x1p-49) - terms * 0x1p-52 * rounded_sizes(s, radius);
}

static double least(solver *s, double need, double *x) {
    return s->p->cost->halfspace(&s->p->space, s->a, need, x);
}

/* No x of cost below this, and at most radius, has mix . scores >= 0. */
static double safe_bound(solver *s, double radius) {
    const double bound = least(s, safe_need(s, radius), NULL);
    const bool whole = s->counts && !s->p->space.weight; /* a count is not rounded */
    return whole ? bound : bound * (1 - ((double)s->l->dim + 8) * 0x1p-50);
}

/* A bound without the box, cheap: good enough for rivals that are far away. */
static double bound_without_box(solver *s, double need) {
    if (s->counts) return 0;
    return need > 0 ? need / s->slope * (1 - 0x1p-30) : 0;
}

/* ---- Witnesses ---- */

/* Each moved feature to the float32 number that raises a . x, where the box has one. */
static void round_upwards(const solver *s, const double *x, double *y) {
    const gull_space *q = &s->p->space;
    for (size_t i = 0; i < q->dim; i++) {
        float f = (float)x[i];
        y[i] = x[i];
        if (x[i] == q->x0[i] || s->a[i] == 0) continue;
        if (s->a[i] > 0 && f < x[i]) f = nextafterf(f, INFINITY);
        if (s->a[i] < 0 && f > x[i]) f = nextafterf(f, -INFINITY);
        if (f >= q->lo[i] && f <= q->hi[i]) y[i] = f;
    }
}

static int try_point(solver *s, const double *x, bool *fools) {
    double distance;
    TRY(gull_found(s->run, x, &distance));
    *fools = isfinite(distance);
    if (*fools || !s->p->space.f32) return GULL_OK;
    round_upwards(s, x, s->y);
    TRY(gull_found(s->run, s->y, &distance));
    *fools = isfinite(distance);
    return GULL_OK;
}

/* The nearest x that lifts the mix by `need` and a little more. */
static int try_need(solver *s, double need, bool *fools) {
    const gull_cost *cost = s->p->cost;
    if (isinf(least(s, need, s->x))) cost->reach(&s->p->space, s->a, INFINITY, s->x);
    return try_point(s, s->x, fools);
}

/* Grows the overshoot until the deployed model agrees, then halves the last step. */
static int press(solver *s, double radius, double most) {
    const double need = fmax(s->need, 0);
    const double unit = rounded_sizes(s, radius) * (s->p->space.f32 ? 0x1p-26 : 0x1p-55);
    double failed = 0, extra = unit > 0 ? unit : 0x1p-1000;
    bool fools;
    TRY(try_need(s, need, &fools));
    if (fools) return GULL_OK;
    while (true) {
        TRY(try_need(s, need + extra, &fools));
        if (fools) break;
        if (!(extra <= most + 64 * ((double)s->l->dim + 8) * unit)) return GULL_OK;
        failed = extra;
        extra *= 2;
    }
    for (int k = 0; k < 10 && !s->counts; k++) {
        const double middle = failed + (extra - failed) / 2;
        TRY(try_need(s, need + middle, &fools));
        if (fools)
            extra = middle;
        else
            failed = middle;
    }
    return GULL_OK;
}

/* ---- Any other class will do ---- */

static int nearest_rival(solver *s, double *radius) {
    const int label = s->p->goal.label;
    int nearest = -1;
    *radius = INFINITY;
    for (int c = 0; c < s->l->classes; c++) {
        if (!gull_goal_is_rival(&s->p->goal, c)) continue;
        choose_pair(s, c, label);
        if (bound_without_box(s, s->need) >= *radius) continue;
        const double distance = least(s, s->need, NULL);
        if (!(distance < *radius)) continue;
        *radius = distance;
        nearest = c;
    }
    return nearest;
}

static int miss(solver *s) {
    double radius, lower = INFINITY;
    const int nearest = nearest_rival(s, &radius);
    for (int c = 0; c < s->l->classes; c++) {
        if (!gull_goal_is_rival(&s->p->goal, c)) continue;
        choose_pair(s, c, s->p->goal.label);
        const double far = bound_without_box(s, safe_need(s, radius));
        lower = fmin(lower, far >= radius ? far : safe_bound(s, radius));
    }
    TRY(gull_bounded(s->run, lower));
    if (nearest < 0) return GULL_OK;
    choose_pair(s, nearest, s->p->goal.label);
    TRY(press(s, radius, 0));
    /* Where rounding hides the nearest rival, the others. */
    for (int c = 0; isinf(gull_run_upper(s->run)) && c < s->l->classes; c++) {
        if (!gull_goal_is_rival(&s->p->goal, c) || c == nearest) continue;
        choose_pair(s, c, s->p->goal.label);
        radius = least(s, s->need, NULL);
        if (isfinite(radius)) TRY(press(s, radius, 0));
    }
    return GULL_OK;
}

/* ---- One class must beat all others ---- */

/* mix := (1 - t) * mix + t * (target against rival c) */
static void lean(solver *s, const double *mix, int c, double t) {
    for (int k = 0; k < s->l->classes; k++) s->mix[k] = (1 - t) * mix[k];
    s->mix[s->p->goal.target] = 1;
    s->mix[c] -= t;
    combine(s);
}

/* a := weights of the target less those of c; returns how far x leaves c ahead of the
 * target, and in *tiny what rounding may hide. */
static double ahead_of_target(solver *s, int c, const double *x, double *tiny) {
    const int target = s->p->goal.target;
    const size_t dim = s->l->dim;
    double ahead = s->score[c] - s->score[target];
    for (size_t i = 0; i < dim; i++) {
        s->a[i] = s->l->w[(size_t)target * dim + i] - s->l->w[(size_t)c * dim + i];
        ahead -= s->a[i] * (x[i] - s->p->space.x0[i]);
    }
    *tiny = 1e-13 * (s->size[c] + s->size[target]);
    return ahead;
}

/* The class that x leaves furthest ahead of the target, in units of cost; -1: none is
 * by more than `slack` times what rounding may hide. */
static int most_ahead(solver *s, const double *x, double slack) {
    int most = -1;
    double worst = -INFINITY, tiny;
    for (int c = 0; c < s->l->classes; c++) {
        if (c == s->p->goal.target) continue;
        const double ahead = ahead_of_target(s, c, x, &tiny);
        const double slope = s->counts ? 1 : steepness(s, s->a);
        if (!(ahead > slack * tiny) || !(ahead / slope > worst)) continue;
        worst = ahead / slope;
        most = c;
    }
    return most;
}

/* Golden section for the best t in lean(mix, c, t): the bound is quasi-concave in t. */
static double best_lean(solver *s, const double *mix, int c) {
    const double golden = 0.6180339887498949;
    double lo = 0, hi = 1, t[2] = {1 - golden, golden}, value[2];
    for (int k = 0; k < 2; k++) {
        lean(s, mix, c, t[k]);
        value[k] = least(s, s->need, NULL);
    }
    for (int step = 0; step < 40; step++) {
        const int low = value[0] < value[1] ? 0 : 1; /* the end to give up */
        if (low == 0)
            lo = t[0];
        else
            hi = t[1];
        t[low] = t[!low];
        value[low] = value[!low];
        t[!low] = low == 0 ? lo + golden * (hi - lo) : hi - golden * (hi - lo);
        lean(s, mix, c, t[!low]);
        value[!low] = least(s, s->need, NULL);
    }
    return value[0] > value[1] ? t[0] : t[1];
}

static int hardest_rival(solver *s, double *radius) {
    int hardest = -1;
    *radius = -1;
    for (int c = 0; c < s->l->classes; c++) {
        if (c == s->p->goal.target) continue;
        choose_pair(s, s->p->goal.target, c);
        const double distance = least(s, s->need, NULL);
        if (distance <= *radius) continue;
        *radius = distance;
        hardest = c;
    }
    return hardest;
}

/* From the best mix's point: Euclidean steps over the half-spaces it is still outside of
 * (cyclic projections), a little too far, until it is inside all. */
static int repair(solver *s) {
    gull_space here = s->p->space;
    const size_t bytes = s->l->dim * sizeof *s->x;
    const gull_cost *step = s->counts ? s->p->cost : gull_costs[GULL_L2];
    const double slack = here.f32 ? 0x1p24 : 1;
    double tiny;
    bool fools = false;
    least(s, s->need, s->x);
    here.x0 = s->x;
    for (int k = 0; k < 200; k++) {
        const int c = most_ahead(s, s->x, -slack);
        if (c < 0) break;
        const double ahead = ahead_of_target(s, c, s->x, &tiny);
        const double more = fmax(2 * slack * tiny, ahead * (k < 50 ? 1e-3 : 0.9));
        if (isinf(step->halfspace(&here, s->a, ahead + more, s->y))) return GULL_OK;
        memcpy(s->x, s->y, bytes);
    }
    double lo = 0, hi = 1; /* then back towards x0 */
    memcpy(s->sizes, s->x, bytes);
    for (int k = 0; k < 30; k++) {
        const double t = k ? (lo + hi) / 2 : 1;
        for (size_t i = 0; i < s->l->dim; i++)
            s->x[i] = s->p->space.x0[i] + t * (s->sizes[i] - s->p->space.x0[i]);
        TRY(try_point(s, s->x, &fools));
        if (!k && !fools) return GULL_OK;
        if (fools)
            hi = t;
        else
            lo = t;
    }
    return GULL_OK;
}

static int claim(solver *s, double radius) {
    TRY(gull_bounded(s->run, safe_bound(s, radius)));
    if (isinf(radius)) return GULL_OK;
    TRY(press(s, radius, 64 * fmax(s->need, 0)));
    if (gull_run_upper(s->run) * (1 - 1e-9) <= gull_run_lower(s->run)) return GULL_OK;
    combine(s);
    return repair(s);
}

static int target(solver *s, int rounds) {
    const size_t classes = (size_t)s->l->classes;
    double radius;
    const int first = hardest_rival(s, &radius);
    choose_pair(s, s->p->goal.target, first);
    for (int k = 0; k < rounds && isfinite(radius); k++) {
        if (gull_run_stop(s->run) == GULL_ETIME) break;
        least(s, s->need, s->x);
        const int ahead = most_ahead(s, s->x, 1);
        combine(s);
        if (ahead < 0) break;
        memcpy(s->pull, s->mix, classes * sizeof *s->pull);
        lean(s, s->pull, ahead, best_lean(s, s->pull, ahead));
        const double better = least(s, s->need, NULL);
        if (!(better > radius)) {
            memcpy(s->mix, s->pull, classes * sizeof *s->mix);
            combine(s);
            break;
        }
        radius = better;
    }
    return claim(s, radius);
}

static int run(gull_run *r, const void *options) {
    const linear_options *o = options;
    solver s;
    if (!solver_new(&s, r))
        return gull_ask_structure(r, GULL_CAN_LINEAR) ? GULL_ENOMEM : GULL_EACCESS;
    scores_at_start(&s);
    return s.p->goal.kind == GULL_MISS ? miss(&s) : target(&s, (int)o->rounds);
}

static const gull_param params[] = {
    GULL_PARAM(
        linear_options, rounds, 40, 0, 10000,
        "steps of the search for the best mix, for a target among several classes"),
    GULL_PARAM_END};

const gull_method gull_proof_linear = {
    .name = "linear",
    .summary =
        "closed form for linear models: exact in every norm, box and weights included",
    .cite =
        "Duality of norms; fractional knapsack (Dantzig, Operations Research 5, 1957)",
    .needs = GULL_CAN_LINEAR,
    .goals = 1u << GULL_MISS | 1u << GULL_TARGET,
    .costs = GULL_ANY,
    .stage = 1,
    .params = params,
    .options_size = sizeof(linear_options),
    .run = run};
