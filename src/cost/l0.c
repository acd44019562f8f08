/* l0.c - the number of changed features or, with weights, the sum of the changed
 * features' weights.  With equal weights everything is exact: take the features that
 * gain most.  With unequal ones least cost and maximum are 0/1 knapsacks: the returned
 * value is Dantzig's relaxation (1957), never above the least cost and never below the
 * maximum, and x is the greedy choice. */
#include "cost/ball.h"
#include <stdlib.h>

static double measure(const gull_space *s, const double *x) {
    gull_sum sum = {0, 0};
    for (size_t i = 0; i < s->dim; i++)
        if (gull__change(s, x, i) > 0) gull__sum_add(&sum, gull__weight(s, i));
    return gull__sum(&sum);
}

/* Slots of the features that x changes, by the squared distance saved in keeping them. */
static size_t changed(const gull_space *s, const double *given, const double *x,
                      gull_slot *slot) {
    size_t n = 0;
    for (size_t i = 0; i < s->dim; i++) {
        const double d = given[i] - s->x0[i], off = given[i] - x[i];
        const double save = isfinite(d) ? (d - off) * (d + off) : INFINITY;
        if (gull__change(s, x, i) > 0)
            slot[n++] = (gull_slot){
                .key = save / gull__weight(s, i), .weight = gull__weight(s, i), .i = i};
    }
    gull__slots_descending(slot, n);
    return n;
}

static void project(const gull_space *s, double *x, double radius) {
    gull_slot *slot = malloc((s->dim ? s->dim : 1) * sizeof *slot);
    double *given = malloc((s->dim ? s->dim : 1) * sizeof *given);
    for (size_t i = 0; given && i < s->dim; i++) given[i] = x[i];
    gull__into_box(s, x, INFINITY);
    if (slot && given && !(measure(s, x) <= radius)) {
        const size_t n = changed(s, given, x, slot);
        gull_sum paid = {0, 0};
        for (size_t k = 0; k < n; k++) {
            gull_sum next = paid;
            gull__sum_add(&next, slot[k].weight);
            if (gull__sum(&next) <= radius)
                paid = next;
            else
                x[slot[k].i] = s->x0[slot[k].i];
        }
    }
    free(slot);
    free(given);
    gull__settle(s, x, radius, measure);
}

/* A change of one unit of the feature that gains most per weight. */
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
    if (most > 0) step[best] = copysign(1, g[best]);
}

/* Slots by their whole gain per weight, descending; tail: the whole gain. */
static bool sorted_slots(const gull_space *s, const double *a, gull_slot **out,
                         size_t *n) {
    if (!gull__slots(s, a, out, n)) return false;
    gull_slot *slot = *out;
    for (size_t k = 0; k < *n; k++) {
        slot[k].tail = slot[k].gain * slot[k].room;
        slot[k].key = slot[k].tail / slot[k].weight;
    }
    gull__slots_descending(slot, *n);
    return true;
}

static bool equal_weights(const gull_slot *slot, size_t n) {
    for (size_t k = 1; k < n; k++)
        if (slot[k].weight != slot[0].weight) return false;
    return true;
}

/* Greedy, in order of gain per weight; the first slot that does not fit counts in part
 * for the bound (unless weights are equal, when no part of it can ever be used). */
static double knapsack(const gull_space *s, const gull_slot *slot, size_t n,
                       double radius, double *x) {
    const bool equal = equal_weights(slot, n);
    gull_sum sum = {0, 0}, paid = {0, 0};
    double part = -1;
    for (size_t k = 0; k < n; k++) {
        const double left = radius - gull__sum(&paid), slack = radius * 0x1p-50;
        if (slot[k].weight > radius + slack) continue;
        if (slot[k].weight <= left + slack) {
            gull__sum_add(&paid, slot[k].weight);
            if (part < 0) gull__sum_add(&sum, slot[k].tail);
            if (x && isfinite(slot[k].room)) gull__slot_move(s, slot + k, INFINITY, x);
        } else if (part < 0) {
            part = equal ? 0 : slot[k].tail * fmax(left, 0) / slot[k].weight;
            if (equal || !x) break;
        }
    }
    return gull__sum(&sum) + fmax(part, 0);
}

static double reach(const gull_space *s, const double *a, double radius, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (radius < 0) return -INFINITY;
    if (isnan(radius) || !sorted_slots(s, a, &slot, &n)) return INFINITY;
    const double value = knapsack(s, slot, n, radius, x);
    free(slot);
    if (isinf(value)) gull__stay(s, x);
    return value;
}

static double halfspace(const gull_space *s, const double *a, double need, double *x) {
    gull_slot *slot;
    size_t n;
    gull__stay(s, x);
    if (!(need > 0) || !sorted_slots(s, a, &slot, &n)) return 0;
    const bool equal = equal_weights(slot, n);
    gull_sum got = {0, 0}, paid = {0, 0};
    double bound = INFINITY, lightest = INFINITY;
    for (size_t k = 0; k < n && isinf(bound); k++) {
        const double rest = fmax(need - gull__sum(&got), 0);
        const double part = fmin(rest / slot[k].tail, 1);
        bound = gull__sum(&paid) + part * slot[k].weight;
        gull__sum_add(&got, slot[k].tail);
        gull__sum_add(&paid, slot[k].weight);
        const bool enough = gull__enough(gull__sum(&got), need, n);
        bound = !enough ? INFINITY : equal ? gull__sum(&paid) : bound;
        if (x) gull__slot_move(s, slot + k, enough ? rest / slot[k].gain : INFINITY, x);
    }
    for (size_t k = 0; k < n; k++) lightest = fmin(lightest, slot[k].weight);
    free(slot);
    if (isinf(bound)) gull__stay(s, x);
    return fmax(bound, lightest);
}

const gull_cost gull_cost_l0 = {.name = "l0",
                                .summary = "number of changed features",
                                .measure = measure,
                                .project = project,
                                .steepest = steepest,
                                .reach = reach,
                                .halfspace = halfspace};
