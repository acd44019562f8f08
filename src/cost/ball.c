/* ball.c - the slots of a linear function, compensated sums, and the two ends of every
 * projection (into the box first, exactly into the ball last).  See ball.h. */
#include "cost/ball.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

void gull__stay(const gull_space *s, double *x) {
    if (x) memcpy(x, s->x0, s->dim * sizeof *x);
}

static bool slot_of(const gull_space *s, double a, size_t i, gull_slot *out) {
    const bool up = a > 0;
    const double w = gull__weight(s, i), x0 = s->x0[i];
    const double way = up ? s->hi[i] - x0 : x0 - s->lo[i];
    /* Underflow is rounded up: reach grows, never shrinks. */
    *out = (gull_slot){.gain = fmax(fabs(a) / w, DBL_MIN),
                       .room = way > 0 ? fmax(way * w, DBL_TRUE_MIN) : way * w,
                       .weight = w,
                       .i = i,
                       .up = up};
    return isfinite(fabs(a) / w) && !isnan(way);
}

bool gull__slots(const gull_space *s, const double *a, gull_slot **out, size_t *n) {
    gull_slot *slots = malloc((s->dim ? s->dim : 1) * sizeof *slots);
    bool good = slots != NULL;
    *n = 0;
    for (size_t i = 0; good && i < s->dim; i++) {
        if (a[i] == 0 || (s->lo[i] == s->x0[i] && s->hi[i] == s->x0[i])) continue;
        good = slot_of(s, a[i], i, slots + *n);
        *n += slots[*n].room > 0;
    }
    if (!good) {
        free(slots);
        slots = NULL;
    }
    *out = slots;
    return good;
}

static int ascending(const void *left, const void *right) {
    const gull_slot *l = left, *r = right;
    if (l->key != r->key) return l->key < r->key ? -1 : 1;
    return l->i < r->i ? -1 : l->i > r->i;
}

static int descending(const void *left, const void *right) {
    const gull_slot *l = left, *r = right;
    return l->key != r->key ? -ascending(left, right) : ascending(left, right);
}

void gull__slots_ascending(gull_slot *slots, size_t n) {
    qsort(slots, n, sizeof *slots, ascending);
}

void gull__slots_descending(gull_slot *slots, size_t n) {
    qsort(slots, n, sizeof *slots, descending);
}

void gull__slot_move(const gull_space *s, const gull_slot *slot, double y, double *x) {
    const double x0 = s->x0[slot->i], edge = slot->up ? s->hi[slot->i] : s->lo[slot->i];
    const double d = y / slot->weight, to = slot->up ? x0 + d : x0 - d;
    const bool beyond = y >= slot->room || (slot->up ? to > edge : to < edge);
    x[slot->i] = beyond ? edge : to;
}

double gull__slots_total(const gull_slot *slots, size_t n) {
    gull_sum sum = {0, 0};
    for (size_t k = 0; k < n; k++) gull__sum_add(&sum, slots[k].gain * slots[k].room);
    return gull__sum(&sum);
}

bool gull__enough(double got, double need, size_t n) {
    return got >= need - need * ((double)n + 4) * 0x1p-51;
}

void gull__sum_add(gull_sum *sum, double term) {
    const double total = sum->high + term;
    sum->low += fabs(sum->high) >= fabs(term) ? (sum->high - total) + term
                                              : (term - total) + sum->high;
    sum->high = total;
}

double gull__sum(const gull_sum *sum) {
    return isfinite(sum->high) ? sum->high + sum->low : sum->high;
}

double gull__change(const gull_space *s, const double *x, size_t i) {
    if (x[i] == s->x0[i] || (isnan(x[i]) && isnan(s->x0[i]))) return 0;
    const double d = fabs(x[i] - s->x0[i]);
    return isnan(d) ? INFINITY : d;
}

void gull__into_box(const gull_space *s, double *x, double radius) {
    for (size_t i = 0; i < s->dim; i++) {
        if (isnan(x[i])) x[i] = s->x0[i];
        if (x[i] > s->hi[i]) x[i] = s->hi[i];
        if (x[i] < s->lo[i]) x[i] = s->lo[i];
        if (isinf(x[i]) && isfinite(radius))
            x[i] = s->x0[i] + copysign(radius / gull__weight(s, i), x[i]);
    }
}

double gull__float_towards(double x0, double x) {
    float f = (float)x;
    if (x > x0 ? f > x : f < x) f = nextafterf(f, (float)(x > x0 ? -INFINITY : INFINITY));
    return (x > x0 ? f >= x0 : f <= x0) ? f : x;
}

static void shrink(const gull_space *s, double *x, double factor) {
    for (size_t i = 0; i < s->dim; i++) {
        const double x0 = s->x0[i], d = (x[i] - x0) * factor;
        if (x[i] != x0) x[i] = x0 + d;
        if (s->f32) x[i] = gull__float_towards(x0, x[i]);
    }
}

void gull__settle(const gull_space *s, double *x, double radius,
                  double (*measure)(const gull_space *, const double *)) {
    if (s->f32)
        for (size_t i = 0; i < s->dim; i++)
            if (isfinite(x[i])) x[i] = gull__float_towards(s->x0[i], x[i]);
    for (double less = 0x1p-53; !(measure(s, x) <= radius); less *= 4) {
        if (less >= 0.5) {
            gull__stay(s, x);
            return;
        }
        shrink(s, x, 1 - less);
    }
}

double gull__solve_decreasing(gull_decreasing_fn f, const void *arg, double target,
                              double hi) {
    double lo = 0, t = 0;
    for (int step = 0; step < 200; step++) {
        double slope;
        const double value = f(arg, t, &slope);
        if (fabs(value - target) <= target * 0x1p-48) return t;
        if (value <= target)
            hi = t;
        else
            lo = t;
        const double newton = t + (target - value) / slope;
        const double middle = lo + (hi - lo) / 2;
        if (middle <= lo || middle >= hi) break;
        /* Newton while it lands inside, and every fourth time a halving. */
        t = newton > lo && newton < hi && step % 4 != 3 ? newton : middle;
    }
    return hi;
}
