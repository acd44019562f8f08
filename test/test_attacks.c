/* test_attacks.c - attacks against the closed form: on linear models the least distance
 * is known exactly, so each attack's shortfall can be measured.  Random noise must do
 * worse. */
#include "ask_rows.h"
#include "model/linear.h"
#include <time.h>

enum { DIM = 40, CLASSES = 4, ROWS = 20 };

typedef struct limit { /* greatest mean of found / exact - 1, per cost; NAN: not run */
    const char *method;
    double most[4]; /* l0 l1 l2 linf */
} limit;
static const limit limits[] = {
    {"fgsm", {1, 1, 0.25, 0.25}},        {"deepfool", {0.3, 0.01, 0.01, 0.01}},
    {"fmn", {0.3, 0.02, 0.02, 0.02}},    {"ddn", {NAN, NAN, 0.02, NAN}},
    {"pgd", {0.5, 0.05, 0.05, 0.05}},    {"pgd:loss=margin", {0.5, 0.05, 0.03, 0.03}},
    {"pgd:loss=dlr", {1, 0.1, 0.1, 0.1}}, {"apgd:refine=6", {NAN, 0.15, 0.08, 0.08}},
    {"apgd:targets=3,refine=6", {NAN, 0.05, 0.05, 0.05}},
    {"fab", {NAN, 0.01, 0.01, 0.01}}, {"fab:targets=3", {NAN, 0.01, 0.01, 0.01}},
    {"square:queries=1000", {NAN, 1, 0.5, 0.2}},
    {"cw:steps=300", {NAN, NAN, 0.02, NAN}},
    {"cw:steps=300,polish=0", {NAN, NAN, 0.1, NAN}},
    {"ead", {NAN, 0.02, NAN, NAN}}, {"ead:polish=0,beta=0.1", {NAN, 0.3, NAN, NAN}},
    {"lbfgs", {NAN, NAN, 0.02, NAN}}, {"lbfgs:polish=0", {NAN, NAN, 0.05, NAN}},
    {"bb", {1, 0.02, 0.02, 0.02}}, {"bb:polish=0", {1, 0.03, 0.03, 0.03}},
    {"sigmazero", {0.3, NAN, NAN, NAN}}, {"sparsefool", {0.5, 0.1, NAN, NAN}},
    {"jsma", {0.5, NAN, NAN, NAN}}, {"pgd:momentum=1", {0.5, 0.05, 0.05, 0.05}},
    {"fmn:restarts=2,targets=1", {0.3, 0.02, 0.02, 0.02}},
    {"ddn:restarts=2", {NAN, NAN, 0.02, NAN}},
    {"onepixel:pixels=16", {1, NAN, NAN, NAN}}};

static double x[ROWS * DIM], lo[DIM], hi[DIM], weight[DIM];
static int label[ROWS];

static gull_model *make_model(bool f32) {
    const gull_model_facts facts = {
        .classes = CLASSES, .dim = DIM, .f32 = f32, .scores = "logits"};
    gull_model *m = NULL;
    double *w = ask_normals(CLASSES * DIM, 1), *b = calloc(CLASSES, sizeof *b);
    for (size_t i = 0; i < CLASSES * DIM; i++) b[i / DIM] -= w[i] / 2;
    if (gull__linear_new(&m, &facts, w, b) < 0) exit(1);
    return m;
}

static gull_task make_rows(const gull_model *m, bool boxed, bool weighted) {
    double scores[ROWS * CLASSES];
    for (size_t i = 0; i < ROWS * DIM; i++) x[i] = (float)ask_uniform();
    for (size_t i = 0; i < DIM; i++) {
        lo[i] = boxed ? 0 : -INFINITY;
        hi[i] = boxed ? 1 : INFINITY;
        weight[i] = 0.5 + ask_uniform();
    }
    gull__predict(m, x, ROWS, scores, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        label[i] = 0;
        for (int c = 1; c < CLASSES; c++)
            if (scores[i * CLASSES + c] > scores[i * CLASSES + label[i]]) label[i] = c;
    }
    return (gull_task){.rows = ROWS,
                       .dim = DIM,
                       .x = x,
                       .label = label,
                       .lo = lo,
                       .hi = hi,
                       .weight = weighted ? weight : NULL};
}

/* Mean of found / least - 1; INFINITY when a row was not fooled, -1 below the bound. */
static double shortfall(const ask_rows *a, const double *lower, const double *least) {
    double sum = 0;
    int count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (isinf(least[i]) || a->answer[i].status == GULL_MISREAD) continue;
        if (a->answer[i].upper < lower[i] * (1 - 1e-12)) return -1;
        sum += a->answer[i].upper / least[i] - 1;
        count++;
    }
    return count ? sum / count : NAN;
}

