/* radius.c - tries the asked distances in ascending order, then bisects between the last
 * radius that is proved and the first that is not.  A radius moves the lower bound only
 * when its proof is complete; a time-out moves nothing. */
#include "prove/radius.h"

typedef struct radius_search {
    gull_run *run;
    const gull_problem *problem;
    gull_bounds *bounds;
    const gull_radius_options *options;
    bool intervals;
    double *margin;    /* classes */
    double good, bad;  /* proved; known not to be provable, or above all use */
} radius_search;

static int stop(const void *run) { return gull_run_stop(run); }

/* The measure of a point rounds: prove a little more than is claimed. */
static double with_rounding(const radius_search *s, double radius) {
    return radius * (1 + ((double)s->problem->space.dim + 16) * 0x1p-52);
}

/* 1: no point of cost <= radius reaches the goal; 0: not proved. */
static int is_proved(radius_search *s, double radius) {
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
    if (s->intervals || gull_bounds_proved(goal, classes, s->margin))
        return gull_bounds_proved(goal, classes, s->margin);
    TRY(gull_bounds_margins(s->bounds, goal, classes, false, s->margin));
    return gull_bounds_proved(goal, classes, s->margin);
}

static int try_radius(radius_search *s, double radius) {
    const int proved = is_proved(s, radius);
    TRY(proved);
    if (!proved) {
        s->bad = radius;
        return GULL_OK;
    }
    s->good = radius;
    return gull_bounded(s->run, radius);
}

/* Above this radius nothing new can happen: a witness, or the whole box. */
static double greatest_radius(const gull_problem *p, double upper) {
    double sum = 0, squares = 0, most = 0, count = 0;
    for (size_t i = 0; i < p->space.dim; i++) {
        const gull_space *s = &p->space;
        const double w = s->weight ? s->weight[i] : 1;
        const double way = w * fmax(s->hi[i] - s->x0[i], s->x0[i] - s->lo[i]);
        sum += way;
        squares += way * way;
        most = fmax(most, way);
        count += s->lo[i] < s->hi[i] ? w : 0;
    }
    const char kind = p->cost->name[1];
    const double box = kind == '0' ? count : kind == '1' ? sum : kind == '2' ? sqrt(squares)
                                                                             : most;
    return fmin(upper, box);
}

/* Without an end, doubling from a radius that is small against the row finds one. */
static int find_end(radius_search *s) {
    if (isfinite(s->bad)) return GULL_OK;
    s->bad = INFINITY;
    for (double r = fmax(2 * s->good, 1e-3); isinf(s->bad) && r < 1e9; r *= 4)
        TRY(try_radius(s, r));
    return GULL_OK;
}

static int try_asked(radius_search *s) {
    const gull_problem *p = s->problem;
    for (size_t i = 0; i < p->eps_count; i++) {
        if (p->eps[i] <= s->good) continue;
        if (p->eps[i] >= s->bad) break;
        TRY(try_radius(s, p->eps[i]));
        if (s->bad <= p->eps[i]) break;
    }
    return GULL_OK;
}

/* Changed features are counted: only whole radii differ, when no weights say otherwise. */
static double between(const radius_search *s) {
    const double middle = s->good + (s->bad - s->good) / 2;
    const bool counts = s->problem->cost->name[1] == '0' && !s->problem->space.weight;
    return counts ? floor(middle) : middle;
}

static int search(radius_search *s) {
    TRY(try_asked(s));
    TRY(find_end(s));
    for (int step = 0; step < (int)s->options->steps; step++) {
        const double radius = between(s);
        if (!(radius > s->good && radius < s->bad)) break;
        TRY(try_radius(s, radius));
    }
    return GULL_OK;
}

/* The row's own class may not even hold at radius 0; then there is nothing to prove. */
static int search_with(radius_search *s) {
    s->margin = gull_run_scratch(s->run, (size_t)gull_run_classes(s->run) * sizeof(double));
    if (!s->margin) return GULL_ENOMEM;
    s->good = gull_run_lower(s->run);
    s->bad = greatest_radius(s->problem, gull_run_upper(s->run));
    TRY(gull_bounded(s->run, 0));
    return s->good < s->bad ? search(s) : GULL_OK;
}

int gull__prove_radius(gull_run *run, const gull_radius_options *options, bool intervals) {
    const gull_graph *g = gull_ask_structure(run, GULL_CAN_GRAPH);
    radius_search s = {.run = run,
                       .problem = gull_run_problem(run),
                       .options = options,
                       .intervals = intervals};
    if (!g) return GULL_EACCESS;
    TRY(gull_bounds_new(&s.bounds, g, NULL));
    const int status = search_with(&s);
    gull_bounds_free(s.bounds);
    return status;
}
