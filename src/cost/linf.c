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

/* The rare case that rounding carried a feature out of the ball. */
static double back_inside(const gull_space *s, double *x, size_t i, double radius) {
    const double w = gull__weight(s, i), x0 = s->x0[i];
    for (double less = 0x1p-53; less <= 1 && !(w * gull__change(s, x, i) <= radius);
         less *= 2) {
        x[i] = less < 1 ? x0 + (x[i] - x0) * (1 - less) : x0;
        if (s->f32) x[i] = gull__float_towards(x0, x[i]);
    }
    return x[i];
}

/* Feature by feature; rounding may not carry any of them out of the ball. */
static void project(const gull_space *s, double *x, double radius) {
    if (isinf(radius)) gull__into_box(s, x, radius);
    for (size_t i = 0; i < s->dim; i++) {
        const double w = gull__weight(s, i), x0 = s->x0[i], ball = radius / w;
        const double low = x0 - ball > s->lo[i] ? x0 - ball : s->lo[i];
        const double high = x0 + ball < s->hi[i] ? x0 + ball : s->hi[i];
        double v = x[i] < low ? low : x[i];
        v = v > high ? high : isnan(v) ? x0 : v;
        x[i] = s->f32 ? gull__float_towards(x0, v) : v;
        if (!(w * gull__change(s, x, i) <= radius)) x[i] = back_inside(s, x, i, radius);
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

/* The radius that meets the need: the slots whose room is less are full. */
static double radius_of(gull_slot *slot, size_t n, double need) {
    for (size_t k = 0; k < n; k++) {
        slot[k].key = slot[k].room;
        slot[k].tail = slot[k].gain;
    }
    const size_t full = gull__slots_full(slot, n, need);
    gull_sum got = {0, 0}, tail = {0, 0};
    double most = 0;
    for (size_t k = 0; k < full; k++) {
        gull__sum_add(&got, slot[k].gain * slot[k].room);
        most = fmax(most, slot[k].room);
    }
    for (size_t k = full; k < n; k++) gull__sum_add(&tail, slot[k].gain);
    if (full < n) return fmax(need - gull__sum(&got), 0) / gull__sum(&tail);
    return gull__enough(gull__sum(&got), need, n) && n ? most : INFINITY;
}

static double halfspace(const gull_space *s, const double *a, double need, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (!(need > 0) || !gull__slots(s, a, &slot, &n)) return 0;
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
