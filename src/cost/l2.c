/* l2.c - the Euclidean length of the weighted change.  Over ball and box a linear
 * function's maximiser is the ray clipped to the box, so both its maximum and the least
 * cost of a half-space come from one pass over the sorted ray lengths at which features
 * meet the box (exact); the projection solves for its one multiplier. */
#include "cost/ball.h"
#include <stdlib.h>
#include <string.h>

static double length(const gull_space *s, const double *x, double unit) {
    gull_lanes sum = {{0}, {0}};
    for (size_t i = 0; i < s->dim; i += GULL_LANES) {
        double term[GULL_LANES] = {0};
        for (size_t k = 0; k < GULL_LANES && i + k < s->dim; k++) {
            const double d = gull__weight(s, i + k) * gull__change(s, x, i + k) / unit;
            term[k] = d * d;
        }
        gull__lanes_add(&sum, term);
    }
    return sqrt(gull__lanes_total(&sum)) * unit;
}

static double measure(const gull_space *s, const double *x) {
    const double plain = length(s, x, 1);
    if (plain > 0x1p-500 && plain < 0x1p500) return plain;
    double most = 0;
    for (size_t i = 0; i < s->dim; i++)
        most = fmax(most, gull__weight(s, i) * gull__change(s, x, i));
    return most > 0 && isfinite(most) ? length(s, x, most) : most;
}

typedef struct {
    const gull_space *s;
    const double *x; /* the point to project */
} l2_point;

/* The projection's feature i at multiplier t, in the box. */
static double shrunk(const l2_point *p, size_t i, double t, bool *moves) {
    const double w = gull__weight(p->s, i), x0 = p->s->x0[i];
    const double to = x0 + (p->x[i] - x0) / (1 + t * w * w);
    *moves = false;
    if (p->x[i] == x0) return x0;
    if (to > p->s->hi[i]) return p->s->hi[i];
    if (to < p->s->lo[i]) return p->s->lo[i];
    *moves = true;
    return to;
}

static double cost_at(const void *arg, double t, double *slope) {
    const l2_point *p = arg;
    double sum = 0, rate = 0;
    for (size_t i = 0; i < p->s->dim; i++) {
        bool moves;
        const double w = gull__weight(p->s, i);
        const double d = w * (shrunk(p, i, t, &moves) - p->s->x0[i]);
        sum += d * d;
        if (moves) rate += d * d * w * w / (1 + t * w * w);
    }
    *slope = sum > 0 ? -rate / sqrt(sum) : 0;
    return sqrt(sum);
}

/* At this multiplier the cost is at most the radius: it is below |d / w| / t. */
static double greatest_multiplier(const l2_point *p, double radius) {
    double sum = 0;
    for (size_t i = 0; i < p->s->dim; i++) {
        const double d = p->x[i] - p->s->x0[i];
        if (d != 0) sum += d * d / (gull__weight(p->s, i) * gull__weight(p->s, i));
    }
    return sqrt(sum) / radius;
}

/* Squares of the changes at this factor: of the features that meet the box, and of the
 * others at factor 1. */
static void squares_at(const l2_point *p, double factor, double *held, double *rest) {
    const gull_space *s = p->s;
    double full = 0, others = 0;
    for (size_t i = 0; i < s->dim; i++) {
        const double d = p->x[i] - s->x0[i], up = s->hi[i] - s->x0[i];
        const double room = d > 0 ? up : s->lo[i] - s->x0[i];
        const double d2 = d * d, room2 = room * room;
        const bool meets = d2 * factor * factor > room2;
        full += meets ? room2 : 0;
        others += meets ? 0 : d2;
    }
    *held = full;
    *rest = others;
}

/* Without weights all changes shrink by one factor: it grows, from what it would be
 * without a box, as the features that meet the box are found.  0: rounding or an x0 outside
 * the box is in the way. */
