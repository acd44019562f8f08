/* witness.c - from a point that fools to a minimal one: a line search towards x0,
 * features put back one by one for l0, and the final search along tangents of the
 * boundary (the idea of FAB: Croce and Hein 2020, "Minimally distorted adversarial
 * examples", here with the box and the cost's own nearest point). */
#include "attack/witness.h"
#include "attack/losses.h"
#include "core/grid.h"
#include "core/registry.h"
#include <stdlib.h>
#include <string.h>

bool gull__fools(const gull_goal *goal, int label) {
    return goal->kind == GULL_MISS ? label != goal->label : label == goal->target;
}

void gull__along(const gull_space *s, const double *x, double t, double *y) {
    for (size_t i = 0; i < s->dim; i++) {
        const double to = s->x0[i] + t * (x[i] - s->x0[i]);
        y[i] = isnan(to) ? s->x0[i] : to > s->hi[i] ? s->hi[i] : to < s->lo[i] ? s->lo[i] : to;
    }
}

static int ask(gull_run *run, const double *x, bool *fools) {
    int label;
    TRY(gull_ask_label(run, x, &label));
    *fools = gull__fools(&gull_run_problem(run)->goal, label);
    return GULL_OK;
}

/* ---- Along the line ---- */

/* ---- On the grid ---- */

/* Between the two values around x, each feature takes the one that raises the margin. */
static void round_uphill(const gull_space *s, const double *x, const double *g, double *y) {
    for (size_t i = 0; i < s->dim; i++) {
        const bool away = (g[i] > 0) == (x[i] > s->x0[i]);
        y[i] = gull__grid_round(s, g[i] == 0 ? GULL_NEAREST : away ? GULL_AWAY : GULL_TOWARDS, i,
                                x[i]);
    }
}

/* The roundings of x that are tried, in turn: *there is false where one needs more access. */
enum { NEAREST, UPHILL, AWAY, ROUNDINGS };
static int rounded(gull_run *run, int how, const double *x, double *y, bool *there) {
    const gull_problem *p = gull_run_problem(run);
    *there = true;
    gull__to_grid(&p->space, how == AWAY ? GULL_AWAY : GULL_NEAREST, x, y);
    if (how != UPHILL) return GULL_OK;
    double *g = malloc((p->space.dim + 1) * sizeof *g);
    if (!g) return GULL_ENOMEM;
    const int status =
        gull_ask_gradient(run, y, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL, NULL, g);
    *there = status >= 0;
    if (*there) round_uphill(&p->space, x, g, y);
    free(g);
    return status == GULL_EACCESS ? GULL_OK : status;
}

/* x fools as a real point: puts it on the grid where one of the roundings still fools.  Where
 * none does x stays, for the referee. */
static int settle_on_grid(gull_run *run, double *x, double *y) {
    const gull_problem *p = gull_run_problem(run);
    for (int how = 0; how < ROUNDINGS; how++) {
        bool fools = false, there;
        TRY(rounded(run, how, x, y, &there));
        if (!there) continue;
        TRY(ask(run, y, &fools));
        if (!fools) continue;
        memcpy(x, y, p->space.dim * sizeof *x);
        break;
    }
    return GULL_OK;
}

/* y := x0 + t (x - x0), where the row may go. */
static void along(const gull_space *s, const double *x, double t, double *y) {
    gull__along(s, x, t, y);
    if (s->grid) gull__to_grid(s, GULL_NEAREST, y, y);
}

static int draw_in_along_line(gull_run *run, double *x, double *y, int halvings) {
    const gull_space *s = &gull_run_problem(run)->space;
    double good = 1, bad = 0;
    int status = GULL_OK;
    for (int i = 0; i < halvings; i++) {
        const double t = (good + bad) / 2;
        bool fools = false;
        along(s, x, t, y);
        status = ask(run, y, &fools);
        if (status < 0) break;
        *(fools ? &good : &bad) = t;
    }
    if (good < 1) {
        along(s, x, good, y);
        memcpy(x, y, s->dim * sizeof *x);
    }
    return status;
}

/* ---- Feature by feature ---- */

typedef struct change {
    double size;
    size_t i;
} change;

static int by_size(const void *a, const void *b) {
    const change *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return (x->i > y->i) - (x->i < y->i);
}

static size_t list_changes(const gull_space *s, const double *x, change *c) {
    size_t n = 0;
    for (size_t i = 0; i < s->dim; i++)
        if (x[i] != s->x0[i] && !isnan(x[i] - s->x0[i]))
            c[n++] = (change){fabs(x[i] - s->x0[i]), i};
    qsort(c, n, sizeof *c, by_size);
    return n;
}

static void keep_greatest(const gull_space *s, const double *x, const change *c, size_t n,
                          double *y) {
    memcpy(y, s->x0, s->dim * sizeof *y);
    for (size_t k = 0; k < n; k++) y[c[k].i] = x[c[k].i];
}

/* Binary search on how many of the greatest changes are enough, then each one alone. */
static int put_back_features(gull_run *run, double *x, double *y, change *c) {
    enum { ONE_BY_ONE = 64 };
    const gull_space *s = &gull_run_problem(run)->space;
    size_t good = list_changes(s, x, c), bad = 0;
    bool fools;
    while (good > bad + 1) {
        const size_t n = (good + bad) / 2;
        keep_greatest(s, x, c, n, y);
        TRY(ask(run, y, &fools));
        *(fools ? &good : &bad) = n;
        if (fools) memcpy(x, y, s->dim * sizeof *x);
    }
    if (good > ONE_BY_ONE) return GULL_OK;
    for (size_t k = good; k-- > 0;) {
        const double was = x[c[k].i];
        x[c[k].i] = s->x0[c[k].i];
        fools = false;
        const int status = ask(run, x, &fools);
        if (!fools) x[c[k].i] = was;
        TRY(status);
    }
    return GULL_OK;
}

