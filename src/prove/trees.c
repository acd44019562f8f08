/* trees.c - exact distances of tree ensembles.  Under the weighted maximum norm the
 * candidates are the costs of crossing thresholds; a branch and bound over boxes of cells
 * decides for one of them whether it suffices.  Under the other norms the same search
 * drops boxes whose nearest point is too far, for radii that grow.  After Kantchelian et
 * al. 2016, Chen et al. 2019, Devos et al. 2021.  Guarantee: when it ends, lower ==
 * upper, for the float32 arithmetic of the deployed model; when time is up, both ends
 * hold. */
#include "prove/trees_box.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

extern const gull_cost gull_cost_l0, gull_cost_l1, gull_cost_linf;

enum { EASY = 50 }; /* nodes after which it pays to choose splits with care */

typedef struct pending { /* the side of a split that is still to be searched */
    size_t changes;
    int32_t f, cut;
    bool left;
} pending;

typedef struct rival { /* one question: which class wins against which */
    int win;
    const int *lose;
    int lose_count;
    size_t below; /* candidates below this one do not suffice */
} rival;

typedef struct search {
    gull_run *run;
    tree_box box;
    double *candidate; /* ascending */
    size_t candidates;
    pending *stack;
    double *x;
    double *most; /* of a change, by feature */
    rival *rival;
    int *classes;
    int rivals;
    double best, refused; /* costs: of the best witness, of the least one not accepted */
    size_t nodes, limit;
    const gull_cost *cost; /* NULL: the maximum norm */
    double radius;         /* other norms: points that cost more wait */
    bool waiting;          /* some do */
} search;

