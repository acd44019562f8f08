/* test_costs.c - every function of every cost against exhaustive solutions: corners of
 * the feasible set, subsets, the optimality condition of a projection. */
#include "core/registry.h"
#include "exhaustive.h"
#include "tap.h"
#include <float.h>

enum { MODELS = 3000 };

static double rise(const question *q, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < q->space.dim; i++) sum += q->a[i] * (x[i] - q->x0[i]);
    return sum;
}

static bool inside(const question *q, const double *x) {
    for (size_t i = 0; i < q->space.dim; i++)
        if (!(x[i] >= q->lo[i] && x[i] <= q->hi[i])) return false;
    return true;
}

static bool close_to(double a, double b) {
    return a == b || fabs(a - b) <= 1e-11 * fmax(fabs(a), fabs(b));
}

static double size_of(const question *q) { /* a radius or a need that matters */
    double most = 0;
    for (size_t i = 0; i < q->space.dim; i++)
        most = fmax(most, fmax(fabs(q->x0[i]), isfinite(room(q, i)) ? room(q, i) : 0));
    return (most > 0 ? most : 1) * exp(2 * normal() - 1);
}

/* 0: right; else the number of the broken rule. */
static int check_reach(const question *q, int norm, const gull_cost *cost) {
    double x[DIM];
    const double radius =
        norm == GULL_L0 ? (double)below(DIM + 1) * (q->equal ? 0.7 : 0.9) : size_of(q);
    const double got = cost->reach(&q->space, q->a, radius, x);
    const double want = exhaustive(q, norm, radius);
    const bool bound = norm == GULL_L0 && !q->equal;
    if (bound ? got < want * (1 - 1e-12) : !close_to(got, want)) return 1;
    if (isinf(got)) return 0;
    if (!inside(q, x)) return 2;
    if (cost->measure(&q->space, x) > radius * (1 + 1e-11)) return 3;
    double size = 0;
    for (size_t i = 0; i < q->space.dim; i++) size += fabs(q->a[i] * q->x0[i]);
    if (rise(q, x) > got + 1e-11 * (got + size)) return 4;
    return bound || fabs(rise(q, x) - got) <= 1e-11 * (got + size) ? 0 : 5;
}

static double least_l0(const question *q, double need) {
    double best = INFINITY;
    for (unsigned set = 0; set < 1u << q->space.dim; set++) {
        double paid = 0;
        for (size_t i = 0; i < q->space.dim; i++)
            if (set >> i & 1) paid += weight(q, i);
        if (best_l0(q, INFINITY, set) >= need) best = fmin(best, paid);
    }
    return best;
}

static int check_halfspace(const question *q, int norm, const gull_cost *cost) {
    double x[DIM];
    const double need = below(10) ? size_of(q) : exhaustive(q, norm, INFINITY);
    if (!(need < INFINITY)) return 0;
    const double got = cost->halfspace(&q->space, q->a, need, x);
    const bool reachable =
        best_l0(q, INFINITY, (1u << q->space.dim) - 1) >= need * (1 - 1e-15);
    if (need <= 0) return got == 0 ? 0 : 1;
    if (isfinite(got) != reachable) return 2;
    if (!reachable) return 0;
    double size = 0;
    for (size_t i = 0; i < q->space.dim; i++) size += fabs(q->a[i] * q->x0[i]);
    if (!inside(q, x)) return 3;
    if (rise(q, x) < need - 1e-11 * (need + size)) return 4;
    if (norm == GULL_L0) {
        const double want = least_l0(q, need * (1 - 1e-13));
        if (q->equal ? !close_to(got, want) : got > want * (1 + 1e-12)) return 5;
        if (cost->measure(&q->space, x) < want * (1 - 1e-12) && size < need) return 6;
        return !q->equal || cost->measure(&q->space, x) <= got * (1 + 1e-12) ? 0 : 7;
    }
    if (fabs(cost->measure(&q->space, x) - got) > 1e-11 * (got + size)) return 8;
    return close_to(cost->reach(&q->space, q->a, got, NULL), need) &&
                   close_to(exhaustive(q, norm, got), need)
               ? 0
               : 9;
}

/* p is nearest to z iff no feasible y has (z - p) . (y - p) > 0: y by `exhaustive`. */
static int check_nearest(question *q, int norm, const double *z, const double *p,
                         double r) {
    double at = 0, size = 0, distance = 0;
    for (size_t i = 0; i < q->space.dim; i++) {
        q->a[i] = z[i] - p[i];
        at += q->a[i] * (p[i] - q->x0[i]);
        size += fabs(q->a[i]) * (fabs(p[i]) + fabs(q->x0[i]));
        distance += q->a[i] * q->a[i];
    }
    return exhaustive(q, norm, r) <= at + 1e-10 * (size + distance) ? 0 : 4;
}

