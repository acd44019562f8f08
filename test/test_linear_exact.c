/* test_linear_exact.c - the closed form for linear models through real runs: both ends of
 * the interval against the least distance found by exhaustive search and bisection, in
 * all norms, with boxes, weights and frozen features; float32 models; targets. */
#include "core/model.h"
#include "core/registry.h"
#include "core/run.h"
#include "exhaustive.h"
#include "model/linear.h"
#include "tap.h"

enum { MODELS = 1000, CLASSES = 4 };

typedef struct {
    question q;
    int classes, norm;
    gull_goal goal;
    gull_model *model;
    const gull_linear *linear;
    double witness[DIM], lower, upper;
    bool contradiction, done, fools;
} experiment;

/* ---- One run of the method, as the core does it ---- */

static size_t next(void *payload) {
    experiment *e = payload;
    if (e->done) return SIZE_MAX;
    e->done = true;
    return 0;
}

static void row(void *payload, size_t index, gull_seat *seat) {
    experiment *e = payload;
    gull_question *asked = gull_question_new();
    gull_plan plan = {.count = 1};
    gull_outcome outcome;
    double trial[DIM], scores[CLASSES];
    gull_row r = {.question = asked,
                  .plan = &plan,
                  .model = e->model,
                  .seat = seat,
                  .number = index,
                  .upper = INFINITY,
                  .lower_by = -1,
                  .upper_by = -1,
                  .witness = e->witness,
                  .trial = trial,
                  .scores = scores,
                  .outcome = &outcome};
    r.problem = (gull_problem){e->q.space, e->goal, gull_costs[e->norm], NULL, 0};
    if (gull__spec_parse(&plan.spec[0], "linear", NULL) < 0) exit(2);
    const int status = gull__run_method(&r, 0);
    e->lower = r.lower;
    e->upper = r.upper;
    e->contradiction =
        r.contradiction || status < 0 || outcome.status < 0 || r.lower_by < 0;
    gull__plan_free(&plan);
    gull_question_free(&asked);
}

static void run_method(experiment *e) {
    e->done = false;
    if (gull__batch_run(e->model, 1, next, row, e, NULL) < 0) e->contradiction = true;
}

/* ---- The oracle ---- */

static double margin(const experiment *e, int win, int lose) {
    const gull_linear *l = e->linear;
    long double sum = (long double)l->b[win] - l->b[lose];
    for (size_t i = 0; i < l->dim; i++)
        sum += ((long double)l->w[(size_t)win * l->dim + i] -
                l->w[(size_t)lose * l->dim + i]) *
               e->q.x0[i];
    return (double)sum;
}

static double least_for(experiment *e, int win, int lose) {
    const double need = -margin(e, win, lose);
    const gull_linear *l = e->linear;
    for (size_t i = 0; i < l->dim; i++)
        e->q.a[i] = l->w[(size_t)win * l->dim + i] - l->w[(size_t)lose * l->dim + i];
    if (!(need > 0)) return 0;
    double lo = 0, hi = 1;
    while (hi < 1e60 && exhaustive(&e->q, e->norm, hi) < need) hi *= 2;
    if (hi >= 1e60) return INFINITY;
    for (int k = 0; k < 200; k++) {
        const double middle = (lo + hi) / 2;
        if (exhaustive(&e->q, e->norm, middle) < need)
            lo = middle;
        else
            hi = middle;
    }
    return hi;
}

static double least_miss(experiment *e) {
    double best = INFINITY;
    for (int c = 0; c < e->classes; c++)
        if (c != e->goal.label) best = fmin(best, least_for(e, c, e->goal.label));
    return best;
}

/* ---- Random models ---- */

static float rounded(double x) { return (float)x; }

static void make_model(experiment *e, bool f32) {
    const size_t dim = e->q.space.dim, classes = (size_t)e->classes;
    double *w = malloc(classes * dim * sizeof *w), *b = malloc(classes * sizeof *b);
    const bool integers = below(3) == 0; /* ties and duplicates */
    for (size_t i = 0; i < classes * dim; i++)
        w[i] = integers ? (double)below(3) - 1 : f32 ? rounded(normal()) : normal();
    for (size_t c = 0; c < classes; c++) b[c] = f32 ? rounded(normal()) : normal();
    const gull_model_facts facts = {.classes = e->classes, .dim = dim, .f32 = f32};
    if (gull__linear_new(&e->model, &facts, w, b) < 0) exit(2);
    e->linear = gull_model_family(e->model)->structure(gull_model_state(e->model),
                                                       GULL_CAN_LINEAR);
}

