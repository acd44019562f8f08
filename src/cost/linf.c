/* linf.c - the greatest weighted change of any feature.  Ball and box make a box, so the
 * projection and the maximum are coordinate by coordinate; the least radius that reaches
 * a half-space comes from one pass over the sorted radii at which features meet the box.
 */
#include "cost/ball.h"
#include <stdlib.h>

static double measure(const gull_space *s, const double *x) {
    double most = 0;
    for (size_t i = 0; i < s->dim; i++) {
        const double d = gull__weight(s, i) * gull__change(s, x, i);
        if (d > most) most = d;
    }
    return most;
}

/* Feature by feature; rounding may not carry any of them out of the ball. */
static void project(const gull_space *s, double *x, double radius) {
    gull__into_box(s, x, radius);
    for (size_t i = 0; i < s->dim; i++) {
        const double w = gull__weight(s, i), x0 = s->x0[i];
        if (!(w * gull__change(s, x, i) <= radius))
            x[i] = x[i] > x0 ? x0 + radius / w : x0 - radius / w;
        if (s->f32) x[i] = gull__float_towards(x0, x[i]);
        for (double less = 0x1p-53; less <= 1 && !(w * gull__change(s, x, i) <= radius);
             less *= 2) {
            x[i] = less < 1 ? x0 + (x[i] - x0) * (1 - less) : x0;
            if (s->f32) x[i] = gull__float_towards(x0, x[i]);
        }
    }
}

static void steepest(const gull_space *s, const double *g, double *step) {
    for (size_t i = 0; i < s->dim; i++)
        step[i] = g[i] > 0   ? 1 / gull__weight(s, i)
                  : g[i] < 0 ? -1 / gull__weight(s, i)
                             : 0;
}

static double reach(const gull_space *s, const double *a, double radius, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (radius < 0) return -INFINITY;
    if (isnan(radius) || !gull__slots(s, a, &slot, &n)) return INFINITY;
    gull_sum sum = {0, 0};
    for (size_t k = 0; k < n; k++) {
        const double y = fmin(radius, slot[k].room);
        gull__sum_add(&sum, slot[k].gain * y);
        if (x && isfinite(y)) gull__slot_move(s, slot + k, y, x);
    }
    free(slot);
    return gull__sum(&sum);
}

/* Slots sorted by room: the radius in the piece where the first k are at the edge. */
static double radius_of(gull_slot *slot, size_t n, double need) {
    gull_sum tail = {0, 0}, got = {0, 0};
    for (size_t k = n; k-- > 0;) {
        gull__sum_add(&tail, slot[k].gain);
        slot[k].tail = gull__sum(&tail);
    }
    for (size_t k = 0; k < n; k++) {
        const double radius = fmax(need - gull__sum(&got), 0) / slot[k].tail;
        if (radius <= slot[k].room) return radius;
        gull__sum_add(&got, slot[k].gain * slot[k].room);
    }
    return gull__enough(gull__sum(&got), need, n) && n ? slot[n - 1].room : INFINITY;
}

static double halfspace(const gull_space *s, const double *a, double need, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (!(need > 0) || !gull__slots(s, a, &slot, &n)) return 0;
    for (size_t k = 0; k < n; k++) slot[k].key = slot[k].room;
    gull__slots_ascending(slot, n);
    const double radius = radius_of(slot, n, need);
    for (size_t k = 0; x && isfinite(radius) && k < n; k++)
        gull__slot_move(s, slot + k, fmin(radius, slot[k].room), x);
    free(slot);
    return radius;
}

const gull_cost gull_cost_linf = {.name = "linf",
                                  .summary = "greatest change of any feature",
                                  .measure = measure,
                                  .project = project,
                                  .steepest = steepest,
                                  .reach = reach,
                                  .halfspace = halfspace};