static int check_nearest_l0(const question *q, const double *z, const double *p,
                            double r) {
    double best = INFINITY, got = 0;
    for (unsigned set = 0; set < 1u << q->space.dim; set++) {
        double far = 0, paid = 0;
        for (size_t i = 0; i < q->space.dim; i++) {
            const double to =
                set >> i & 1 ? fmin(fmax(z[i], q->lo[i]), q->hi[i]) : q->x0[i];
            far += (z[i] - to) * (z[i] - to);
            paid += to != q->x0[i] ? weight(q, i) : 0;
        }
        if (paid <= r * (1 + 1e-14)) best = fmin(best, far);
    }
    for (size_t i = 0; i < q->space.dim; i++) got += (z[i] - p[i]) * (z[i] - p[i]);
    return got <= best * (1 + 1e-9) ? 0 : 5;
}

static int check_project(question *q, int norm, const gull_cost *cost) {
    double z[DIM], p[DIM], again[DIM];
    const double size = size_of(q);
    const double radius = norm == GULL_L0 ? 0.7 * (double)below(DIM + 1) : size_of(q);
    q->space.f32 = below(2);
    for (size_t i = 0; i < DIM; i++) {
        if (q->space.f32) {
            q->x0[i] = (float)q->x0[i];
            q->lo[i] = fmin(q->lo[i], q->x0[i]);
            q->hi[i] = fmax(q->hi[i], q->x0[i]);
        }
        p[i] = z[i] = q->x0[i] + 2 * size * normal();
    }
    cost->project(&q->space, p, radius);
    if (!inside(q, p)) return 1;
    if (!(cost->measure(&q->space, p) <= radius)) return 2;
    if (q->space.f32) {
        for (size_t i = 0; i < q->space.dim; i++)
            if (p[i] != (float)p[i]) return 3;
        return 0;
    }
    memcpy(again, p, sizeof p);
    cost->project(&q->space, again, radius);
    if (memcmp(again, p, q->space.dim * sizeof *p)) return 6;
    if (norm == GULL_L0) return q->equal ? check_nearest_l0(q, z, p, radius) : 0;
    return check_nearest(q, norm, z, p, radius);
}

static int check_steepest(question *q, int norm, const gull_cost *cost) {
    double step[DIM], x[DIM], size = 0, got = 0;
    const double unit = 1e3; /* large against rounding of x0 + step */
    for (size_t i = 0; i < DIM; i++) {
        q->x0[i] = 0;
        q->lo[i] = -INFINITY;
        q->hi[i] = INFINITY;
    }
    cost->steepest(&q->space, q->a, step);
    for (size_t i = 0; i < q->space.dim; i++) {
        size += fabs(q->a[i]);
        got += q->a[i] * step[i];
        x[i] = step[i] * unit;
    }
    if (size == 0) return cost->measure(&q->space, x) == 0 ? 0 : 1;
    if (norm == GULL_L0) return got > 0 ? 0 : 2;
    if (!close_to(cost->measure(&q->space, x), unit)) return 3;
    return close_to(got, exhaustive(q, norm, 1)) ? 0 : 4;
}

static int any_check(int which, question *q, int norm) {
    switch (which) {
    case 0:
        return check_reach(q, norm, gull_costs[norm]);
    case 1:
        return check_halfspace(q, norm, gull_costs[norm]);
    case 2:
        return check_project(q, norm, gull_costs[norm]);
    default:
        return check_steepest(q, norm, gull_costs[norm]);
    }
}

static void test_random_models(int which, const char *name, int norm) {
    int wrong = 0, first = 0, rule = 0;
    for (int k = 0; k < MODELS; k++) {
        question q;
        make(&q);
        const int broken = any_check(which, &q, norm);
        if (broken && !wrong++) {
            first = k;
            rule = broken;
        }
    }
    tap_ok(!wrong, "%s: %s on %d random questions", gull_costs[norm]->name, name, MODELS);
    if (wrong) printf("# %d wrong, first %d, rule %d\n", wrong, first, rule);
}

static void test_large(int norm) {
    enum { LARGE = 100000 };
    double *v = calloc(6 * LARGE, sizeof *v);
    double *lo = v + LARGE, *hi = v + 2 * LARGE, *a = v + 3 * LARGE, *x = v + 4 * LARGE;
    for (size_t i = 0; i < LARGE; i++) {
        hi[i] = uniform();
        lo[i] = -hi[i];
        a[i] = normal();
        x[i] = normal();
    }
    const gull_space s = {v, lo, hi, NULL, LARGE, false, NULL};
    const gull_cost *cost = gull_costs[norm];
    const double need = 1000, r = cost->halfspace(&s, a, need, NULL);
    const double back = cost->reach(&s, a, r, NULL);
    tap_ok(norm == GULL_L0 ? back >= need && cost->reach(&s, a, r - 1, NULL) < need
                           : tap_near(back, need, 1e-12),
           "%s: reach(halfspace(need)) = need in %d dimensions", cost->name, LARGE);
    cost->project(&s, x, r / 2);
    const double m = cost->measure(&s, x);
    tap_ok(m <= r / 2 && m >= floor(r / 2) * (norm ? 1 - 1e-12 : 1) - (norm ? 0 : 1),
           "%s: the projection of a far point is on the sphere", cost->name);
    free(v);
}

