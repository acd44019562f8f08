/* checks.c - the audit's self-checks (Carlini et al. 2019, section 4; Athalye et al. 2018,
 * section 3.1): what a reader of the report needs to trust its numbers. */
#include "core/model.h"
#include "core/random.h"
#include "core/result.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 8 };

static void add(gull_result *r, const char *name, const char *result, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void add(gull_result *r, const char *name, const char *result, const char *format, ...) {
    if (r->check_count == GULL_MAX_CHECKS) return;
    gull_check *c = &r->check[r->check_count++];
    va_list ap;
    c->name = name;
    c->result = result;
    va_start(ap, format);
    vsnprintf(c->detail, sizeof c->detail, format, ap);
    va_end(ap);
}

/* ---- Random noise of the same size must do worse than the attack ---- */

static void check_noise(gull_result *r) {
    size_t tried = 0, beaten = 0;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (!a->noise_tried || !(a->upper > 0)) continue;
        tried++;
        beaten += a->noise < a->upper * (1 - 1e-9);
    }
    if (!tried)
        add(r, "random noise does worse than the attack", "not run", "no noise baseline was run");
    else
        add(r, "random noise does worse than the attack", beaten ? "fail" : "pass",
            beaten ? "on %zu of %zu inputs random noise found a smaller change"
                   : "on all %zu of %zu inputs random noise needed at least as much",
            beaten ? beaten : tried, tried);
}

/* ---- Without a limit on the change every input must fall ---- */

/* Adds the check as not run where a limit would decide it. */
static bool limited(gull_result *r, const char *name) {
    if (!r->asked.budget && !(r->asked.timeout > 0)) return false;
    add(r, name, "not run", "this audit had a limit of queries or time");
    return true;
}

static void check_unbounded(gull_result *r) {
    static const char name[] = "an attack without limit fools every input";
    size_t right = 0, fell = 0, safe = 0;
    if (limited(r, name)) return;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->status == GULL_MISREAD || a->status == GULL_NOT_DONE) continue;
        right++;
        fell += isfinite(a->upper);
        safe += isinf(a->lower);
    }
    add(r, name, fell + safe == right ? "pass" : "fail",
        "%zu of %zu inputs that are read right fell; for %zu it is proved that nothing in the "
        "domain fools the model",
        fell, right, safe);
}

/* ---- More steps must not find less ---- */

static const gull_spec *best_attack(const gull_result *r) {
    size_t wins[GULL_MAX_METHODS] = {0}, best = SIZE_MAX;
    for (size_t i = 0; i < r->task.rows; i++)
        if (r->answer[i].upper_by >= 0 && isfinite(r->answer[i].upper))
            wins[r->answer[i].upper_by]++;
    for (size_t k = 0; k < r->plan.count; k++) {
        bool steps = false;
        for (const gull_param *p = r->plan.spec[k].method->params; p && p->name; p++)
            steps |= !strcmp(p->name, "steps");
        if (steps && !r->plan.spec[k].proof && (best == SIZE_MAX || wins[k] > wins[best])) best = k;
    }
    return best == SIZE_MAX ? NULL : &r->plan.spec[best];
}

static double steps_of(const gull_spec *s) {
    double v = 0;
    for (const gull_param *p = s->method->params; p && p->name; p++)
        if (!strcmp(p->name, "steps")) memcpy(&v, (char *)s->options + p->offset, sizeof v);
    return v;
}

typedef struct sample { /* a few rows answered again by one method */
    gull_desk desk;
    const size_t *row;
    size_t count, next;
    gull_answer answer[SAMPLE];
    gull_outcome outcome[SAMPLE];
    double *witness;
    pthread_mutex_t lock;
} sample;

static size_t sample_next(void *payload) {
    sample *s = payload;
    pthread_mutex_lock(&s->lock);
    const size_t i = s->next < s->count ? s->next++ : SIZE_MAX;
    pthread_mutex_unlock(&s->lock);
    return i;
}

static void sample_row(void *payload, size_t i, gull_seat *seat) {
    sample *s = payload;
    s->answer[i].outcome = &s->outcome[i];
    if (gull__answer_row(&s->desk, s->row[i], seat, &s->answer[i],
                         s->witness + i * s->desk.task->dim) < 0)
        s->answer[i].upper = NAN;
}

/* The distances one method reaches alone on the rows; false when that could not be run. */
static bool reach_again(gull_result *r, const gull_model *m, const char *spec, const size_t *row,
                        size_t count, double *upper) {
    gull_plan plan = {.count = 1};
    gull_question q = r->asked;
    sample s = {.row = row, .count = count};
    if (gull__spec_parse(&plan.spec[0], spec, NULL) < 0) return false;
    s.desk = (gull_desk){&q, &plan, &r->task, m};
    s.witness = malloc(SAMPLE * r->task.dim * sizeof(double));
    pthread_mutex_init(&s.lock, NULL);
    bool good = s.witness && gull__batch_run(m, 1, sample_next, sample_row, &s, NULL) >= 0;
    for (size_t i = 0; i < count; i++) {
        upper[i] = s.answer[i].upper;
        good &= !isnan(upper[i]);
    }
    pthread_mutex_destroy(&s.lock);
    free(s.witness);
    gull__plan_free(&plan);
    return good;
}

static size_t pick_rows(const gull_result *r, size_t *row) {
    size_t n = 0;
    for (size_t i = 0; i < r->task.rows && n < SAMPLE; i++)
        if (r->answer[i].status != GULL_MISREAD && r->answer[i].status != GULL_NOT_DONE)
            row[n++] = i;
    return n;
}

