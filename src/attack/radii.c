/* radii.c - turns an attack of a fixed radius into one of minimal distance, by a bracket
 * [radius that failed, distance found] and bisection. */
#include "attack/radii.h"
#include "core/registry.h"
#include <stdlib.h>

typedef struct search {
    gull_run *run;
    const gull_problem *problem;
    const gull_radii *how;
    gull_attempt attempt;
    void *state;
    double failed, found; /* the bracket */
    double grain;         /* l0: the lightest feature's weight; linf on a grid: the least
                             step; else 0 */
} search;

/* What is worth beating. */
static double upper(const search *s) {
    return s->how->alone ? s->found : fmin(s->found, gull_run_upper(s->run));
}

static int attempt(search *s, double radius) {
    double distance = INFINITY;
    TRY(gull_run_stop(s->run));
    TRY(s->attempt(s->run, s->state, radius, &distance));
    if (isinf(distance))
        s->failed = fmax(s->failed, radius);
    else
        s->found = fmin(s->found, distance);
    return GULL_OK;
}

/* ---- Where a search without asked distances starts ---- */

static double lightest(const gull_space *s) {
    double w = INFINITY;
    for (size_t i = 0; i < s->dim; i++) w = fmin(w, s->weight ? s->weight[i] : 1);
    return w;
}

/* Where every feature is on a grid, what the smallest step of any of them costs. */
static double least_step(const gull_space *s) {
    double least = INFINITY;
    for (size_t i = 0; s->grid && i < s->dim; i++) {
        const gull_grid *g = &s->grid[i];
        if (!(g->over > 0)) return 0;
        if (s->lo[i] < s->hi[i]) least = fmin(least, (s->weight ? s->weight[i] : 1) * g->times / g->over);
    }
    return isfinite(least) ? least : 0;
}

/* The cost of the box's farthest corner, and that of the change from x0 to 0. */
static int sizes(const search *s, double *corner, double *origin) {
    const gull_space *p = &s->problem->space;
    double *x = malloc((p->dim + 1) * sizeof *x);
    if (!x) return GULL_ENOMEM;
    for (size_t i = 0; i < p->dim; i++)
        x[i] = p->hi[i] - p->x0[i] > p->x0[i] - p->lo[i] ? p->hi[i] : p->lo[i];
    *corner = s->problem->cost->measure(p, x);
    for (size_t i = 0; i < p->dim; i++) x[i] = isnan(p->x0[i]) ? NAN : 0;
    *origin = s->problem->cost->measure(p, x);
    if (s->grain > 0 && s->problem->cost == gull_costs[GULL_L0]) *origin = (double)p->dim * s->grain;
    free(x);
    return GULL_OK;
}

/* Doubles the radius until something is found, at most to the box's far corner. */
static int climb(search *s) {
    double corner, origin, radius;
    TRY(sizes(s, &corner, &origin));
    const bool open = !isfinite(corner);
    const double factor = open ? 4 : 2, end = open ? fmax(origin, 1) * 0x1p20 : corner;
    radius = open ? fmax(origin, 0x1p-10) * 0x1p-10 : corner * 0x1p-9;
    radius = fmax(fmax(radius, s->grain), 1.01 * s->failed);
    for (; isinf(s->found); radius *= factor) {
        TRY(attempt(s, fmin(radius, end)));
        if (radius >= end) break;
    }
    return GULL_OK;
}

/* From the box's far corner down to the first that fails; in an open space by growing
 * radii first. */
static int fall(search *s) {
    double corner, origin;
    TRY(sizes(s, &corner, &origin));
    double radius = isfinite(corner) ? corner : fmax(origin, 1);
    for (int i = 0; isinf(s->found) && i < (isfinite(corner) ? 1 : 10); i++, radius *= 4)
        TRY(attempt(s, radius));
    while (isfinite(s->found) && s->found / 2 > s->failed && s->found / 2 >= s->grain)
        TRY(attempt(s, s->found / 2));
    return GULL_OK;
}

/* ---- Making it smaller ---- */

static double middle(const search *s, double high) {
    const double r = s->failed > 0 ? sqrt(s->failed * high) : high / 2;
    if (!(s->grain > 0)) return r;
    return fmax(floor(r / s->grain) * s->grain, s->failed + s->grain);
}

static int bisect(search *s) {
    for (int i = 0; i < s->how->refine; i++) {
        const double high = s->found, r = middle(s, high);
        if (!(r > s->failed && r < high) || high - s->failed <= 0.002 * high) break;
        TRY(attempt(s, r));
    }
    return GULL_OK;
}

/* Just below what others found, then with growing strides while that goes well. */
static int press(search *s) {
    double stride = 0.03;
    for (int i = 0; i < s->how->refine; i++, stride *= 2) {
        const double high = upper(s);
        double r = fmax(high * (1 - stride), (high + s->failed) / 2);
        if (s->grain > 0) r = fmax(floor(r / s->grain) * s->grain, s->failed + s->grain);
        if (!(r > s->failed) || r >= high || r < s->grain) break;
        TRY(attempt(s, r));
        if (s->failed >= r) break;
    }
    return GULL_OK;
}

static int asked(search *s) {
    const gull_problem *p = s->problem;
    for (size_t k = 0; k < p->eps_count && isinf(s->found); k++)
        if (p->eps[k] > s->failed && p->eps[k] < upper(s)) TRY(attempt(s, p->eps[k]));
    return GULL_OK;
}

int gull__search_radii(gull_run *run, const gull_radii *how, gull_attempt fn,
                       void *state) {
    search s = {run, gull_run_problem(run), how, fn, state, 0, INFINITY, 0};
    if (s.problem->cost == gull_costs[GULL_L0]) s.grain = lightest(&s.problem->space);
    if (s.problem->cost == gull_costs[GULL_LINF]) s.grain = least_step(&s.problem->space);
    /* A little below a proved bound, too: attacks are what catches a wrong proof. */
    if (!how->alone) s.failed = 0.9 * gull_run_lower(run);
    if (isinf(s.failed)) return GULL_OK;
    TRY(asked(&s));
    if (isinf(upper(&s)) && (how->beyond || !s.problem->eps_count))
        TRY(how->down ? fall(&s) : climb(&s));
    if (isfinite(s.found)) return bisect(&s);
    return isfinite(upper(&s)) ? press(&s) : GULL_OK;
}
