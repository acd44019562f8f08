/* ask_rows.h - for tests: asks chosen methods about rows of a model that was built in
 * memory, with a box and weights, through the same door as the command. */
#ifndef GULL_TEST_ASK_ROWS_H
#define GULL_TEST_ASK_ROWS_H
#include "core/model.h"
#include "core/registry.h"
#include "core/result.h"
#include "tap.h"

enum { ASK_ROWS = 64, ASK_METHODS = GULL_MAX_PLAN };

typedef struct ask_rows { /* what is asked, then the answers */
    const gull_model *model;
    gull_task task; /* x, label, lo, hi, weight point to the test's arrays */
    gull_question question;
    gull_plan plan;
    gull_answer answer[ASK_ROWS];
    gull_outcome outcome[ASK_ROWS][ASK_METHODS];
    double *witness; /* rows x dim, malloc'd */
    size_t next;
    int status;
} ask_rows;

__attribute__((unused)) static size_t ask_next(void *p) {
    ask_rows *a = p;
    return a->next < a->task.rows ? a->next++ : SIZE_MAX;
}
__attribute__((unused)) static void ask_row(void *p, size_t i, gull_seat *seat) {
    ask_rows *a = p;
    const gull_desk desk = {&a->question, &a->plan, &a->task, a->model};
    const int status =
        gull__answer_row(&desk, i, seat, &a->answer[i], a->witness + i * a->task.dim);
    if (status < 0) a->status = status;
}

__attribute__((unused)) static ask_rows *ask_new(const gull_model *m, const gull_task *t,
                                                 const gull_cost *cost) {
    ask_rows *a = calloc(1, sizeof *a);
    a->model = m;
    a->task = *t;
    a->question =
        (gull_question){.cost = cost, .granted = GULL_ANY, .last = SIZE_MAX, .seed = 1};
    snprintf(a->question.access, sizeof a->question.access, "structure");
    return a;
}

/* Runs the plan: answer[] and witness are new each time. */
__attribute__((unused)) static int ask_run(ask_rows *a) {
    free(a->witness);
    a->witness = calloc(a->task.rows * a->task.dim + 1, sizeof(double));
    memset(a->answer, 0, sizeof a->answer);
    memset(a->outcome, 0, sizeof a->outcome);
    for (size_t i = 0; i < a->task.rows; i++) a->answer[i].outcome = a->outcome[i];
    a->next = 0;
    a->status = GULL_OK;
    const int status = gull__batch_run(a->model, 1, ask_next, ask_row, a, NULL);
    return status < 0 ? status : a->status;
}

/* Runs one method, given as a string; GULL_EUNSUPPORTED when it does not apply. */
__attribute__((unused)) static int ask_method(ask_rows *a, const char *spec) {
    char *const text = (char *)(uintptr_t)spec;
    gull__plan_free(&a->plan);
    a->question.method[0] = text;
    a->question.method_count = 1;
    const int status = gull__plan_new(&a->plan, &a->question, "audit", a->model, NULL);
    a->question.method_count = 0;
    return status < 0 ? status : ask_run(a);
}

/* Runs what an audit would choose. */
__attribute__((unused)) static int ask_audit(ask_rows *a) {
    gull__plan_free(&a->plan);
    const int status = gull__plan_new(&a->plan, &a->question, "audit", a->model, NULL);
    return status < 0 ? status : ask_run(a);
}

__attribute__((unused)) static void ask_free(ask_rows *a) {
    gull__plan_free(&a->plan);
    free(a->witness);
    free(a);
}

/* ---- Random numbers for models (splitmix64) ---- */

static uint64_t ask_state = 1;
__attribute__((unused)) static uint64_t ask_draw(void) {
    uint64_t z = (ask_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
__attribute__((unused)) static double ask_uniform(void) {
    return (double)(ask_draw() >> 11) * 0x1p-53;
}
__attribute__((unused)) static double ask_normal(void) {
    return sqrt(-2 * log(1 - ask_uniform())) * cos(2 * M_PI * ask_uniform());
}
__attribute__((unused)) static double *ask_normals(size_t n, double scale) {
    double *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = (float)(scale * ask_normal());
    return v;
}
#endif