static double one_factor(const l2_point *p, double radius) {
    const gull_space *s = p->s;
    double factor = 0, held, rest;
    for (size_t i = 0; i < s->dim; i++)
        if (s->x0[i] > s->hi[i] || s->x0[i] < s->lo[i]) return 0;
    for (int round = 0; round < 50; round++) {
        squares_at(p, factor, &held, &rest);
        const double next = sqrt(fmax(radius * radius - held, 0) / rest);
        if (!(rest > 0) || !isfinite(next) || next > 1) return 0;
        if (next <= factor * (1 + 0x1p-50)) return factor;
        factor = next;
    }
    return 0;
}

static void shrink_by(const l2_point *p, double factor, double *x) {
    const gull_space *s = p->s;
    for (size_t i = 0; i < s->dim; i++) {
        const double to = s->x0[i] + factor * (p->x[i] - s->x0[i]);
        x[i] = p->x[i] == s->x0[i] ? s->x0[i]
               : to > s->hi[i]     ? s->hi[i]
               : to < s->lo[i]     ? s->lo[i]
                                   : to;
    }
}

/* The bracketed search for the multiplier, any weights. */
static void shrink_by_search(const l2_point *p, double radius, double *x) {
    const double hi = greatest_multiplier(p, radius);
    const double t = gull__solve_decreasing(cost_at, p, radius, hi);
    bool moves;
    for (size_t i = 0; i < p->s->dim; i++) x[i] = shrunk(p, i, t, &moves);
}

static void project(const gull_space *s, double *x, double radius) {
    double *copy = malloc((s->dim ? s->dim : 1) * sizeof *copy);
    if (copy) memcpy(copy, x, s->dim * sizeof *x);
    gull__into_box(s, x, radius);
    if (copy && radius > 0 && !(measure(s, x) <= radius)) {
        for (size_t i = 0; i < s->dim; i++)
            if (!isfinite(copy[i])) copy[i] = x[i];
        const l2_point p = {s, copy};
        const double factor = s->weight ? 0 : one_factor(&p, radius);
        if (factor > 0) shrink_by(&p, factor, x);
        else shrink_by_search(&p, radius, x);
    }
    free(copy);
    gull__settle(s, x, radius, measure);
}

static void steepest(const gull_space *s, const double *g, double *step) {
    double most = 0, sum = 0;
    for (size_t i = 0; i < s->dim; i++)
        most = fmax(most, fabs(g[i]) / gull__weight(s, i));
    const bool flat = !(most > 0 && isfinite(most));
    for (size_t i = 0; !flat && i < s->dim; i++) {
        const double c = g[i] / gull__weight(s, i) / most;
        if (!isnan(c)) sum += c * c;
    }
    for (size_t i = 0; i < s->dim; i++) {
        const double w = gull__weight(s, i), c = flat ? 0 : g[i] / w / most;
        step[i] = isnan(c) || flat ? 0 : c / w / sqrt(sum);
    }
}

/* Scales gains by 1 / *top and rooms by 1 / unit, so that nothing overflows; key: the
 * ray's length at which the slot meets the box; tail: the square of the gain. */
static void scale_slots(gull_slot *slot, size_t n, double unit, double top) {
    for (size_t k = 0; k < n; k++) {
        const double gain = slot[k].gain / top, room = slot[k].room / unit;
        slot[k].gain = gain > 0x1p-500 ? gain : 0x1p-500;
        slot[k].room = room > 0x1p-1000 ? room : 0x1p-1000;
        slot[k].key = slot[k].room / slot[k].gain;
        slot[k].tail = slot[k].gain * slot[k].gain;
    }
}

/* By key; tail: squares of the gains from there on. */
static void sort_by_ray(gull_slot *slot, size_t n) {
    gull__slots_ascending(slot, n);
    gull_sum tail = {0, 0};
    for (size_t k = n; k-- > 0;) {
        gull__sum_add(&tail, slot[k].gain * slot[k].gain);
        slot[k].tail = gull__sum(&tail);
    }
}

static double greatest_gain(const gull_slot *slot, size_t n) {
    double top = 0;
    for (size_t k = 0; k < n; k++) top = fmax(top, slot[k].gain);
    return top;
}

