/* radius.c - tries the asked distances in ascending order, then narrows the gap between the
 * greatest radius that is proved and the least that is not: regula falsi on the worst
 * margin (Illinois variant, Dowell and Jarratt 1971).  A radius moves the lower bound only
 * when its proof is complete; a time-out moves nothing.  Without a witness the search
 * ends at the greatest asked distance. */
#include "prove/radius.h"

typedef struct radius_search {
    gull_run *run;
    const gull_problem *problem;
    gull_bounds *bounds;
    const gull_radius_options *options;
    bool intervals;
    double *margin, *other; /* classes each */
    double good, bad;       /* proved; not proved, or of no use */
    double above, below;    /* the worst margins there, NAN where unknown */
    int side;               /* 1: the last radius was proved, -1: it was not */
} radius_search;

static int stop(const void *run) { return gull_run_stop(run); }

/* The measure of a point rounds: prove a little more than is claimed. */
static double with_rounding(const radius_search *s, double radius) {
    return radius * (1 + ((double)s->problem->space.dim + 16) * 0x1p-52);
}

/* s->margin over the region, the better of intervals and backward rows. */
static int find_margins(radius_search *s, double radius) {
    const int classes = gull_run_classes(s->run);
    const gull_goal *goal = &s->problem->goal;
    const gull_region region = {&s->problem->space, s->problem->cost,
                                with_rounding(s, radius)};
    const gull_bounds_options options = {.intermediate = (int)s->options->intermediate,
                                         .budget = s->options->budget * 1e9,
                                         .stop = stop,
                                         .stop_arg = s->run};
    TRY(gull_run_stop(s->run));
    TRY(gull_bounds_over(s->bounds, &region, &options));
    TRY(gull_bounds_margins(s->bounds, goal, classes, true, s->margin));
    if (s->intervals) return GULL_OK;
    TRY(gull_bounds_margins(s->bounds, goal, classes, false, s->other));
    for (int c = 0; c < classes; c++)
        if (s->other[c] > s->margin[c]) s->margin[c] = s->other[c];
    return GULL_OK;
}

/* > 0 iff the margins prove that the goal is missed. */
static double worst_margin(const radius_search *s) {
    const bool miss = s->problem->goal.kind == GULL_MISS;
    double worst = miss ? INFINITY : -INFINITY;
    for (int c = 0; c < gull_run_classes(s->run); c++)
        if (miss ? s->margin[c] < worst : s->margin[c] > worst) worst = s->margin[c];
    return worst;
}

/* L0 counts features, unless weights make it a sum. */
static bool counts_features(const gull_problem *p) {
    return p->cost->name[1] == '0' && !p->space.weight;
}

/* What a proof over {cost <= radius} says: nothing of less cost, or of the next count. */
static double claim(const gull_problem *p, double radius) {
    return counts_features(p) ? floor(radius) + 1 : radius;
}

static int try_radius(radius_search *s, double radius) {
    TRY(find_margins(s, radius));
    const double worst = worst_margin(s);
    if (gull_bounds_proved(&s->problem->goal, gull_run_classes(s->run), s->margin)) {
        s->good = radius;
        s->above = worst;
        if (s->side == 1) s->below /= 2;
        s->side = 1;
        return gull_bounded(s->run, claim(s->problem, radius));
    }
    s->bad = radius;
    s->below = worst <= 0 && isfinite(worst) ? worst : NAN;
    if (s->side == -1) s->above /= 2;
    s->side = -1;
    return GULL_OK;
}

/* The least radius that holds the whole box; INFINITY when it is open. */
static double radius_of_box(const gull_problem *p) {
    const gull_space *s = &p->space;
    double sum = 0, squares = 0, most = 0, count = 0;
    for (size_t i = 0; i < s->dim; i++) {
        const double w = s->weight ? s->weight[i] : 1;
        const double way = w * fmax(s->hi[i] - s->x0[i], s->x0[i] - s->lo[i]);
        sum += way;
        squares += way * way;
        most = fmax(most, way);
        count += s->lo[i] < s->hi[i] ? w : 0;
    }
    switch (p->cost->name[1]) {
    case '0': return count;
    case '1': return sum;
    case '2': return sqrt(squares);
    default: return most;
    }
}

