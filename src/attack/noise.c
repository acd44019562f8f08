/* noise.c - random points on the sphere of each cost.  L1: exponential variables with
 * random signs, divided by their sum (Barthe et al. 2005); L2: normal ones. */
#include "attack/noise.h"
#include "core/registry.h"

static double sign(gull_run *run) { return gull_run_random(run) >> 63 ? 1 : -1; }

static double weight(const gull_space *s, size_t i) {
    return s->weight ? s->weight[i] : 1;
}

/* A change of the feature, in the cost's units, before the whole is scaled. */
static double one_change(gull_run *run, int norm) {
    if (norm == GULL_L2) return gull_run_normal(run);
    if (norm == GULL_L1) return -log1p(-gull_run_uniform(run)) * sign(run);
    return sign(run);
}

static void turn_round(const gull_space *s, size_t i, double *x) {
    const double d = *x - s->x0[i];
    if (*x > s->hi[i] || *x < s->lo[i]) {
        const double up = s->hi[i] - s->x0[i], down = s->x0[i] - s->lo[i];
        *x = s->x0[i] + copysign(d, up - down);
    }
}

static void whole_sphere(gull_run *run, int norm, double radius, double *x) {
    const gull_problem *p = gull_run_problem(run);
    const gull_space *s = &p->space;
    for (size_t i = 0; i < s->dim; i++)
        x[i] =
            s->x0[i] + (s->lo[i] < s->hi[i] ? one_change(run, norm) / weight(s, i) : 0);
    const double scale = radius / p->cost->measure(s, x);
    for (size_t i = 0; i < s->dim; i++) {
        if (!isfinite(scale) || isnan(s->x0[i]))
            x[i] = s->x0[i];
        else
            x[i] = s->x0[i] + scale * (x[i] - s->x0[i]);
        turn_round(s, i, x + i);
    }
}

static double any_value(gull_run *run, const gull_space *s, size_t i) {
    const double u = gull_run_uniform(run), width = s->hi[i] - s->lo[i];
    if (isfinite(width)) return s->lo[i] + u * width;
    const double size = fmax(fabs(s->x0[i]), 1);
    return fmin(fmax(s->x0[i] + size * gull_run_normal(run), s->lo[i]), s->hi[i]);
}

/* Each feature with the probability that makes their expected number right; the
 * projection then takes care of the exact number. */
static void some_features(gull_run *run, double radius, double *x) {
    const gull_space *s = &gull_run_problem(run)->space;
    double all = 0;
    for (size_t i = 0; i < s->dim; i++) all += s->lo[i] < s->hi[i] ? weight(s, i) : 0;
    for (size_t i = 0; i < s->dim; i++) {
        const bool change = gull_run_uniform(run) * all < 1.5 * radius;
        x[i] = s->x0[i];
        if (change && s->lo[i] < s->hi[i] && !isnan(x[i])) x[i] = any_value(run, s, i);
    }
}

void gull__noise(gull_run *run, double radius, double *x) {
    const gull_problem *p = gull_run_problem(run);
    const int norm = gull__cost_index(p->cost);
    if (norm == GULL_L0)
        some_features(run, radius, x);
    else
        whole_sphere(run, norm, radius, x);
    p->cost->project(&p->space, x, radius);
}