static void test_cost(int cost, bool boxed, bool weighted, gull_goal_kind goal) {
    gull_model *m = make_model(boxed);
    const gull_task t = make_rows(m, boxed, weighted);
    ask_rows *a = ask_new(m, &t, gull_costs[cost]);
    double lower[ROWS], least[ROWS];
    a->question.goal = goal;
    a->question.target = 1;
    char what[100];
    snprintf(what, sizeof what, "%s%s%s%s", gull_costs[cost]->name, boxed ? ", box" : "",
             weighted ? ", weights" : "", goal == GULL_TARGET ? ", target" : "");
    bool good = ask_method(a, "linear") == GULL_OK;
    for (size_t i = 0; i < ROWS; i++) {
        lower[i] = a->answer[i].lower;
        least[i] = a->answer[i].upper;
    }
    tap_ok(good, "%s: closed form", what);
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        if (isnan(limits[k].most[cost])) continue;
        const double allowed =
            goal == GULL_TARGET ? 5 * limits[k].most[cost] : limits[k].most[cost];
        const clock_t start = clock();
        good = ask_method(a, limits[k].method) == GULL_OK;
        const double worse = shortfall(a, lower, least);
        tap_ok(good && worse >= -0.5 && worse <= allowed,
               "%s: %s finds %.3f%% more than the least (allowed %g%%), %.0f queries, "
               "%.0f us a row",
               what, limits[k].method, 100 * worse, 100 * allowed,
               (double)a->answer[0].queries,
               1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / ROWS);
    }
    good = ask_method(a, "random") == GULL_OK;
    const double noise = shortfall(a, lower, least);
    tap_ok(good && noise > (cost == GULL_L0 ? 0.05 : 0.5),
           "%s: random noise needs %.0f%% more", what, 100 * noise);
    ask_free(a);
    gull_model_close(&m);
}

/* Rows of 2 x 4 x 5 pictures with every third feature frozen: the attacks that look at the
 * shape, and AutoAttack's protocol at several distances. */
static void test_pictures(int cost) {
    static const limit some[] = {{"apgd:targets=3,refine=6", {NAN, 0.1, 0.05, 0.05}},
                                 {"fab", {NAN, 0.05, 0.01, 0.01}},
                                 {"square:queries=1000", {NAN, 1.5, 0.7, 0.3}}};
    gull_model *m = make_model(true);
    gull_task t = make_rows(m, true, false);
    uint8_t rule[DIM] = {0};
    double lower[ROWS], least[ROWS], sum = 0;
    for (size_t i = 0; i < DIM; i += 3) rule[i] = GULL_FROZEN;
    t.rule = rule;
    t.rank = 3;
    t.shape[0] = 2;
    t.shape[1] = 4;
    t.shape[2] = 5;
    ask_rows *a = ask_new(m, &t, gull_costs[cost]);
    bool good = ask_method(a, "linear") == GULL_OK;
    for (size_t i = 0; i < ROWS; i++) {
        lower[i] = a->answer[i].lower;
        least[i] = a->answer[i].upper;
        sum += isfinite(least[i]) ? least[i] / ROWS : 0;
    }
    for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
        good &= ask_method(a, some[k].method) == GULL_OK;
        const double worse = shortfall(a, lower, least);
        tap_ok(good && worse >= -0.5 && worse <= some[k].most[cost],
               "%s, pictures, frozen features: %s finds %.3f%% more than the least",
               gull_costs[cost]->name, some[k].method, 100 * worse);
    }
    a->question.eps_count = 3;
    for (int k = 0; k < 3; k++) a->question.eps[k] = sum * (0.5 + 0.5 * k);
    good = ask_method(a, "standard") == GULL_OK;
    int decided = 0;
    for (size_t i = 0; i < ROWS; i++)
        for (int k = 0; k < 3; k++) {
            const double eps = a->question.eps[k];
            if (least[i] > 0.97 * eps) continue;
            good &= a->answer[i].upper <= eps;
            decided++;
        }
    tap_ok(good && decided > ROWS / 2, "%s: standard fools wherever the least allows: %d times",
           gull_costs[cost]->name, decided);
    ask_free(a);
    gull_model_close(&m);
}

int main(void) {
    for (int cost = 0; cost < 4; cost++) {
        test_cost(cost, true, false, GULL_MISS);
        test_cost(cost, false, false, GULL_MISS);
        if (cost != GULL_L0) test_cost(cost, true, true, GULL_MISS);
        test_cost(cost, true, false, GULL_TARGET);
    }
    for (int cost = GULL_L1; cost < 4; cost++) test_pictures(cost);
    return tap_done();
}
