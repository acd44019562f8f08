/* grid.c - where every feature that may change takes whole numbers or pixel levels only,
 * nothing but the row itself is nearer than one step of one feature.  A bound by counting,
 * for any model; it often meets what an attack finds with 8-bit pixels.  The least step
 * is measured between the very numbers that a witness may hold. */
#include "core/grid.h"
#include "core/registry.h"

/* The least change of feature i, INFINITY: it cannot move, 0: any number is allowed. */
static double least_change(const gull_space *s, size_t i) {
    const gull_grid *g = &s->grid[i];
    double least = INFINITY;
    if (!(s->lo[i] < s->hi[i]) || isnan(s->x0[i])) return INFINITY;
    if (!(g->over > 0)) return 0;
    for (int step = -1; step <= 1; step += 2) {
        const double v = gull__grid_value(g, gull__grid_index(g, s->x0[i]) + step, s->f32);
        if (v >= s->lo[i] && v <= s->hi[i]) least = fmin(least, fabs(v - s->x0[i]));
    }
    return least;
}

static int run(gull_run *run, const void *options) {
    const gull_problem *p = gull_run_problem(run);
    const gull_space *s = &p->space;
    const bool counts = p->cost == gull_costs[GULL_L0];
    double least = s->grid ? INFINITY : 0;
    (void)options;
    for (size_t i = 0; s->grid && i < s->dim; i++) {
        const double w = s->weight ? s->weight[i] : 1, d = least_change(s, i);
        if (isfinite(d)) least = fmin(least, w * (counts ? 1 : d));
    }
    return least > 0 ? gull_bounded(run, least) : GULL_OK;
}

extern const gull_method gull_proof_grid;
const gull_method gull_proof_grid = {
    .name = "grid",
    .summary = "whole numbers and pixel levels: nothing is nearer than one step",
    .cite = "by counting",
    .needs = GULL_CAN_LABELS,
    .needs_grid = true,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 5,
    .run = run};
