/* start.c - a point that fools, however far away: the best witness of the run, the
 * end of a walk up the margin with growing steps, or a point between x0 and a random one. */
#include "attack/start.h"
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include <stdlib.h>
#include <string.h>

static int ask(gull_run *run, const double *x, bool *fools) {
    int label;
    TRY(gull_ask_label(run, x, &label));
    *fools = gull__fools(&gull_run_problem(run)->goal, label);
    return GULL_OK;
}

/* Any point of the box. */
static void anywhere(gull_run *run, double size, double *x) {
    const gull_space *s = &gull_run_problem(run)->space;
    for (size_t i = 0; i < s->dim; i++) {
        const double width = s->hi[i] - s->lo[i];
        x[i] = s->x0[i];
        if (!(width > 0) || isnan(x[i])) continue;
        const double u = gull_run_uniform(run);
        const double to = isfinite(width) ? s->lo[i] + u * width
                                          : x[i] + size * (2 * u - 1) * fmax(fabs(x[i]), 1);
        x[i] = fmin(fmax(to, s->lo[i]), s->hi[i]);
    }
}

static int try_noise(gull_run *run, double *far, double *x, bool *any) {
    enum { POINTS = 8, BLENDS = 4 };
    const gull_space *s = &gull_run_problem(run)->space;
    for (int i = 0; i < POINTS; i++) {
        anywhere(run, exp2(2 * i - 4), far);
        for (int k = 1; k <= BLENDS; k++) {
            gull__along(s, far, (double)k / BLENDS, x);
            TRY(ask(run, x, any));
            if (*any) return GULL_OK;
        }
    }
    return GULL_OK;
}

/* Normalised steps that grow, each from where the last one led. */
static int climb(gull_run *run, gull_scaled *s, double *u, double *g, double *x, bool *any) {
    enum { STEPS = 60 };
    const gull_problem *p = gull_run_problem(run);
    double size = 0;
    memset(u, 0, s->n * sizeof *u);
    for (int i = 0; i < STEPS; i++) {
        double value;
        TRY(gull__scaled_ask(run, s, u, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL, &value,
                             g));
        *any = value > 0;
        memcpy(x, s->x, p->space.dim * sizeof *x);
        double one = gull__scaled_reach(s, g, 1);
        if (!i) size = gull__scaled_reach(s, g, fmax(-value, 1e-9)) / 4;
        if (*any || isinf(one)) return GULL_OK;
        for (size_t k = 0; k < s->n; k++)
            u[k] = fmin(fmax(u[k] + size * one * g[k], s->lo[k]), s->hi[k]);
        size *= 1.1;
    }
    return GULL_OK;
}

int gull__start_point(gull_run *run, bool fresh, double *x, bool *any) {
    const size_t dim = gull_run_problem(run)->space.dim;
    const double *witness = fresh ? NULL : gull_run_witness(run);
    *any = witness != NULL;
    if (witness) {
        memcpy(x, witness, dim * sizeof *x);
        return GULL_OK;
    }
    gull_scaled s;
    TRY(gull__scaled_new(&s, run));
    double *v = gull_run_scratch(run, 2 * dim * sizeof *v);
    if (!v) return GULL_ENOMEM;
    const bool noisy = gull_run_problem(run)->goal.kind == GULL_MISS;
    if (fresh && noisy) TRY(try_noise(run, v, x, any));
    if (!*any) TRY(climb(run, &s, v, v + dim, x, any));
    return *any || fresh || !noisy ? GULL_OK : try_noise(run, v, x, any);
}

int gull__to_boundary(gull_run *run, double *x, int halvings) {
    const gull_space *s = &gull_run_problem(run)->space;
    double *y = gull_run_scratch(run, s->dim * sizeof *y), good = 1, bad = 0;
    if (!y) return GULL_ENOMEM;
    for (int i = 0; i < halvings; i++) {
        const double t = (good + bad) / 2;
        bool fools = false;
        gull__along(s, x, t, y);
        TRY(ask(run, y, &fools));
        *(fools ? &good : &bad) = t;
    }
    gull__along(s, x, good, y);
    memcpy(x, y, s->dim * sizeof *x);
    return GULL_OK;
}