static void check_budget(gull_result *r, const gull_model *m) {
    static const char name[] = "more steps never find less";
    const gull_spec *attack = best_attack(r);
    size_t row[SAMPLE], n = pick_rows(r, row), worse = 0;
    double once[SAMPLE], twice[SAMPLE], gain = 0;
    char spec[300];
    if (limited(r, name)) return;
    if (!attack || !n) {
        add(r, name, "not run", "%s", attack ? "no input is read right"
                                             : "no attack with a number of steps was run");
        return;
    }
    snprintf(spec, sizeof spec, "%s%csteps=%g", attack->text, strchr(attack->text, ':') ? ',' : ':',
             2 * steps_of(attack));
    if (!reach_again(r, m, attack->text, row, n, once) ||
        !reach_again(r, m, spec, row, n, twice)) {
        add(r, name, "not run", "%s could not be run", spec);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        worse += twice[i] > once[i] * 1.02;
        if (isfinite(once[i]) && isfinite(twice[i])) gain = fmax(gain, 1 - twice[i] / once[i]);
    }
    add(r, name, worse ? "fail" : "pass",
        "%s against %s on %zu inputs: worse by over 2%% on %zu, at best %.1f%% smaller", spec,
        attack->text, n, worse, 100 * gain);
}

/* ---- The gradient against finite differences of the second evaluator ---- */

static double margin(const void *goal, const double *scores, int classes, double *w) {
    return gull_goal_value(goal, scores, classes, w);
}

typedef struct slope_check {
    const gull_result *r;
    const gull_model *m;
    const size_t *row;
    size_t count, next, good;
    double worst;
} slope_check;

static size_t slope_next(void *payload) {
    slope_check *c = payload;
    return c->next < c->count ? c->next++ : SIZE_MAX;
}

/* The goal's value at x + step d, by the second evaluator; y: room for dim + classes. */
static double along(slope_check *c, gull_seat *seat, const gull_goal *goal, const double *x,
                    const double *d, double step, double *y) {
    const size_t dim = c->r->task.dim;
    double *scores = y + dim;
    for (size_t i = 0; i < dim; i++) y[i] = x[i] + step * d[i];
    if (gull__seat_reference(seat, y, scores) < 0) return NAN;
    return gull_goal_value(goal, scores, c->m->facts.classes, NULL);
}

/* A point beside the row: on it, flat backgrounds tie the inputs of a maximum, and there is no
 * gradient to compare. */
static void step_aside(const gull_task *t, size_t row, uint64_t seed, double *x) {
    const double *x0 = t->x + row * t->dim;
    gull_stream random = gull__stream(seed, row, "gradient check");
    double most = 0;
    for (size_t i = 0; i < t->dim; i++) most = fmax(most, fabs(x0[i]));
    for (size_t i = 0; i < t->dim; i++) {
        const double v = x0[i] + 0.02 * most * (gull__stream_uniform(&random) - 0.5);
        x[i] = (double)(float)fmin(fmax(v, t->lo[i]), t->hi[i]);
    }
}

/* g: room for 4 dim + classes. */
static void compare_slopes(slope_check *c, size_t k, gull_seat *seat, double *g) {
    const gull_task *t = &c->r->task;
    double *d = g + t->dim, *x = d + t->dim, length = 0, size = 0;
    step_aside(t, c->row[k], c->r->asked.seed, x);
    const gull_goal goal = {c->r->asked.goal, t->label[c->row[k]], c->r->asked.target};
    if (gull__seat_gradient(seat, x, (gull_loss){margin, &goal}, NULL, NULL, g) < 0) return;
    for (size_t i = 0; i < t->dim; i++) {
        length += g[i] * g[i];
        size += x[i] * x[i];
    }
    length = sqrt(length);
    if (!(length > 0)) return;
    for (size_t i = 0; i < t->dim; i++) d[i] = g[i] / length;
    const double h = 1e-6 * fmax(1, sqrt(size)), up = along(c, seat, &goal, x, d, h, x + t->dim),
                 down = along(c, seat, &goal, x, d, -h, x + t->dim);
    const double off = fabs((up - down) / (2 * h) - length) / length;
    c->good += off < 0.01;
    c->worst = fmax(c->worst, off);
}

static void slope_row(void *payload, size_t k, gull_seat *seat) {
    slope_check *c = payload;
    double *room = malloc((4 * c->r->task.dim + (size_t)c->m->facts.classes) * sizeof *room);
    if (room) compare_slopes(c, k, seat, room);
    free(room);
}

static void check_gradient(gull_result *r, const gull_model *m) {
    static const char name[] = "gradient agrees with finite differences";
    size_t row[SAMPLE];
    slope_check c = {.r = r, .m = m, .row = row, .count = pick_rows(r, row)};
    if (!(gull__model_can(m) & r->asked.granted & GULL_CAN_GRADIENT) || !c.count) {
        add(r, name, "not run", "%s", c.count ? "no gradient is used" : "no input is read right");
        return;
    }
    if (gull__batch_run(m, 1, slope_next, slope_row, &c, NULL) >= 0)
        add(r, name, c.count - c.good > c.count / 4 ? "fail" : "pass",
            "of %zu inputs %zu agree to 1%%, the worst differs by %.2g (float against double)",
            c.count, c.good, c.worst);
}

void gull__checks_run(gull_result *r, const gull_model *m) {
    check_noise(r);
    check_budget(r, m);
    check_unbounded(r);
    check_gradient(r, m);
}
