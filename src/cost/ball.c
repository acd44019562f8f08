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
    const double gain = fabs(a) / w, room = way * w;
    *out = (gull_slot){.gain = gain < DBL_MIN ? DBL_MIN : gain,
                       .room = way > 0 && room < DBL_TRUE_MIN ? DBL_TRUE_MIN : room,
                       .weight = w,
                       .i = i,
                       .up = up};
    return isfinite(gain) && !isnan(way);
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

/* ---- Without sorting: quickselect (Hoare 1961, "Find") with a test of sums ---- */

static bool before(const gull_slot *a, const gull_slot *b, bool descending) {
    if (a->key != b->key) return descending ? a->key > b->key : a->key < b->key;
    return a->i < b->i;
}

/* Puts the slots that come before the middle one in front; returns its new place. */
static size_t split(gull_slot *slot, size_t n, bool descending) {
    size_t put = 0;
    const gull_slot pivot = slot[n / 2];
    slot[n / 2] = slot[n - 1];
    for (size_t k = 0; k + 1 < n; k++)
        if (before(slot + k, &pivot, descending)) {
            const gull_slot moved = slot[k];
            slot[k] = slot[put];
            slot[put++] = moved;
        }
    slot[n - 1] = slot[put];
    slot[put] = pivot;
    return put;
}

size_t gull__slots_full(gull_slot *slot, size_t n, double need) {
    double got = 0, tail = 0;
    size_t from = 0, to = n;
    while (from < to) {
        const size_t k = from + split(slot + from, to - from, false);
        double full = 0, rate = 0;
        for (size_t i = from; i < k; i++) full += slot[i].gain * slot[i].room;
        for (size_t i = k; i < to; i++) rate += slot[i].tail;
        if (got + full + slot[k].key * (tail + rate) >= need) {
            tail += rate;
            to = k;
        } else {
            got += full + slot[k].gain * slot[k].room;
            from = k + 1;
        }
    }
    return from;
}

size_t gull__slots_filled(gull_slot *slot, size_t n, double need) {
    double got = 0;
    size_t from = 0, to = n;
    while (from < to) {
        const size_t k = from + split(slot + from, to - from, true);
        double full = 0;
        for (size_t i = from; i < k; i++) full += slot[i].gain * slot[i].room;
        if (got + full >= need) {
            to = k;
        } else {
            got += full;
            from = k;
            if (got + slot[k].gain * slot[k].room >= need) break;
            got += slot[k].gain * slot[k].room;
            from = k + 1;
        }
    }
    return from;
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

double gull__lanes_total(const gull_lanes *s) {
    gull_sum sum = {0, 0};
    for (int k = 0; k < GULL_LANES; k++) gull__sum_add(&sum, s->high[k]);
    for (int k = 0; k < GULL_LANES && isfinite(sum.high); k++) gull__sum_add(&sum, s->low[k]);
    return gull__sum(&sum);
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