static void make_experiment(experiment *e, int norm, bool f32) {
    make(&e->q);
    e->norm = norm;
    e->classes = 2 + (int)below(CLASSES - 1);
    if (norm == GULL_L0 && !e->q.equal) e->q.space.weight = NULL;
    e->q.space.f32 = f32;
    for (size_t i = 0; f32 && i < DIM; i++) {
        e->q.x0[i] = rounded(e->q.x0[i]);
        e->q.lo[i] = fmin(rounded(e->q.lo[i]), e->q.x0[i]);
        e->q.hi[i] = fmax(rounded(e->q.hi[i]), e->q.x0[i]);
    }
    make_model(e, f32);
    double scores[CLASSES];
    gull_model_family(e->model)->reference(gull_model_state(e->model), NULL, e->q.x0,
                                           scores);
    int best = 0;
    for (int c = 1; c < e->classes; c++)
        if (scores[c] > scores[best]) best = c;
    e->goal = (gull_goal){GULL_MISS, best, 0, 0};
}

/* 0: right; else the number of the broken rule. */
static int check_interval(experiment *e, double want, double tolerance) {
    if (e->norm == GULL_L0) want = rint(10 * want) / 10;
    const double size = isinf(want) ? 0 : want;
    if (e->contradiction) return 1;
    if (isinf(want)) return isinf(e->lower) && isinf(e->upper) ? 0 : 2;
    if (e->lower > want * (1 + 1e-12)) return 3;
    if (e->lower < want - 1e-9 * size) return 4;
    if (e->upper < want * (1 - 1e-12)) return 5;
    return e->upper <= want + tolerance * size ? 0 : 6;
}

/* Is a margin so small against its terms that double precision cannot tell? */
static bool is_hidden_by_rounding(const experiment *e) {
    for (int c = 0; c < e->classes; c++) {
        double size = 0;
        for (int k = 0; k < e->classes; k++)
            for (size_t i = 0; i < e->q.space.dim; i++)
                size += fabs(e->linear->w[(size_t)k * e->q.space.dim + i] * e->q.x0[i]);
        if (c != e->goal.label && fabs(margin(e, c, e->goal.label)) < 1e-4 * size)
            return true;
    }
    return false;
}

static void test_random_models(int norm, bool f32) {
    int wrong = 0, infinite = 0, loose = 0;
    for (int k = 0; k < MODELS; k++) {
        experiment e = {.contradiction = false};
        do {
            if (e.model) gull_model_close(&e.model);
            make_experiment(&e, norm, f32);
        } while (is_hidden_by_rounding(&e));
        run_method(&e);
        const double want = least_miss(&e);
        /* In float32 the inputs' and the scores' own resolution is the limit. */
        double size = 1;
        for (size_t i = 0; i < e.q.space.dim; i++) size = fmax(size, fabs(e.q.x0[i]));
        const double fine = f32 ? 64 * 0x1p-23 * (1 + size / fmax(want, 1e-30)) : 1e-9;
        const int rule = check_interval(&e, want, fine);
        infinite += isinf(want);
        loose += isfinite(want) && isinf(e.upper);
        if (rule && !wrong++)
            printf("# model %d rule %d: want %.17g, got [%.17g, %.17g]\n", k, rule, want,
                   e.lower, e.upper);
        gull_model_close(&e.model);
    }
    tap_ok(!wrong && infinite > 10,
           "%s: %d random %s models, both ends equal the oracle's",
           gull_costs[norm]->name, MODELS, f32 ? "float32" : "double");
    if (wrong)
        printf("# %d wrong, %d unreachable, %d without witness\n", wrong, infinite,
               loose);
}

/* ---- Targets ---- */

typedef struct { /* a . d >= need */
    double a[2], need;
} half_plane;

static double cost_if_inside(const experiment *e, const half_plane *h,
                             const double d[2]) {
    const double x[2] = {e->q.x0[0] + d[0], e->q.x0[1] + d[1]};
    for (int c = 0; c < e->classes; c++) {
        const double size =
            fabs(h[c].a[0] * d[0]) + fabs(h[c].a[1] * d[1]) + fabs(h[c].need);
        if (c != e->goal.target &&
            !(h[c].a[0] * d[0] + h[c].a[1] * d[1] >= h[c].need - 1e-12 * size))
            return INFINITY;
    }
    return gull_costs[e->norm]->measure(&e->q.space, x);
}

/* Where the line of h meets the line p . d = r. */
static double at_crossing(const experiment *e, const half_plane *all, const half_plane *h,
                          double p0, double p1, double r) {
    const double det = h->a[0] * p1 - h->a[1] * p0;
    const double d[2] = {(h->need * p1 - h->a[1] * r) / det,
                         (h->a[0] * r - h->need * p0) / det};
    return det != 0 ? cost_if_inside(e, all, d) : INFINITY;
}

/* Two features: the optimum is a corner of the region, or on one side of it where the
 * norm is least: on an axis (l1), a diagonal (linf), at the foot of the normal (l2). */
