/* exhaustive.h - random small questions and their solutions by trying every set of
 * features: which are at the box's edge (l1, l2), which are changed (l0). */
#ifndef GULL_TEST_EXHAUSTIVE_H
#define GULL_TEST_EXHAUSTIVE_H
#include "core/plugin.h"
#include "core/random.h"

enum { DIM = 7 };

typedef struct {
    gull_space space;
    double x0[DIM], lo[DIM], hi[DIM], weight[DIM], a[DIM];
    bool equal;
} question;

static gull_stream random_numbers;
static double uniform(void) { return gull__stream_uniform(&random_numbers); }
static double normal(void) { return gull__stream_normal(&random_numbers); }
static size_t below(size_t n) { return (size_t)(uniform() * (double)n); }

static double edge_distance(void) {
    switch (below(6)) {
    case 0:
        return INFINITY;
    case 1:
        return 0;
    case 2:
        return 1; /* duplicates */
    default:
        return fabs(normal());
    }
}

/* The scale makes numbers huge or tiny; boxes are open, closed, frozen or one-sided. */
static void make(question *q) {
    const double scale = below(4) ? 1 : pow(10, 40 * uniform() - 20);
    const size_t weights = below(3);
    q->space =
        (gull_space){q->x0, q->lo, q->hi, weights ? q->weight : NULL, 1 + below(DIM), 0, NULL};
    q->equal = weights < 2;
    const bool open = below(4) == 0;
    for (size_t i = 0; i < DIM; i++) {
        q->x0[i] = scale * (below(5) ? normal() : 0);
        q->lo[i] = open ? -INFINITY : q->x0[i] - scale * edge_distance();
        q->hi[i] = open ? INFINITY : q->x0[i] + scale * edge_distance();
        q->a[i] = below(5) == 0 ? 0 : below(4) == 0 ? 1 : normal();
        q->weight[i] = weights == 1 ? 0.7 : exp(normal());
    }
}

static double room(const question *q, size_t i) {
    return q->a[i] > 0 ? q->hi[i] - q->x0[i] : q->a[i] < 0 ? q->x0[i] - q->lo[i] : 0;
}
static double weight(const question *q, size_t i) {
    return q->space.weight ? q->weight[i] : 1;
}

/* What is left for the features outside the set, at the edge inside it; the best use of
 * the rest is known in closed form, and the best set is the best feasible one. */
static double best_l2(const question *q, double radius, unsigned set) {
    double value = 0, left = radius * radius, free = 0;
    for (size_t i = 0; i < q->space.dim; i++) {
        const double w = weight(q, i), m = room(q, i), c = q->a[i] / w;
        if (set >> i & 1) {
            value += fabs(q->a[i]) * m;
            left -= w * w * m * m;
        } else if (m > 0)
            free += c * c;
    }
    if (left < -1e-13 * radius * radius || !(value < INFINITY)) return -INFINITY;
    const double ray = free > 0 ? sqrt(fmax(left, 0) / free) : 0;
    for (size_t i = 0; i < q->space.dim; i++) {
        const double w = weight(q, i);
        if (!(set >> i & 1) && ray * fabs(q->a[i]) / w / w > room(q, i) * (1 + 1e-13) &&
            room(q, i) > 0)
            return -INFINITY;
    }
    return value + ray * free;
}

static double best_l1(const question *q, double radius, unsigned set) {
    double value = 0, left = radius, more = 0;
    for (size_t i = 0; i < q->space.dim; i++)
        if (set >> i & 1) {
            value += fabs(q->a[i]) * room(q, i);
            left -= weight(q, i) * room(q, i);
        }
    if (left < -1e-13 * radius || !(value < INFINITY)) return -INFINITY;
    for (size_t i = 0; i < q->space.dim; i++)
        if (!(set >> i & 1))
            more = fmax(more,
                        fabs(q->a[i]) * fmin(room(q, i), fmax(left, 0) / weight(q, i)));
    return value + more;
}

static double best_l0(const question *q, double radius, unsigned set) {
    double value = 0, paid = 0;
    for (size_t i = 0; i < q->space.dim; i++)
        if (set >> i & 1) {
            paid += weight(q, i);
            value += q->a[i] != 0 && room(q, i) > 0 ? fabs(q->a[i]) * room(q, i) : 0;
        }
    return paid <= radius * (1 + 1e-14) ? value : -INFINITY;
}

static double best_linf(const question *q, double radius, unsigned set) {
    double value = 0;
    (void)set;
    for (size_t i = 0; i < q->space.dim; i++)
        value += fabs(q->a[i]) * fmin(room(q, i), radius / weight(q, i));
    return value;
}

typedef double (*best_fn)(const question *, double radius, unsigned set);
static const best_fn best_of_set[] = {best_l0, best_l1, best_l2, best_linf};

static double exhaustive(const question *q, int norm, double radius) {
    double best = 0;
    for (unsigned set = 0; set < 1u << q->space.dim; set++)
        best = fmax(best, best_of_set[norm](q, radius, set));
    return best;
}
#endif
