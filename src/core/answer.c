/* answer.c - one row from start to end: the methods of the plan, cheapest first, until
 * the interval is a point. */
#include "core/draws.h"
#include "core/model.h"
#include "core/result.h"
#include <stdlib.h>
#include <string.h>

const char *gull__answer_text(gull_answer_status s) {
    static const char *const text[] = {"not done", "misread",  "exact",    "bracketed",
                                       "attacked", "proved", "undecided"};
    return text[s];
}

const char *gull__skip_text(gull_skip why) {
    static const char *const text[] = {"",
                                       "the interval is a point",
                                       "independent attacks agree",
                                       "no asked distance is near",
                                       "cheaper attacks found a way",
                                       "a stronger one of its kind runs",
                                       "every asked distance fools already"};
    return text[why];
}

static int argmax(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}

/* Softmax probability of class k: what people call the confidence; of heads with a
 * threshold without it, so that it is the network's own probability. */
static double confidence(const gull_model *m, const double *s, int k) {
    double sum = 0;
    const double cut = m->facts.cut;
    if (!strcmp(m->facts.scores, "probabilities")) return s[k];
    for (int i = 0; i < m->facts.classes; i++) 
        sum += exp((s[i] - (i ? 0 : cut)) - (s[k] - (k ? 0 : cut)));
    return 1 / sum;
}

/* The row's own box: frozen and one-way features depend on x0. */
static void narrow(const gull_task *t, const double *x0, double *lo, double *hi) {
    for (size_t i = 0; i < t->dim; i++) {
        const uint8_t rule = t->rule[i];
        lo[i] = rule & (GULL_FROZEN | GULL_ONLY_UP) ? x0[i] : t->lo[i];
        hi[i] = rule & (GULL_FROZEN | GULL_ONLY_DOWN) ? x0[i] : t->hi[i];
    }
}

static gull_answer_status judge(const gull_row *row) {
    const gull_problem *p = &row->problem;
    const double asked = p->eps_count ? p->eps[p->eps_count - 1] : INFINITY;
    const bool witness = isfinite(row->upper), bound = row->lower_by >= 0;
    if (witness) {
        if (gull__row_exact(row)) return GULL_EXACT;
        return bound ? GULL_BRACKETED : GULL_ATTACKED;
    }
    return bound && row->lower >= asked ? GULL_PROVED : GULL_UNDECIDED;
}

/* Random noise runs even when the row is settled; --thorough runs everything. */
static int work(gull_row *row) {
    for (size_t i = 0; i < row->plan->count; i++) {
        const gull_spec *spec = &row->plan->spec[i];
        const bool always =
            row->question->thorough || spec->method->stage >= GULL_STAGE_BASELINE;
        if (spec->is_part || (!always && gull__row_settled(row))) continue;
        TRY(gull__run_method(row, i));
    }
    return GULL_OK;
}

static void record(gull_row *row, gull_answer *a) {
    const gull_plan *plan = row->plan;
    a->status = judge(row);
    a->lower = row->lower;
    a->upper = row->upper;
    a->lower_by = row->lower_by;
    a->upper_by = row->upper_by;
    a->contradiction = row->contradiction;
    a->queries = row->queries;
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->spec[i].method->name, "random") || !row->outcome[i].ran) continue;
        a->noise_tried = true;
        a->noise = fmin(a->noise, row->outcome[i].upper);
    }
}

static int describe_witness(gull_row *row, gull_answer *a) {
    if (isinf(row->upper)) return GULL_OK;
    TRY(gull__draws_scores(row, row->witness, row->scores));
    a->becomes = row->draws ? gull__draws_winner(row)
                            : argmax(row->scores, row->model->facts.classes);
    a->confidence_after = confidence(row->model, row->scores, a->becomes);
    return GULL_OK;
}

/* The row as it is: what the model says, and whether that is wrong already. */
static int look(gull_row *row, gull_answer *a) {
    const double *x0 = row->problem.space.x0;
    const int classes = row->model->facts.classes;
    bool fools;
    TRY(gull__draws_scores(row, x0, row->scores));
    a->queries = row->queries = gull__draws_asked(row);
    a->predicted = row->draws ? gull__draws_winner(row) : argmax(row->scores, classes);
    a->confidence = confidence(row->model, row->scores, a->predicted);
    const bool aim = row->question->goal == GULL_TARGET;
    if (row->draws) TRY(gull__draws_fool(row, x0, false, &fools));
    else fools = a->predicted != a->label || (aim && a->predicted == row->question->target);
    if (!fools) return GULL_OK;
    a->status = GULL_MISREAD;
    a->upper = 0;
    memcpy(row->witness, x0, row->problem.space.dim * sizeof(double));
    return GULL_OK;
}

static int answer(gull_row *row, gull_answer *a) {
    TRY(look(row, a));
    if (a->status == GULL_MISREAD) return GULL_OK;
    TRY(work(row));
    record(row, a);
    return describe_witness(row, a);
}

int gull__answer_row(const gull_desk *d, size_t index, gull_seat *seat, gull_answer *a,
                     double *witness) {
    const gull_task *t = d->task;
    const size_t dim = t->dim, classes = (size_t)d->model->facts.classes;
    double *buffer = malloc((3 * dim + classes) * sizeof *buffer);
    if (!buffer) return GULL_ENOMEM;
    const double *x0 = t->x + index * dim;
    gull_row row = {.question = d->question, .plan = d->plan, .model = d->model, .seat = seat,
                    .number = t->first + index, .shape = t->rank == 3 ? t->shape : NULL,
                    .upper = INFINITY, .lower_by = -1,
                    .upper_by = -1, .witness = witness, .trial = buffer,
                    .scores = buffer + 3 * dim, .outcome = a->outcome};
    row.problem = (gull_problem){
        {x0, t->lo, t->hi, t->weight, dim, d->model->facts.f32, t->grid},
        {d->question->goal, t->label[index], d->question->target, d->model->facts.slack},
        d->question->cost, d->question->eps, d->question->eps_count};
    if (t->rule) {
        narrow(t, x0, buffer + dim, buffer + 2 * dim);
        row.problem.space.lo = buffer + dim;
        row.problem.space.hi = buffer + 2 * dim;
    }
    a->number = row.number;
    a->label = t->label[index];
    a->lower_by = a->upper_by = a->becomes = -1;
    a->lower = 0;
    a->upper = a->noise = INFINITY;
    for (size_t i = 0; i < dim; i++) witness[i] = NAN;
    int status = gull__draws_open(&row);
    if (status >= 0) status = answer(&row, a);
    gull__draws_close(&row);
    if (isinf(a->upper))
        for (size_t i = 0; i < dim; i++) witness[i] = NAN;
    a->seconds = gull__seat_seconds(seat);
    free(buffer);
    return status;
}
