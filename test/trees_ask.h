/* trees_ask.h - for tests: runs the method "trees" on chosen problems, and reads npy. */
#ifndef GULL_TEST_TREES_ASK_H
#define GULL_TEST_TREES_ASK_H
#include "core/model.h"
#include "core/run.h"
#include "model/trees.h"
#include "tap.h"
#include <stdlib.h>
#include <time.h>

extern const gull_cost gull_cost_linf, gull_cost_l2, gull_cost_l1, gull_cost_l0;
extern const gull_method gull_proof_trees;

typedef struct trees_ask { /* one row's question and its answer */
    const double *x0, *lo, *hi, *weight;
    gull_goal goal;
    const gull_cost *cost; /* NULL: linf */
    double start;          /* a known upper bound; INFINITY: none */
    double nodes;          /* the option; 0: none */
    double lower, upper, seconds;
    double *witness; /* dim */
    int status;
    bool contradiction;
} trees_ask;

typedef struct trees_asks {
    const gull_model *model;
    trees_ask *ask;
    size_t count, next;
    double timeout;
} trees_asks;

static size_t trees_next(void *payload) {
    trees_asks *a = payload;
    return a->next < a->count ? a->next++ : SIZE_MAX;
}

static void trees_row(void *payload, size_t i, gull_seat *seat) {
    trees_asks *all = payload;
    trees_ask *a = &all->ask[i];
    const size_t dim = all->model->facts.dim;
    gull_question q = {.granted = ~0u, .timeout = all->timeout};
    gull_plan plan = {.count = 1};
    plan.spec[0] =
        (gull_spec){.method = &gull_proof_trees, .text = (char *)(uintptr_t) "trees",
                    .options = &a->nodes, .proof = true};
    gull_outcome outcome = {0};
    double *room = calloc(dim + (size_t)all->model->facts.classes, sizeof *room);
    gull_row row = {.question = &q,
                    .plan = &plan,
                    .model = all->model,
                    .seat = seat,
                    .upper = a->start,
                    .lower_by = -1,
                    .upper_by = -1,
                    .witness = a->witness,
                    .trial = room,
                    .scores = room + dim,
                    .outcome = &outcome};
    row.problem = (gull_problem){{a->x0, a->lo, a->hi, a->weight, dim, true, NULL},
                                 a->goal,
                                 a->cost ? a->cost : &gull_cost_linf,
                                 NULL,
                                 0};
    struct timespec t0, t1;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
    gull__run_method(&row, 0);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
    a->seconds =
        (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    a->lower = row.lower;
    a->upper = row.upper;
    a->status = outcome.status;
    a->contradiction = row.contradiction;
    free(room);
}

__attribute__((unused)) static int trees_answer(trees_asks *asks) {
    gull_error err;
    asks->next = 0;
    return gull__batch_run(asks->model, 1, trees_next, trees_row, asks, &err);
}

/* The scores of n rows, by the family's fast evaluator or its second one. */
__attribute__((unused)) static void trees_scores(const gull_model *m, const double *x,
                                                 size_t n, bool second, double *out) {
    const gull_family *f = m->family;
    void *worker = NULL;
    if (f->worker_new(m->state, 1, &worker, NULL) < 0) return;
    for (size_t r = 0; r < n; r++, x += m->facts.dim, out += m->facts.classes)
        second ? f->reference(m->state, worker, x, out)
               : f->scores(m->state, worker, x, 1, out);
    f->worker_free(m->state, worker);
}

/* A little-endian npy file of 4-byte numbers; NULL when it cannot be read. */
__attribute__((unused)) static void *trees_npy(const char *dir, const char *model,
                                               const char *name, size_t *count) {
    char path[600];
    unsigned char head[10];
    snprintf(path, sizeof path, "%s/trees/%s/%s", dir, model, name);
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    void *data = NULL;
    if (fread(head, 1, 10, f) == 10) {
        const long at = 10 + head[8] + 256 * head[9];
        fseek(f, 0, SEEK_END);
        const long end = ftell(f);
        fseek(f, at, SEEK_SET);
        data = malloc((size_t)(end - at) + 1);
        *count = fread(data, 4, (size_t)(end - at) / 4, f);
    }
    fclose(f);
    return data;
}

__attribute__((unused)) static int trees_argmax(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}
#endif