static void move_along_ray(const gull_space *s, gull_slot *slot, size_t n, double ray,
                           double unit, double *x) {
    for (size_t k = 0; k < n; k++) {
        const bool edge = ray >= slot[k].key;
        slot[k].room = INFINITY; /* no longer in the cost's units */
        gull__slot_move(s, slot + k, edge ? INFINITY : ray * slot[k].gain * unit, x);
    }
}

/* The ray's length at which its clipped end has length 1; INFINITY: the whole box has
 * less.  *value: the linear function there. */
static double ray_of_length_one(const gull_slot *slot, size_t n, double *value) {
    gull_sum got = {0, 0}, squares = {0, 0};
    for (size_t k = 0; k < n; k++) {
        const double ray = sqrt(fmax(1 - gull__sum(&squares), 0) / slot[k].tail);
        *value = gull__sum(&got) + ray * slot[k].tail;
        if (ray <= slot[k].key) return ray;
        gull__sum_add(&got, slot[k].gain * slot[k].room);
        gull__sum_add(&squares, slot[k].room * slot[k].room);
    }
    *value = gull__sum(&got);
    return INFINITY;
}

static double reach(const gull_space *s, const double *a, double radius, double *x) {
    gull_slot *slot;
    size_t n;
    double value;
    gull__stay(s, x);
    if (radius < 0) return -INFINITY;
    if (isnan(radius) || !gull__slots(s, a, &slot, &n)) return INFINITY;
    if (!n || radius == 0 || isinf(radius)) {
        value = radius > 0 ? gull__slots_total(slot, n) : 0;
        for (size_t k = 0; x && isfinite(value) && radius > 0 && k < n; k++)
            gull__slot_move(s, slot + k, INFINITY, x);
    } else {
        const double top = greatest_gain(slot, n);
        scale_slots(slot, n, radius, top);
        sort_by_ray(slot, n);
        const double ray = ray_of_length_one(slot, n, &value);
        if (x) move_along_ray(s, slot, n, ray, radius, x);
        value = value * top * radius;
    }
    free(slot);
    return value;
}

/* The ray's length at which the function is 1 (the corner when it is just short of it
 * within rounding, INFINITY when never).  *size: the length of its clipped end. */
static double ray_of_value_one(gull_slot *slot, size_t n, double *size) {
    const size_t full = gull__slots_full(slot, n, 1);
    gull_sum got = {0, 0}, squares = {0, 0}, tail = {0, 0};
    double longest = 0;
    for (size_t k = 0; k < full; k++) {
        gull__sum_add(&got, slot[k].gain * slot[k].room);
        gull__sum_add(&squares, slot[k].room * slot[k].room);
        longest = fmax(longest, slot[k].key);
    }
    for (size_t k = full; k < n; k++) gull__sum_add(&tail, slot[k].tail);
    const double rest = sqrt(gull__sum(&tail)), held = sqrt(gull__sum(&squares));
    if (full < n) {
        const double ray = fmax(1 - gull__sum(&got), 0) / gull__sum(&tail);
        *size = hypot(held, ray * rest);
        return ray;
    }
    const bool enough = n && gull__enough(gull__sum(&got), 1, n);
    *size = enough ? held : INFINITY;
    return enough ? longest : INFINITY;
}

static double halfspace(const gull_space *s, const double *a, double need, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (!(need > 0) || !gull__slots(s, a, &slot, &n)) return 0;
    double size = INFINITY;
    const double top = greatest_gain(slot, n), unit = n ? need / top : 0;
    if (n && unit > 0 && isfinite(unit)) {
        scale_slots(slot, n, unit, top);
        const double ray = ray_of_value_one(slot, n, &size);
        if (x && ray < INFINITY) move_along_ray(s, slot, n, ray, unit, x);
        size *= unit;
    } else if (n)
        size = unit > 0 ? 0x1p1000 : 0; /* need / top over- or underflowed */
    free(slot);
    return size;
}

const gull_cost gull_cost_l2 = {.name = "l2",
                                .summary = "Euclidean length of the change",
                                .measure = measure,
                                .project = project,
                                .steepest = steepest,
                                .reach = reach,
                                .halfspace = halfspace};