static int draw_in(gull_run *run, double *x, double *y, int halvings) {
    const gull_problem *p = gull_run_problem(run);
    if (p->cost != gull_costs[GULL_L0]) return draw_in_along_line(run, x, y, halvings);
    change *c = malloc((p->space.dim ? p->space.dim : 1) * sizeof *c);
    if (!c) return GULL_ENOMEM;
    const int status = put_back_features(run, x, y, c);
    free(c);
    return status;
}

/* ---- Claims ---- */

/* A point on the very boundary may not convince the second evaluator: then a little
 * further out. */
static int claim_or_push_out(gull_run *run, double *x, double *y, double *distance) {
    const gull_space *s = &gull_run_problem(run)->space;
    TRY(gull_found(run, x, distance));
    for (double more = 0x1p-24; isinf(*distance) && more < 0x1p-7; more *= 8) {
        gull__along(s, x, 1 + more, y);
        TRY(gull_found(run, y, distance));
    }
    return GULL_OK;
}

int gull__claim(gull_run *run, double *x, int halvings, double *distance) {
    const size_t bytes = gull_run_problem(run)->space.dim * sizeof(double);
    double *y = malloc(bytes ? bytes : 1);
    if (!y) return GULL_ENOMEM;
    *distance = INFINITY;
    int status = gull_run_problem(run)->space.grid ? settle_on_grid(run, x, y) : GULL_OK;
    if (status >= 0) status = draw_in(run, x, y, halvings);
    int claimed = status;
    if (status >= 0 || gull__spent(status))
        claimed = claim_or_push_out(run, x, y, distance);
    free(y);
    return status < 0 ? status : claimed;
}

/* ---- Tangents ---- */

/* The point nearest to x0 that is just beyond the tangent at x, in y; false: none. */
static int tangent_point(gull_run *run, const double *x, double *g, double *y,
                         bool *any) {
    const gull_problem *p = gull_run_problem(run);
    double value, need = 0;
    TRY(gull_ask_gradient(run, x, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL, &value,
                          g));
    for (size_t i = 0; i < p->space.dim; i++)
        if (x[i] != p->space.x0[i]) need += g[i] * (x[i] - p->space.x0[i]);
    need -= value;
    *any = need > 0 && isfinite(p->cost->halfspace(&p->space, g, need * (1 + 1e-4), y));
    return GULL_OK;
}

static int polish(gull_run *run, double *x, int rounds, double *g, double *y, double *z) {
    const gull_problem *p = gull_run_problem(run);
    double best = p->cost->measure(&p->space, x), step = 1;
    for (int i = 0; i < rounds && step > 0.1; i++) {
        bool fools = false;
        TRY(tangent_point(run, x, g, y, &fools));
        if (!fools) return GULL_OK;
        for (size_t k = 0; k < p->space.dim; k++) y[k] = x[k] + step * (y[k] - x[k]);
        for (double t = 1; t < 1.05; t = 1 + (t > 1 ? 4 * (t - 1) : 0.002)) {
            gull__along(&p->space, y, t, z);
            TRY(ask(run, z, &fools));
            if (fools) break;
        }
        const double cost = fools ? p->cost->measure(&p->space, z) : INFINITY;
        if (cost < best) memcpy(x, z, p->space.dim * sizeof *x);
        if (!(cost < best * (1 - 1e-3))) step /= 3;
        best = fmin(best, cost);
    }
    return GULL_OK;
}

int gull__polish(gull_run *run, double *x, int rounds, double *distance) {
    const size_t dim = gull_run_problem(run)->space.dim;
    double *v = gull_run_scratch(run, (3 * dim + 1) * sizeof *v);
    if (!v) return GULL_ENOMEM;
    const int status = polish(run, x, rounds, v, v + dim, v + 2 * dim);
    if (status < 0 && !gull__spent(status)) return status;
    const int claimed = gull__claim(run, x, status < 0 ? 0 : 6, distance);
    return status < 0 ? status : claimed;
}

/* ---- The best so far ---- */

int gull__best_new(gull_best *b, gull_run *run) {
    *b = (gull_best){
        gull_run_scratch(run, gull_run_problem(run)->space.dim * sizeof *b->x), INFINITY,
        INFINITY};
    return b->x ? GULL_OK : GULL_ENOMEM;
}

int gull__best_offer(gull_best *b, gull_run *run, const double *x) {
    const gull_problem *p = gull_run_problem(run);
    const double cost = p->cost->measure(&p->space, x);
    if (!(cost < b->cost)) return GULL_OK;
    b->cost = cost;
    memcpy(b->x, x, p->space.dim * sizeof *x);
    if (cost > 0.7 * b->claimed) return GULL_OK;
    b->claimed = cost;
    return gull_found(run, x, NULL);
}

int gull__best_claim(gull_best *b, gull_run *run, int status, int rounds) {
    double distance;
    if (isinf(b->cost) || (status < 0 && !gull__spent(status))) return status;
    int claimed = gull__claim(run, b->x, status < 0 ? 0 : 10, &distance);
    if (status < 0) return status;
    if (claimed >= 0 && rounds > 0) claimed = gull__polish(run, b->x, rounds, &distance);
    return claimed;
}