static void test_nasty(int norm) {
    const gull_cost *cost = gull_costs[norm];
    double x0[2] = {0, 1}, lo[2] = {-INFINITY, 1}, hi[2] = {INFINITY, 2}, a[2] = {NAN, 1};
    double x[2] = {NAN, INFINITY};
    const gull_space s = {x0, lo, hi, NULL, 2, false, NULL};
    tap_ok(cost->reach(&s, a, 1, x) == INFINITY && cost->halfspace(&s, a, 1, x) == 0,
           "%s: NaN coefficients give the sound extremes", cost->name);
    a[0] = 0;
    tap_ok(cost->reach(&s, a, NAN, NULL) == INFINITY &&
               cost->halfspace(&s, a, NAN, x) == 0,
           "%s: NaN radius and need give the sound extremes", cost->name);
    tap_ok(cost->halfspace(&s, a, 1.5, x) == INFINITY && x[0] == 0 && x[1] == 1,
           "%s: out of the box's reach", cost->name);
    tap_ok(cost->reach(&s, a, -1, NULL) == -INFINITY, "%s: negative radius", cost->name);
    x[0] = NAN;
    x[1] = INFINITY;
    tap_ok(cost->measure(&s, x) > 0 && !isnan(cost->measure(&s, x)),
           "%s: NaN is never a small change", cost->name);
    cost->project(&s, x, 1);
    tap_ok(cost->measure(&s, x) <= 1 && x[0] == 0 && x[1] > 1 && x[1] <= 2,
           "%s: NaN and infinity are projected", cost->name);
    x0[0] = x[0] = NAN;
    x[1] = 1;
    tap_ok(cost->measure(&s, x) == 0, "%s: missing stays missing", cost->name);
    x0[0] = 0;
    a[0] = a[1] = 1e-300;
    const double huge = cost->halfspace(&s, a, 1e300, NULL);
    a[0] = 1e300;
    const double tiny = cost->halfspace(&s, a, 1e-300, NULL);
    tap_ok(norm == GULL_L0 ? huge <= 2 && tiny == 1 : huge >= 1e300 && tiny < 1e-290,
           "%s: huge and tiny numbers", cost->name);
    const gull_space none = {x0, lo, hi, NULL, 0, false, NULL};
    tap_ok(cost->reach(&none, a, 1, x) == 0 &&
               cost->halfspace(&none, a, 1, x) == INFINITY,
           "%s: no features", cost->name);
}

static void test_goal(void) {
    const gull_goal miss = {GULL_MISS, 1, 0, 0}, hit = {GULL_TARGET, 1, 2, 0};
    double w[3];
    const double s[] = {1, 3, 2}, tie[] = {3, 3, 0}, last[] = {0, 3, 3},
                 bad[] = {NAN, 1, 2};
    tap_ok(gull_goal_value(&miss, s, 3, w) == -1 && w[1] == -1 && w[2] == 1 && w[0] == 0,
           "goal: miss, the best rival and its subgradient");
    tap_ok(gull_goal_value(&hit, s, 3, w) == -1 && w[2] == 1 && w[1] == -1,
           "goal: target");
    tap_ok(gull_goal_value(&miss, tie, 3, NULL) > 0, "goal: a lower class wins a tie");
    tap_ok(gull_goal_value(&miss, last, 3, NULL) == 0,
           "goal: a higher class loses a tie");
    tap_ok(gull_goal_value(&hit, last, 3, NULL) == 0, "goal: the target loses a tie");
    tap_ok(gull_goal_value(&miss, bad, 3, NULL) == -INFINITY,
           "goal: NaN reaches nothing");
    const gull_goal clear = {GULL_MISS, 1, 0, 0.25};
    const double near[] = {-8, 3, 4.9}, far[] = {-8, 3, 5.1}, open[] = {INFINITY, 3, 2};
    tap_ok(gull_goal_value(&clear, near, 3, NULL) < 0 && gull_goal_value(&clear, far, 3, NULL) > 0,
           "goal: slack is a share of the greatest score");
    tap_ok(gull_goal_value(&clear, open, 3, NULL) > 0, "goal: no slack at infinity");
    tap_ok(gull_goal_is_rival(&miss, 0) && !gull_goal_is_rival(&miss, 1) &&
               gull_goal_is_rival(&hit, 2) && !gull_goal_is_rival(&hit, 0),
           "goal: rivals");
}

int main(void) {
    static const char *const names[] = {"reach", "halfspace", "project", "steepest"};
    random_numbers = gull__stream(1, 0, "costs");
    for (int norm = GULL_L0; norm <= GULL_LINF; norm++) {
        for (int which = 0; which < 4; which++)
            test_random_models(which, names[which], norm);
        test_large(norm);
        test_nasty(norm);
    }
    test_goal();
    return tap_done();
}