static double least_target_in_plane(const experiment *e) {
    const double u = weight(&e->q, 0), v = weight(&e->q, 1);
    half_plane h[CLASSES];
    double best = INFINITY;
    for (int c = 0; c < e->classes; c++) {
        const double *wt = e->linear->w + 2 * e->goal.target, *wc = e->linear->w + 2 * c;
        h[c] =
            (half_plane){{wt[0] - wc[0], wt[1] - wc[1]}, -margin(e, e->goal.target, c)};
    }
    for (int c = 0; c < e->classes; c++) {
        if (c == e->goal.target) continue;
        const double more[5][2] = {
            {1, 0}, {0, 1}, {u, v}, {u, -v}, {-h[c].a[1] * u * u, h[c].a[0] * v * v}};
        for (int k = 0; k < 5; k++)
            best = fmin(best, at_crossing(e, h, h + c, more[k][0], more[k][1], 0));
        for (int k = 0; k < c; k++)
            if (k != e->goal.target)
                best =
                    fmin(best, at_crossing(e, h, h + c, h[k].a[0], h[k].a[1], h[k].need));
    }
    return best;
}

static void test_targets(int norm) {
    int wrong = 0, exact = 0, found = 0, reachable = 0;
    for (int k = 0; k < 100; k++) {
        experiment e = {.contradiction = false};
        do {
            if (e.model) gull_model_close(&e.model);
            make_experiment(&e, norm, false);
        } while (e.q.space.dim != 2 || e.classes < 3);
        for (int i = 0; i < 2; i++) {
            e.q.x0[i] = normal();
            e.q.lo[i] = -INFINITY;
            e.q.hi[i] = INFINITY;
        }
        e.goal = (gull_goal){GULL_TARGET, 0, 0, 0};
        double most = -INFINITY; /* a target that does not win yet */
        for (int c = 0; c < e.classes; c++)
            if (margin(&e, c, 0) > most) most = margin(&e, c, e.goal.label = 0);
        for (int c = 0; c < e.classes; c++)
            if (margin(&e, c, 0) < most) e.goal.target = c;
        run_method(&e);
        const double want = least_target_in_plane(&e);
        wrong +=
            e.contradiction || e.lower > want * (1 + 1e-9) || e.upper < want * (1 - 1e-9);
        reachable += isfinite(want);
        found += isfinite(e.upper);
        exact += isfinite(e.upper) && e.upper - e.lower <= 1e-6 * e.upper;
        gull_model_close(&e.model);
    }
    tap_ok(!wrong && found * 10 >= reachable * 9 && exact * 2 >= found,
           "%s: targets among several classes are bracketed (%d reachable, %d found, %d "
           "exact)",
           gull_costs[norm]->name, reachable, found, exact);
}

/* ---- For test_linear_lp.py: questions on stdin, both ends on stdout ---- */

static bool read_numbers(double *out, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (scanf("%lf", out + i) != 1) return false;
    return true;
}

/* norm, features, classes, label, target (-1: miss), weights given?; then x0, lo, hi,
 * weight, w and b. */
static bool read_experiment(experiment *e) {
    int dim, classes, label, target, weighted;
    if (scanf("%d %d %d %d %d %d", &e->norm, &dim, &classes, &label, &target,
              &weighted) != 6)
        return false;
    const size_t n = (size_t)dim, k = (size_t)classes;
    if (n > DIM || k > CLASSES || e->norm < 0 || e->norm > GULL_LINF) return false;
    double *w = malloc(k * n * sizeof *w), *b = malloc(k * sizeof *b);
    question *q = &e->q;
    if (!read_numbers(q->x0, n) || !read_numbers(q->lo, n) || !read_numbers(q->hi, n) ||
        !read_numbers(q->weight, n) || !read_numbers(w, k * n) || !read_numbers(b, k))
        exit(2);
    q->space = (gull_space){q->x0, q->lo, q->hi, weighted ? q->weight : NULL, n, false, NULL};
    e->classes = classes;
    e->goal = (gull_goal){target < 0 ? GULL_MISS : GULL_TARGET, label, target, 0};
    const gull_model_facts facts = {.classes = classes, .dim = n};
    return gull__linear_new(&e->model, &facts, w, b) == GULL_OK;
}

static int solve_stdin(void) {
    for (experiment e = {.contradiction = false}; read_experiment(&e);) {
        run_method(&e);
        printf("%.17g %.17g %d\n", e.lower, e.upper, e.contradiction);
        gull_model_close(&e.model);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "solve")) return solve_stdin();
    random_numbers = gull__stream(7, 0, "linear exact");
    for (int norm = GULL_L0; norm <= GULL_LINF; norm++) {
        test_random_models(norm, false);
        test_random_models(norm, true);
        if (norm != GULL_L0) test_targets(norm);
    }
    return tap_done();
}
