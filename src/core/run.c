/* run.c - the only door from a method to the model, and the referee: counts queries,
 * enforces access, budget and time, checks every witness with a second evaluator. */
#include "core/crowd.h"
#include "core/draws.h"
#include "core/grid.h"
#include "core/model.h"
#include "core/random.h"
#include "core/registry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct scratch {
    struct scratch *next;
    void *data;
} scratch;

struct gull_run {
    gull_row *row;
    gull_problem problem; /* the row's, or a part's narrower one */
    gull_outcome *outcome;
    int index; /* in the plan */
    gull_stream random;
    uint64_t queries, most; /* asked in this run; at most so many: 0, no limit */
    double started;         /* the seat's clock when the method began */
    double upper;           /* least distance found in this run */
    double gradients, zero; /* asked in this run; zero in every feature */
    scratch *scratch;
    struct gull_run *parent; /* of a part */
};

const gull_problem *gull_run_problem(const gull_run *r) { return &r->problem; }
int gull_run_classes(const gull_run *r) { return r->row->model->facts.classes; }
const size_t *gull_run_shape(const gull_run *r) { return r->row->shape; }
double gull_run_upper(const gull_run *r) { return r->row->upper; }
double gull_run_lower(const gull_run *r) { return r->row->lower; }
const double *gull_run_witness(const gull_run *r) {
    return isinf(r->row->upper) ? NULL : r->row->witness;
}
uint64_t gull_run_random(gull_run *r) { return gull__stream_next(&r->random); }
double gull_run_uniform(gull_run *r) { return gull__stream_uniform(&r->random); }
double gull_run_normal(gull_run *r) { return gull__stream_normal(&r->random); }

void *gull_run_scratch(gull_run *r, size_t bytes) {
    scratch *s = malloc(sizeof *s);
    if (!s) return NULL;
    if (bytes > SIZE_MAX - 64 || !(s->data = aligned_alloc(64, (bytes + 64) & ~(size_t)63))) {
        free(s);
        return NULL;
    }
    memset(s->data, 0, bytes);
    s->next = r->scratch;
    r->scratch = s;
    return s->data;
}

int gull_run_stop(const gull_run *r) {
    const gull_question *q = r->row->question;
    if (q->timeout > 0 && gull__seat_seconds(r->row->seat) > q->timeout) return GULL_ETIME;
    if (r->most && r->queries >= r->most) return GULL_EBUDGET;
    if (r->parent && r->parent->most && r->parent->queries >= r->parent->most) return GULL_EBUDGET;
    return q->budget && r->row->queries >= q->budget ? GULL_EBUDGET : GULL_OK;
}

static int admit(gull_run *r, unsigned need) {
    if (need & ~(r->row->question->granted & gull__model_can(r->row->model)))
        return GULL_EACCESS;
    TRY(gull_run_stop(r));
    const size_t draws = gull__draws_asked(r->row);
    for (gull_run *each = r; each; each = each->parent) {
        each->queries += draws;
        each->outcome->queries += draws;
    }
    r->row->queries += draws;
    return GULL_OK;
}

int gull_ask_scores(gull_run *r, const double *x, double *scores) {
    TRY(admit(r, GULL_CAN_SCORES));
    return gull__draws_scores(r->row, x, scores);
}

static int argmax(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}

int gull_ask_label(gull_run *r, const double *x, int *label) {
    TRY(admit(r, GULL_CAN_LABELS));
    TRY(gull__draws_scores(r->row, x, r->row->scores));
    *label = argmax(r->row->scores, r->row->model->facts.classes);
    return GULL_OK;
}

static bool is_zero(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (v[i] != 0) return false;
    return true;
}

int gull_ask_gradient(gull_run *r, const double *x, gull_loss loss, double *scores,
                      double *value, double *g) {
    TRY(admit(r, GULL_CAN_GRADIENT));
    TRY(gull__draws_gradient(r->row, x, loss, scores, value, g));
    const bool flat = is_zero(g, r->problem.space.dim);
    for (gull_run *each = r; each; each = each->parent) {
        each->outcome->gradients++;
        each->outcome->flat += flat;
        each->gradients++;
        each->zero += flat;
    }
    return GULL_OK;
}