static int by_size(const void *a, const void *b) {
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static void list_candidates(search *s) {
    const size_t cuts = s->box.index->cuts;
    size_t n = 0, kept = 0;
    for (size_t k = 0; k < cuts; k++)
        if (s->box.cost[k] <= s->best) s->candidate[n++] = s->box.cost[k];
    qsort(s->candidate, n, sizeof *s->candidate, by_size);
    for (size_t k = 0; k < n; k++)
        if (isfinite(s->candidate[k]) &&
            (!kept || s->candidate[k] > s->candidate[kept - 1]))
            s->candidate[kept++] = s->candidate[k];
    s->candidates = kept;
}

/* The number of the first candidate >= cost. */
static size_t place(const search *s, double cost) {
    size_t lo = 0, hi = s->candidates;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (s->candidate[mid] < cost)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static double cost_at(const search *s, size_t k) {
    return k < s->candidates ? s->candidate[k] : s->best;
}

static int claim(search *s, double cost) {
    double measured;
    gull__box_nearest(&s->box, s->x);
    TRY(gull_found(s->run, s->x, &measured));
    if (measured < s->best) s->best = measured;
    if (isinf(measured)) s->refused = fmin(s->refused, cost);
    return GULL_OK;
}

/* No better point than the witnesses is in the box, or none that counts now. */
static bool too_far(search *s, double *cost) {
    if (!s->cost) {
        *cost = gull__box_cost(&s->box);
        return false;
    }
    gull__box_nearest(&s->box, s->x);
    *cost = s->cost->measure(s->box.space, s->x);
    if (*cost >= fmin(s->best, s->refused)) return true;
    s->waiting |= *cost >= s->radius;
    return *cost >= s->radius;
}

/* What is left for one feature when the others change as little as they can; a little
 * more, so that rounding drops nothing. */
static double left_for(const search *s, int32_t f, double cost, double limit) {
    const double own = gull__box_cost_of(&s->box, f), rounding = 1e-12 * limit;
    if (s->cost == &gull_cost_l0) {
        const double *w = s->box.space->weight;
        const bool affordable = cost + (w ? w[s->box.index->feature[f]] : 1) < limit;
        return own > 0 || affordable ? INFINITY : 0;
    }
    if (s->cost == &gull_cost_l1) return fmax(limit - cost, 0) + own + rounding;
    return sqrt(fmax(limit * limit - cost * cost, 0) + own * own + limit * rounding);
}

/* Drops cells that cost too much given what the box costs already. */
static bool tighten(search *s, double cost) {
    const double best = fmin(s->best, s->refused), limit = fmin(best, s->radius);
    const size_t before = s->box.changes;
    for (int32_t f = 0; f < (int32_t)s->box.index->features; f++)
        s->most[f] = left_for(s, f, cost, limit);
    const bool alive = gull__box_limit(&s->box, s->most);
    s->waiting |= s->radius < best && s->box.changes > before;
    return alive;
}

/* Looks at the box's nearest point; *open: there is more to see in it. */
static int look(search *s, bool *open, bool *found) {
    size_t before;
    do {
        double cost;
        *open = false;
        if (too_far(s, &cost)) return GULL_OK;
        *found = gull__box_nearest_wins(&s->box);
        if (*found) return claim(s, cost);
        before = s->box.changes;
        *open = !s->cost || tighten(s, cost);
    } while (*open && s->box.changes > before);
    return GULL_OK;
}

static int may_go_on(search *s) {
    if (++s->nodes > s->limit) return GULL_EBUDGET;
    return s->nodes % 16 ? GULL_OK : gull_run_stop(s->run);
}

/* Depth first.  Maximum norm: ends when an input of the box wins, and was claimed. */
static int search_box(search *s, double eps, bool *found) {
    tree_box *b = &s->box;
    size_t depth = 0;
    const size_t before = s->nodes;
    bool alive = gull__box_open(b, eps);
    *found = false;
    for (;;) {
        int32_t f = 0, cut = 0;
        bool left = false, open = false;
        TRY(may_go_on(s));
        if (alive) TRY(look(s, &open, found));
        if (*found && !s->cost) return GULL_OK;
        if (open && gull__box_branch(b, s->nodes - before > EASY, &f, &cut, &left)) {
            s->stack[depth++] = (pending){b->changes, f, cut, !left};
        } else {
            if (!depth) return GULL_OK;
            const pending p = s->stack[--depth];
            gull__box_undo(b, p.changes);
            f = p.f;
            cut = p.cut;
            left = p.left;
        }
        alive = gull__box_split(b, f, cut, left);
    }
}

/* Raises r->below by what propagation alone refutes: bisection. */
static int refute_cheaply(search *s, rival *r, size_t end) {
    gull__box_ask(&s->box, r->win, r->lose, r->lose_count);
    while (r->below < end) {
        const size_t mid = r->below + (end - r->below) / 2;
        TRY(gull_run_stop(s->run));
        if (gull__box_open(&s->box, s->candidate[mid]))
            end = mid;
        else
            r->below = mid + 1;
    }
    return GULL_OK;
}

static int report(search *s) {
    double lower = fmin(s->best, s->refused);
    for (int i = 0; i < s->rivals; i++)
        lower = fmin(lower, cost_at(s, s->rival[i].below));
    return gull_bounded(s->run, lower);
}

/* Candidates that rounding tells apart are one step: the last of them. */
static size_t last_alike(const search *s, size_t k, size_t end) {
    const double alike = s->candidate[k] * (1 + 1e-6);
    while (k + 1 < end && s->candidate[k + 1] <= alike) k++;
    return k;
}

/* Narrows [below, end) to nothing.  Witnesses are found fast and refutations are slow,
 * so it gallops up to the first witness and from there down to the first refutation. */
static int decide(search *s, rival *r) {
    size_t end = place(s, fmin(s->best, s->refused)), up = 1, down = 0;
    gull__box_ask(&s->box, r->win, r->lose, r->lose_count);
    while (r->below < end) {
        bool found;
        const size_t room = end - r->below;
        const size_t mid =
            down ? end - (down < room ? down : room)
                 : last_alike(s, r->below + (up < room ? up : room) - 1, end);
        TRY(search_box(s, s->candidate[mid], &found));
        if (found) {
            const size_t to = place(s, fmin(s->best, s->refused));
            end = to < mid ? to : mid;
            down = down ? 2 * down : 1;
        } else {
            r->below = mid + 1;
            up *= 4;
            if (down) down = 1;
            TRY(report(s));
        }
    }
    return GULL_OK;
}

static int by_bound(const void *a, const void *b) {
    const rival *p = a, *q = b;
    if (p->below != q->below) return p->below < q->below ? -1 : 1;
    return p->win - q->win;
}

/* MISS: each other class against the label.  TARGET: one against all others. */
static void list_rivals(search *s, const gull_goal *goal, int classes) {
    const bool miss = goal->kind == GULL_MISS;
    int others = 0;
    for (int c = 0; c < classes; c++)
        if (!miss && c != goal->target) s->classes[others++] = c;
    s->classes[classes] = goal->label;
    for (int c = 0; c < classes; c++)
        if (gull_goal_is_rival(goal, c))
            s->rival[s->rivals++] = (rival){c, miss ? s->classes + classes : s->classes,
                                            miss ? 1 : others, 0};
}

static int prepare(search *s, const gull_trees *trees) {
    const gull_problem *p = gull_run_problem(s->run);
    const size_t classes = (size_t)gull_run_classes(s->run);
    const size_t cuts = trees->index->cuts;
    TRY(gull__box_new(&s->box, s->run, trees));
    s->candidate = gull_run_scratch(s->run, (cuts + 1) * sizeof *s->candidate);
    s->stack = gull_run_scratch(s->run, (cuts + 1) * sizeof *s->stack);
    s->x = gull_run_scratch(s->run, (p->space.dim + 1) * sizeof *s->x);
    s->most = gull_run_scratch(s->run, (trees->index->features + 1) * sizeof *s->most);
    s->rival = gull_run_scratch(s->run, (classes + 1) * sizeof *s->rival);
    s->classes = gull_run_scratch(s->run, (classes + 1) * sizeof *s->classes);
    if (!s->candidate || !s->stack || !s->x || !s->most || !s->rival || !s->classes)
        return GULL_ENOMEM;
    list_candidates(s);
    list_rivals(s, &p->goal, (int)classes);
    return GULL_OK;
}

/* Is the row fooled as it is? */
static int try_start(search *s, double *cost) {
    return gull_found(s->run, gull_run_problem(s->run)->space.x0, cost);
}

/* ---- Other norms ---- */

/* Where the search starts: l1 and l2 are never below the maximum norm. */
static double first_radius(const search *s, double known) {
    const gull_space *space = s->box.space;
    double least = INFINITY;
    if (known > 0 && isfinite(known)) return known * 1.0625;
    for (size_t i = 0; i < space->dim; i++)
        least = fmin(least, space->weight ? space->weight[i] : 1);
    return s->cost == &gull_cost_l0 ? least * 1.5
           : s->candidates          ? s->candidate[0] * 2
                                    : 1;
}

/* A box of the maximum norm that holds all points within the radius. */
static double box_of(search *s) {
    const size_t cuts = s->box.index->cuts;
    const double eps = fmin(s->radius, fmin(s->best, s->refused));
    if (s->cost == &gull_cost_l0) return DBL_MAX;
    for (size_t k = 0; k < cuts; k++)
        s->waiting |= isfinite(s->box.cost[k]) && s->box.cost[k] > eps;
    return eps;
}

/* Sums round, other than counts: what is proved is proved up to that. */
static int report_norm(search *s, double lower) {
    const gull_space *space = s->box.space;
    const bool count = s->cost == &gull_cost_l0 && !space->weight;
    return gull_bounded(s->run,
                        count ? lower : lower * (1 - (double)space->dim * 0x1p-51));
}

static int minimise(search *s, double known) {
    bool found;
    for (s->radius = first_radius(s, known);; s->radius *= 1.25) {
        s->waiting = false;
        for (int i = 0; i < s->rivals; i++) {
            const rival *r = &s->rival[i];
            gull__box_ask(&s->box, r->win, r->lose, r->lose_count);
            TRY(search_box(s, box_of(s), &found));
        }
        const double end = fmin(s->best, s->refused);
        if (end <= s->radius || !s->waiting) return report_norm(s, end);
        TRY(report_norm(s, s->radius));
    }
}

static int search_norm(search *s) {
    double known = INFINITY;
    if (s->cost == &gull_cost_l0) return minimise(s, 0);
    const size_t end = place(s, s->best);
    for (int i = 0; i < s->rivals; i++) {
        TRY(refute_cheaply(s, &s->rival[i], end));
        known = fmin(known, cost_at(s, s->rival[i].below));
    }
    TRY(report_norm(s, known));
    return known < s->best ? minimise(s, known) : GULL_OK;
}

static int search_max(search *s) {
    const size_t end = place(s, s->best);
    for (int i = 0; i < s->rivals; i++) TRY(refute_cheaply(s, &s->rival[i], end));
    TRY(report(s));
    qsort(s->rival, (size_t)s->rivals, sizeof *s->rival, by_bound);
    for (int i = 0; i < s->rivals; i++) TRY(decide(s, &s->rival[i]));
    return report(s);
}

typedef struct trees_options {
    double nodes;
} trees_options;

static int run_trees(gull_run *run, const void *options) {
    const gull_trees *trees = gull_ask_structure(run, GULL_CAN_TREES);
    const trees_options *o = options;
    const gull_cost *cost = gull_run_problem(run)->cost;
    const bool max = cost == &gull_cost_linf;
    search s = {.run = run,
                .best = gull_run_upper(run),
                .refused = INFINITY,
                .limit = (size_t)(o->nodes > 0 ? o->nodes
                                  : max        ? 1e6
                                               : 2e4),
                .cost = max ? NULL : cost};
    double start;
    if (!trees) return GULL_EACCESS;
    TRY(prepare(&s, trees));
    TRY(try_start(&s, &start));
    if (isfinite(start)) return gull_bounded(run, start);
    return max ? search_max(&s) : search_norm(&s);
}

static const gull_param params[] = {
    GULL_PARAM(
        trees_options, nodes, 0, 0, 1e15,
        "boxes to look at for a row; 0: a million for linf, 20000 for other norms"),
    GULL_PARAM_END};

const gull_method gull_proof_trees = {
    .name = "trees",
    .summary = "exact smallest change for tree ensembles, found and proved",
    .cite = "after Kantchelian et al. 2016; Chen et al. 2019; Devos et al. 2021",
    .needs = GULL_CAN_TREES,
    .goals = 1u << GULL_MISS | 1u << GULL_TARGET,
    .costs = GULL_ANY,
    .stage = 2,
    .params = params,
    .options_size = sizeof(trees_options),
    .run = run_trees,
};
