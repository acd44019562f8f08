/* scaled.c - the features that may move, as changes in units of the cost. */
#include "attack/scaled.h"
#include <string.h>

static void set_box(gull_scaled *s) {
    s->width = 0;
    for (size_t k = 0; k < s->n; k++) {
        const size_t i = s->at[k];
        s->lo[k] = fmin((s->space->lo[i] - s->space->x0[i]) / s->unit[k], 0);
        s->hi[k] = fmax((s->space->hi[i] - s->space->x0[i]) / s->unit[k], 0);
        const double width = s->hi[k] - s->lo[k];
        if (isfinite(width)) s->width = fmax(s->width, width);
    }
}

int gull__scaled_new(gull_scaled *s, gull_run *run) {
    const gull_space *p = &gull_run_problem(run)->space;
    double *v = gull_run_scratch(run, 5 * p->dim * sizeof *v);
    *s = (gull_scaled){.space = p, .at = gull_run_scratch(run, p->dim * sizeof *s->at)};
    if (!v || !s->at) return GULL_ENOMEM;
    s->unit = v;
    s->lo = v + p->dim;
    s->hi = v + 2 * p->dim;
    s->x = v + 3 * p->dim;
    s->g = v + 4 * p->dim;
    for (size_t i = 0; i < p->dim; i++) {
        if (!(p->lo[i] < p->hi[i]) || !isfinite(p->x0[i])) continue;
        s->unit[s->n] = 1 / (p->weight ? p->weight[i] : 1);
        s->at[s->n++] = i;
    }
    set_box(s);
    return GULL_OK;
}

void gull__scaled_by(gull_scaled *s, double factor) {
    for (size_t k = 0; k < s->n; k++) s->unit[k] *= factor;
    set_box(s);
}

void gull__scaled_by_width(gull_scaled *s) {
    for (size_t k = 0; k < s->n; k++) {
        const size_t i = s->at[k];
        const double width = s->space->hi[i] - s->space->lo[i];
        s->unit[k] = isfinite(width) ? width : fmax(fabs(s->space->x0[i]), 1);
    }
    set_box(s);
}

void gull__scaled_input(const gull_scaled *s, const double *u, double *x) {
    const gull_space *p = s->space;
    memcpy(x, p->x0, p->dim * sizeof *x);
    for (size_t k = 0; k < s->n; k++) {
        const size_t i = s->at[k];
        if (u[k] != 0) x[i] = fmin(fmax(x[i] + s->unit[k] * u[k], p->lo[i]), p->hi[i]);
    }
}

void gull__scaled_from(const gull_scaled *s, const double *x, double *u) {
    for (size_t k = 0; k < s->n; k++) {
        const double d = x[s->at[k]] - s->space->x0[s->at[k]];
        u[k] = fmin(fmax(d / s->unit[k], s->lo[k]), s->hi[k]);
    }
}

int gull__scaled_ask(gull_run *run, const gull_scaled *s, const double *u, gull_loss loss,
                     double *scores, double *value, double *g) {
    gull__scaled_input(s, u, s->x);
    TRY(gull_ask_gradient(run, s->x, loss, scores, value, s->g));
    for (size_t k = 0; k < s->n; k++) {
        const double d = s->g[s->at[k]] * s->unit[k];
        g[k] = isfinite(d) ? d : 0;
    }
    return GULL_OK;
}

double gull__scaled_reach(const gull_scaled *s, const double *g, double need) {
    double square = 0;
    for (size_t k = 0; k < s->n; k++) square += g[k] * g[k];
    return square > 0 ? need / sqrt(square) : INFINITY;
}