const void *gull_ask_structure(gull_run *r, unsigned can) {
    const gull_model *m = r->row->model;
    if (can & ~(r->row->question->granted & gull__model_can(m))) return NULL;
    return m->family->structure(m->state, can);
}

bool gull_run_together(gull_run *r, double *x) {
    const gull_spec *spec = &r->row->plan->spec[r->index];
    const gull_question *q = r->row->question;
    if (!spec->change || !q->eps_count) return false;
    for (gull_run *each = r; each; each = each->parent) {
        each->queries += spec->passes;
        each->outcome->queries += spec->passes;
    }
    r->row->queries += spec->passes;
    gull__apply_change(&r->row->problem.space, q->cost, spec->change, q->eps[q->eps_count - 1], x);
    return true;
}

/* ---- The referee ---- */

/* Into the box, and to a number the model can be given.  The box's ends are such numbers
 * (bind.c), so rounding cannot leave it.  NaN (a missing value) stays where x0 has it.
 * Whole numbers and quantised pixels come last: their values are floats already. */
static void admissible(const gull_space *s, enum gull_rounding how, const double *x, double *y) {
    for (size_t i = 0; i < s->dim; i++) {
        double v = isnan(x[i]) ? s->x0[i] : fmin(fmax(x[i], s->lo[i]), s->hi[i]);
        if (isnan(s->x0[i])) v = s->x0[i];
        if (s->grid) v = gull__grid_round(s, how, i, v);
        y[i] = s->f32 ? (double)(float)v : v;
    }
}

/* row->trial, which is admissible. */
static int judge_trial(gull_run *r, double *distance) {
    gull_row *row = r->row;
    const gull_problem *p = &row->problem;
    bool fools;
    TRY(gull__draws_fool(row, row->trial, false, &fools));
    if (!fools) return GULL_OK;
    const double d = p->cost->measure(&p->space, row->trial);
    if (!(d < row->upper) && !(d < r->upper)) {
        *distance = d;
        return GULL_OK;
    }
    TRY(gull__draws_fool(row, row->trial, true, &fools));
    if (!fools) return GULL_OK;
    *distance = d;
    for (gull_run *each = r; each; each = each->parent) {
        each->upper = fmin(each->upper, d);
        each->outcome->upper = fmin(each->outcome->upper, d);
    }
    if (d < row->upper) {
        row->upper = d;
        row->upper_by = r->index;
        memcpy(row->witness, row->trial, p->space.dim * sizeof(double));
    }
    return GULL_OK;
}

/* A point off the grid may be rounded any way: the least change first. */
int gull_found(gull_run *r, const double *x, double *distance) {
    static const enum gull_rounding how[] = {GULL_TOWARDS, GULL_NEAREST, GULL_AWAY};
    const gull_space *s = &r->row->problem.space;
    double d = INFINITY;
    for (size_t i = 0; i < (s->grid ? 3 : 1) && isinf(d); i++) {
        admissible(s, how[i], x, r->row->trial);
        TRY(judge_trial(r, &d));
    }
    if (distance) *distance = d;
    return GULL_OK;
}

int gull_bounded(gull_run *r, double lower) {
    if (!(lower >= 0)) return GULL_OK;
    lower = gull__grid_lower(&r->row->problem, lower);
    r->outcome->bounded = true;
    if (lower > r->outcome->lower) r->outcome->lower = lower;
    if (r->row->lower_by < 0 || lower > r->row->lower) {
        r->row->lower = lower;
        r->row->lower_by = r->index;
    }
    return GULL_OK;
}

/* The greatest cost of moving one changed feature by a unit in the last place of float32:
 * no distance between can be told from its neighbours.  0 where cost counts features. */
static double grid(const gull_row *row) {
    const gull_space *s = &row->problem.space;
    double most = 0;
    if (!s->f32 || gull__cost_index(row->problem.cost) == GULL_L0) return 0;
    for (size_t i = 0; i < s->dim; i++) {
        const float x = fabsf((float)row->witness[i]);
        if (row->witness[i] != s->x0[i])
            most = fmax(most, (s->weight ? s->weight[i] : 1) * (double)(nextafterf(x, INFINITY) - x));
    }
    return most;
}

bool gull__row_exact(const gull_row *row) {
    const double gap = row->upper - row->lower;
    if (row->lower_by < 0 || isinf(row->upper)) return false;
    if (gap <= (row->problem.space.f32 ? 1e-5 : 1e-9) * row->upper) return true;
    return gap <= 2 * grid(row);
}

