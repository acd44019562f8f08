/* l1.c - the sum of the weighted changes.  Maximum and least cost over ball and box are
 * fractional knapsacks, solved greedily by gain (Dantzig 1957); the projection is soft
 * thresholding with the threshold of Duchi et al. (ICML 2008) by a bracketed Newton. */
#include "cost/ball.h"
#include <stdlib.h>
#include <string.h>

static double measure(const gull_space *s, const double *x) {
    gull_lanes sum = {{0}, {0}};
    for (size_t i = 0; i < s->dim; i += GULL_LANES) {
        double term[GULL_LANES] = {0};
        for (size_t k = 0; k < GULL_LANES && i + k < s->dim; k++)
            term[k] = gull__weight(s, i + k) * gull__change(s, x, i + k);
        gull__lanes_add(&sum, term);
    }
    return gull__lanes_total(&sum);
}

typedef struct {
    const gull_space *s;
    const double *x; /* the point to project */
} l1_point;

/* The projection's feature i at threshold t: shrunk by t * weight, then into the box. */
static double shrunk(const l1_point *p, size_t i, double t, bool *moves) {
    const double x0 = p->s->x0[i], d = p->x[i] - x0;
    const double size = fabs(d) - t * gull__weight(p->s, i);
    const double to = d > 0 ? x0 + size : x0 - size;
    *moves = false;
    if (!(size > 0)) return x0;
    if (to > p->s->hi[i]) return p->s->hi[i];
    if (to < p->s->lo[i]) return p->s->lo[i];
    *moves = true;
    return to;
}

static double cost_at(const void *arg, double t, double *slope) {
    const l1_point *p = arg;
    gull_sum sum = {0, 0};
    *slope = 0;
    for (size_t i = 0; i < p->s->dim; i++) {
        bool moves;
        const double w = gull__weight(p->s, i);
        const double d = fabs(shrunk(p, i, t, &moves) - p->s->x0[i]);
        if (d > 0) gull__sum_add(&sum, w * d);
        if (moves) *slope -= w * w;
    }
    return gull__sum(&sum);
}

/* Threshold that leaves nothing: the greatest |change| / weight. */
static double greatest_threshold(const l1_point *p) {
    double most = 0;
    for (size_t i = 0; i < p->s->dim; i++) {
        const double t = fabs(p->x[i] - p->s->x0[i]) / gull__weight(p->s, i);
        if (t > most) most = t;
    }
    return most;
}

static void project(const gull_space *s, double *x, double radius) {
    double *copy = malloc((s->dim ? s->dim : 1) * sizeof *copy);
    if (copy) memcpy(copy, x, s->dim * sizeof *x);
    gull__into_box(s, x, radius);
    if (copy && !(measure(s, x) <= radius)) {
        /* The point as given, not the clipped one, decides what is nearest. */
        for (size_t i = 0; i < s->dim; i++)
            if (!isfinite(copy[i])) copy[i] = x[i];
        const l1_point p = {s, copy};
        const double t =
            gull__solve_decreasing(cost_at, &p, radius, greatest_threshold(&p));
        bool moves;
        for (size_t i = 0; i < s->dim; i++) x[i] = shrunk(&p, i, t, &moves);
    }
    free(copy);
    gull__settle(s, x, radius, measure);
}

static void steepest(const gull_space *s, const double *g, double *step) {
    size_t best = 0;
    double most = 0;
    for (size_t i = 0; i < s->dim; i++) {
        const double gain = fabs(g[i]) / gull__weight(s, i);
        step[i] = 0;
        if (gain > most) {
            most = gain;
            best = i;
        }
    }
    if (most > 0) step[best] = copysign(1 / gull__weight(s, best), g[best]);
}

static bool sorted_slots(const gull_space *s, const double *a, gull_slot **slot,
                         size_t *n) {
    if (!gull__slots(s, a, slot, n)) return false;
    for (size_t k = 0; k < *n; k++) (*slot)[k].key = (*slot)[k].gain;
    gull__slots_descending(*slot, *n);
    return true;
}

static double reach(const gull_space *s, const double *a, double radius, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (radius < 0) return -INFINITY;
    if (isnan(radius) || !sorted_slots(s, a, &slot, &n)) return INFINITY;
    gull_sum sum = {0, 0}, left = {radius, 0};
    for (size_t k = 0; k < n && gull__sum(&left) > 0; k++) {
        const double y = fmin(gull__sum(&left), slot[k].room);
        gull__sum_add(&sum, slot[k].gain * y);
        gull__sum_add(&left, -y);
        if (x && isfinite(y)) gull__slot_move(s, slot + k, y, x);
        if (isinf(y)) break;
    }
    free(slot);
    return gull__sum(&sum);
}

static double halfspace(const gull_space *s, const double *a, double need, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (!(need > 0) || !gull__slots(s, a, &slot, &n)) return 0;
    for (size_t k = 0; k < n; k++) slot[k].key = slot[k].gain;
    const size_t full = gull__slots_filled(slot, n, need);
    gull_sum cost = {0, 0}, got = {0, 0};
    for (size_t k = 0; k < full; k++) {
        gull__sum_add(&cost, slot[k].room);
        gull__sum_add(&got, slot[k].gain * slot[k].room);
        if (x) gull__slot_move(s, slot + k, slot[k].room, x);
    }
    const bool enough = full < n || gull__enough(gull__sum(&got), need, n);
    if (full < n) {
        const double y = fmax(need - gull__sum(&got), 0) / slot[full].gain;
        gull__sum_add(&cost, fmin(y, slot[full].room));
        if (x) gull__slot_move(s, slot + full, y, x);
    }
    free(slot);
    if (enough) return gull__sum(&cost);
    gull__stay(s, x);
    return INFINITY;
}

const gull_cost gull_cost_l1 = {.name = "l1",
                                .summary = "sum of the changes",
                                .measure = measure,
                                .project = project,
                                .steepest = steepest,
                                .reach = reach,
                                .halfspace = halfspace};