/* Grows a small radius until it is not proved. */
static int find_end(radius_search *s) {
    const double upper = gull_run_upper(s->run);
    const double end = fmin(upper, radius_of_box(s->problem));
    double r = isfinite(upper) ? upper / 4 : isfinite(end) ? end / 256 : 1e-3;
    if (counts_features(s->problem)) r = fmax(floor(r), 1);
    if (isfinite(s->bad)) return GULL_OK;
    for (r = fmax(r, s->good * 1.5); r < end && r < 1e9; r *= isfinite(upper) ? 2 : 4) {
        TRY(try_radius(s, r));
        if (isfinite(s->bad)) return GULL_OK;
    }
    s->bad = end;
    return GULL_OK;
}

static int try_asked(radius_search *s) {
    const gull_problem *p = s->problem;
    for (size_t i = 0; i < p->eps_count && isinf(s->bad); i++)
        if (p->eps[i] > s->good && p->eps[i] < gull_run_upper(s->run))
            TRY(try_radius(s, p->eps[i]));
    return GULL_OK;
}

/* Where the line through both margins crosses 0, a little inside the gap; margins bend
 * far from there, so a wide gap is cut by ratio first. */
static double between(const radius_search *s) {
    const double gap = s->bad - s->good, wide = 6;
    double part = s->above / (s->above - s->below), radius;
    if (!(part > 0 && part < 1)) part = 0.5;
    radius = s->good + gap * fmin(fmax(part * 0.99, 0.02), 0.95);
    if (s->good == 0) radius = fmax(radius, s->bad / wide);
    else if (s->bad > wide * s->good) radius = sqrt(s->good * s->bad);
    return counts_features(s->problem) ? fmax(floor(radius), floor(s->good) + 1) : radius;
}

static int search(radius_search *s) {
    const gull_problem *p = s->problem;
    TRY(try_radius(s, s->good));
    if (isfinite(s->bad)) return GULL_OK; /* not even what is known already */
    TRY(try_asked(s));
    if (p->eps_count && isinf(s->bad) && isinf(gull_run_upper(s->run))) return GULL_OK;
    TRY(find_end(s));
    for (int step = 0; step < (int)s->options->steps; step++) {
        const double radius = between(s);
        if (!(radius > s->good && radius < s->bad)) break;
        if (s->bad - s->good <= s->options->gap * s->good) break;
        TRY(try_radius(s, radius));
    }
    return GULL_OK;
}

static int search_with(radius_search *s) {
    const size_t bytes = (size_t)gull_run_classes(s->run) * sizeof(double);
    s->margin = gull_run_scratch(s->run, bytes);
    s->other = gull_run_scratch(s->run, bytes);
    if (!s->margin || !s->other) return GULL_ENOMEM;
    s->good = counts_features(s->problem) ? fmax(gull_run_lower(s->run) - 1, 0)
                                          : gull_run_lower(s->run);
    TRY(gull_bounded(s->run, 0));
    return s->good < gull_run_upper(s->run) ? search(s) : GULL_OK;
}

int gull__prove_radius(gull_run *run, const gull_radius_options *options, bool intervals) {
    const gull_graph *g = gull_ask_structure(run, GULL_CAN_GRAPH);
    radius_search s = {.run = run,
                       .problem = gull_run_problem(run),
                       .options = options,
                       .intervals = intervals,
                       .bad = INFINITY,
                       .above = NAN,
                       .below = NAN};
    if (!g) return GULL_EACCESS;
    if (gull_bounds_bytes(g) > options->memory * 1e6) return GULL_ELARGE;
    TRY(gull_bounds_new(&s.bounds, g, NULL));
    const int status = search_with(&s);
    gull_bounds_free(s.bounds);
    return status;
}