/* A bound above a witness is a bug of one of them: kept and reported, never hidden.  A
 * few units in the last place are the measure's own rounding. */
static void confront(gull_row *row) {
    if (row->lower > row->upper * (1 + 1e-12)) row->contradiction = true;
    else if (row->lower > row->upper) row->lower = row->upper;
}

static bool can_go_on(int status) {
    return status >= 0 || status == GULL_EBUDGET || status == GULL_ETIME ||
           status == GULL_EUNSUPPORTED || status == GULL_EACCESS || status == GULL_ELARGE;
}

static void free_scratch(gull_run *r) {
    for (scratch *s = r->scratch, *next; s; s = next) {
        next = s->next;
        free(s->data);
        free(s);
    }
}

/* Another stream each time a part is run. */
static gull_stream stream_of(const gull_row *row, const gull_spec *spec, unsigned round) {
    char text[128];
    if (!round) return gull__stream(row->question->seed, row->number, spec->text);
    snprintf(text, sizeof text, "%s#%u", spec->text, round);
    return gull__stream(row->question->seed, row->number, text);
}

static int run_spec(gull_run *r) {
    const gull_spec *spec = &r->row->plan->spec[r->index];
    gull_outcome *o = r->outcome;
    if (!o->ran) *o = (gull_outcome){.upper = INFINITY, .ran = true};
    r->random = stream_of(r->row, spec, o->rounds++);
    r->started = gull__seat_seconds(r->row->seat);
    r->upper = INFINITY;
    o->status = spec->method->run(r, spec->options);
    o->seconds += gull__seat_seconds(r->row->seat) - r->started;
    free_scratch(r);
    return o->status;
}

int gull__run_method(gull_row *row, size_t index) {
    gull_run r = {.row = row, .problem = row->problem, .index = (int)index,
                  .outcome = &row->outcome[index]};
    row->outcome[index].ran = false;
    const int status = run_spec(&r);
    confront(row);
    return can_go_on(status) ? GULL_OK : status;
}

/* ---- Parts ---- */

bool gull__row_settled(const gull_row *row) {
    return gull__row_exact(row) || (row->lower_by >= 0 && isinf(row->lower));
}
bool gull_run_settled(const gull_run *r) { return gull__row_settled(r->row); }
bool gull_run_thorough(const gull_run *r) { return r->row->question->thorough; }

/* The part's index in the plan; 0, which is no part's: it does not fit. */
static size_t find_part(const gull_run *r, size_t k) {
    const gull_plan *p = r->row->plan;
    for (size_t i = (size_t)r->index + 1; i < p->count && p->spec[i].is_part; i++)
        if (p->spec[i].part == (int)k) return i;
    return 0;
}

bool gull_run_has_part(const gull_run *r, size_t k) { return find_part(r, k) != 0; }

void gull_run_skip(gull_run *r, size_t k, gull_skip why) {
    const size_t index = find_part(r, k);
    if (index && !r->row->outcome[index].ran) r->row->outcome[index].skip = why;
}

int gull_run_part(gull_run *r, size_t k, const gull_effort *effort, gull_gain *gain) {
    const size_t index = find_part(r, k);
    if (gain) *gain = (gull_gain){.upper = INFINITY};
    if (!index) return GULL_OK;
    TRY(gull_run_stop(r));
    gull_run part = {.row = r->row, .problem = r->problem, .index = (int)index,
                     .outcome = &r->row->outcome[index], .parent = r};
    if (effort) {
        part.most = effort->queries;
        if (effort->eps_count) {
            part.problem.eps = effort->eps;
            part.problem.eps_count = effort->eps_count;
        }
        if (effort->goal) {
            part.problem.goal = *effort->goal;
            part.problem.goal.slack = r->problem.goal.slack;
        }
    }
    const int status = run_spec(&part);
    const int stop = gull_run_stop(r);
    if (stop == GULL_OK && (status == GULL_EBUDGET || status == GULL_ETIME))
        part.outcome->status = GULL_OK; /* its own effort, not the row's */
    if (gain) *gain = (gull_gain){part.upper, part.queries, part.zero / fmax(part.gradients, 1)};
    return can_go_on(status) ? stop : status;
}
