/* ball.h - what the four costs share: the slots of a linear function a . (x - x0), that
 * is the features that can raise it, in units in which every weight is 1. */
#ifndef GULL_BALL_H
#define GULL_BALL_H
#include "core/plugin.h"

typedef struct gull_slot { /* y in [0, room] costs y and raises a . x by gain * y */
    double gain;           /* |a_i| / weight_i, a normal number > 0 */
    double room; /* weight_i times the way to the box's edge, > 0, may be INFINITY */
    double key;  /* what the slots are sorted by */
    double tail; /* a sum over this slot and those behind it */
    double weight;
    size_t i;
    bool up; /* a_i > 0 */
} gull_slot;

/* Slots of the features with a_i != 0 and room to move; *out is the caller's to free.
 * false: memory is out or a number is NaN or overflows (then answer the sound extreme).
 */
bool gull__slots(const gull_space *, const double *a, gull_slot **out, size_t *n);
/* By key, ties by feature. */
void gull__slots_ascending(gull_slot *, size_t n);
void gull__slots_descending(gull_slot *, size_t n);
/* Moves x's feature by y (cost units) and not out of the box. */
void gull__slot_move(const gull_space *, const gull_slot *, double y, double *x);
/* Splits the slots by the root t of sum of min(t * tail, gain * room) = need, where key is
 * the t at which a slot has no more room: those that are full come first, their number is
 * returned.  Expected time linear in n; sums are plain: the caller adds up what it needs. */
size_t gull__slots_full(gull_slot *, size_t n, double need);
/* The same for slots filled one by one, greatest key first: how many are full before the
 * sum of gain * room reaches the need; the next one comes right behind them. */
size_t gull__slots_filled(gull_slot *, size_t n, double need);
/* a . (x - x0) at the far corner of the box: the sum of gain * room. */
double gull__slots_total(const gull_slot *, size_t n);
/* Is `got`, a sum of n terms >= 0, at least `need`, given the benefit of rounding? */
bool gull__enough(double got, double need, size_t n);

static inline double gull__weight(const gull_space *s, size_t i) {
    return s->weight ? s->weight[i] : 1;
}
void gull__stay(const gull_space *, double *x); /* x := x0; x may be NULL */

/* A compensated sum (Neumaier 1974): relative error 2u for terms >= 0. */
typedef struct gull_sum {
    double high, low;
} gull_sum;
void gull__sum_add(gull_sum *, double term);
double gull__sum(const gull_sum *);

/* Eight compensated sums side by side (Knuth's branch-free form), for long arrays. */
enum { GULL_LANES = 8 };
typedef struct gull_lanes {
    double high[GULL_LANES], low[GULL_LANES];
} gull_lanes;
static inline void gull__lanes_add(gull_lanes *s, const double term[GULL_LANES]) {
    for (int k = 0; k < GULL_LANES; k++) {
        const double total = s->high[k] + term[k], part = total - s->high[k];
        s->low[k] += (s->high[k] - (total - part)) + (term[k] - part);
        s->high[k] = total;
    }
}
double gull__lanes_total(const gull_lanes *);

/* |x_i - x0_i|; 0 when both are NaN, INFINITY when one is. */
static inline double gull__change(const gull_space *s, const double *x, size_t i) {
    const double d = fabs(x[i] - s->x0[i]);
    if (x[i] == s->x0[i]) return 0;
    if (isnan(d)) return isnan(x[i]) && isnan(s->x0[i]) ? 0 : INFINITY;
    return d;
}
/* First step of a projection: x into the box, NaN to x0, and open infinities to the
 * ball's edge. */
void gull__into_box(const gull_space *, double *x, double radius);
/* The float between x0 and x that is nearest to x; x itself when there is none.  Without
 * branches in the common case: which way a number rounds cannot be predicted. */
static inline double gull__float_towards(double x0, double x) {
    union {
        float f;
        int32_t i;
    } v = {(float)x};
    const bool above = x > x0;
    const int over = (above & ((double)v.f > x)) | (!above & ((double)v.f < x));
    const int step = (v.i < 0) == above ? over : -over; /* to the float next to it */
    if (v.f == 0 && over) v.i = above ? INT32_MIN + 1 : 1;
    else v.i += step; /* from infinity to the greatest float, too */
    return (above ? (double)v.f >= x0 : (double)v.f <= x0) ? (double)v.f : x;
}
/* Last step: rounds towards x0 to the deployed precision and shrinks the change by
 * roundings until measure(x) <= radius really holds. */
void gull__settle(const gull_space *, double *x, double radius,
                  double (*measure)(const gull_space *, const double *));

/* Root of a decreasing function with f(0) > target >= f(hi): by
 * bracketed Newton iteration, to within rounding. */
typedef double (*gull_decreasing_fn)(const void *arg, double t, double *slope);
double gull__solve_decreasing(gull_decreasing_fn, const void *arg, double target,
                              double hi);
#endif
