/* grid.c - see grid.h.  The value of k is computed as pixels are mapped when they are read,
 * so that a witness written as a picture and read again is the same numbers. */
#include "core/grid.h"
#include "core/registry.h"

double gull__grid_index(const gull_grid *g, double x) {
    return nearbyint((x - g->origin) * g->over / g->times);
}

double gull__grid_value(const gull_grid *g, double k, bool f32) {
    const double v = g->origin == 0 ? k * g->times / g->over
                                    : g->origin + g->times * k / g->over;
    return f32 ? (double)(float)v : v;
}

static bool inside(const gull_space *s, size_t i, double v) {
    return v >= s->lo[i] && v <= s->hi[i];
}

/* x0 is on the grid and in the box, so steps back towards it end. */
double gull__grid_round(const gull_space *s, enum gull_rounding how, size_t i, double x) {
    const gull_grid *g = s->grid ? &s->grid[i] : NULL;
    const double x0 = s->x0[i];
    if (!g || !(g->over > 0) || x == x0 || isnan(x) || isnan(x0)) return x;
    const double k0 = gull__grid_index(g, x0), step = x > x0 ? 1 : -1;
    double k = gull__grid_index(g, x), v = gull__grid_value(g, k, s->f32);
    if (how == GULL_TOWARDS && step * (v - x) > 0) k -= step;
    if (how == GULL_AWAY && step * (v - x) < 0) k += step;
    for (int back = 0; back < 3 && step * (k - k0) > 0; back++, k -= step) {
        v = gull__grid_value(g, k, s->f32);
        if (inside(s, i, v)) return v;
    }
    return x0;
}

void gull__to_grid(const gull_space *s, enum gull_rounding how, const double *x, double *y) {
    for (size_t i = 0; i < s->dim; i++) y[i] = gull__grid_round(s, how, i, x[i]);
}

/* All its values up to `most` are whole numbers that float32 holds. */
static bool is_exact(const gull_grid *g, double most) {
    return g->origin == floor(g->origin) && g->times / g->over == floor(g->times / g->over) &&
           most < 0x1p24;
}

/* The cost of one step, the same for all features that may move, or 0; *slack: how far the
 * measure of whole steps may be off by rounding. */
static double one_step(const gull_space *s, double *slack) {
    double step = 0;
    *slack = 0;
    for (size_t i = 0; s->grid && i < s->dim; i++) {
        if (!(s->lo[i] < s->hi[i])) continue;
        const gull_grid *g = &s->grid[i];
        const double w = s->weight ? s->weight[i] : 1;
        const double own = g->over > 0 ? w * g->times / g->over : 0;
        if (!(own > 0) || (step > 0 && own != step)) return 0;
        step = own;
        const double most = fmax(fabs(s->lo[i]), fabs(s->hi[i]));
        if (!is_exact(g, most) || w != 1)
            *slack = fmax(*slack, w * most * (s->f32 ? 0x1p-22 : 0x1p-48));
    }
    return step;
}

double gull__grid_lower(const gull_problem *p, double lower) {
    double slack;
    if (p->cost != gull_costs[GULL_LINF] || isinf(lower)) return lower;
    const double step = one_step(&p->space, &slack);
    if (!(step > 0) || !(slack < step / 8)) return lower;
    return fmax(lower, ceil((lower - slack) / step) * step - slack);
}
