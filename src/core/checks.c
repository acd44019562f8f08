/* checks.c - the audit's self-checks (Carlini et al. 2019, section 4; Athalye et al. 2018,
 * section 3.1): what a reader of the report needs to trust its numbers.  Here those that read
 * the answers; others ask a few rows again (checks_again.c, checks_gradient.c). */
#include "core/checks.h"
#include "core/model.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void gull__check_add(gull_result *r, const char *name, const char *result, const char *format,
                     ...) {
    if (r->check_count == GULL_MAX_CHECKS) return;
    gull_check *c = &r->check[r->check_count++];
    va_list ap;
    c->name = name;
    c->result = result;
    va_start(ap, format);
    vsnprintf(c->detail, sizeof c->detail, format, ap);
    va_end(ap);
}

static bool right(const gull_answer *a) {
    return a->status != GULL_MISREAD && a->status != GULL_NOT_DONE;
}

/* Spread over the data, about one in twelve of those that are left to doubt: the checks stay
 * a small part of the work. */
size_t gull__check_rows(const gull_result *r, size_t row[GULL_SAMPLE]) {
    size_t doubtful = 0, n = 0, seen = 0;
    for (size_t i = 0; i < r->task.rows; i++)
        doubtful += right(&r->answer[i]) && r->answer[i].status != GULL_EXACT;
    size_t want = doubtful / 12;
    if (want < 4) want = 4;
    if (want > GULL_SAMPLE) want = GULL_SAMPLE;
    if (want > doubtful) want = doubtful;
    for (size_t i = 0; i < r->task.rows && n < want; i++)
        if (right(&r->answer[i]) && r->answer[i].status != GULL_EXACT &&
            seen++ >= n * doubtful / want)
            row[n++] = i;
    return n;
}

/* ---- Random noise of the same size must do worse than the attack ---- */

/* The least distance that an attack found, baselines aside. */
static double attacked(const gull_result *r, const gull_answer *a) {
    double least = INFINITY;
    for (size_t k = 0; k < r->plan.count; k++)
        if (a->outcome[k].ran && r->plan.spec[k].method->stage < GULL_STAGE_BASELINE)
            least = fmin(least, a->outcome[k].upper);
    return least;
}

static void check_noise(gull_result *r) {
    static const char name[] = "random noise does worse than the attack";
    size_t tried = 0, beaten = 0;
    bool only = true;
    for (size_t k = 0; k < r->plan.count; k++)
        only &= r->plan.spec[k].proof || r->plan.spec[k].method->stage >= GULL_STAGE_BASELINE;
    for (size_t i = 0; i < r->task.rows && !only; i++) {
        const gull_answer *a = &r->answer[i];
        if (!a->noise_tried || !right(a)) continue;
        tried++;
        beaten += a->noise < attacked(r, a) * (1 - 1e-9);
    }
    if (!tried)
        gull__check_add(r, name, "not run", "%s", only ? "no other attack was run"
                                                       : "no noise baseline was run");
    else
        gull__check_add(r, name, beaten * 50 > tried ? "fail" : "pass",
                        beaten ? "on %zu of %zu inputs random noise found a smaller change"
                               : "on all %zu of %zu inputs random noise needed at least as much",
                        beaten ? beaten : tried, tried);
}

/* ---- Without a limit on the change every input must fall ---- */

static void check_unbounded(gull_result *r) {
    static const char name[] = "an attack without limit fools every input";
    size_t clean = 0, fell = 0, safe = 0;
    bool each = false; /* an attack looks at each row for itself */
    for (size_t k = 0; k < r->plan.count; k++)
        each |= !r->plan.spec[k].proof && !r->plan.spec[k].method->together;
    for (size_t k = 0; k < r->plan.count && !each; k++)
        if (r->plan.spec[k].method->together) {
            gull__check_add(r, name, "not run", "one change within a radius was asked for all rows");
            return;
        }
    if (r->asked.budget || r->asked.timeout > 0 || r->task.rule || r->asked.goal != GULL_MISS) {
        gull__check_add(r, name, "not run", "this audit had a limit: of queries, of time, of what "
                                            "may change, or of the class to reach");
        return;
    }
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (!right(a)) continue;
        clean++;
        fell += isfinite(a->upper);
        safe += isinf(a->lower);
    }
    gull__check_add(r, name, fell + safe == clean ? "pass" : "fail",
                    "%zu of %zu inputs that are read right fell; for %zu it is proved that nothing "
                    "in the domain fools the model",
                    fell, clean, safe);
}

/* ---- All ---- */

void gull__checks_run(gull_result *r, const gull_model *m) {
    check_noise(r);
    check_unbounded(r);
    gull__check_again(r, m);
    gull__check_gradients(r, m);
    gull__check_draws(r, m);
}

size_t gull__doubts(const gull_result *r) {
    size_t failed = 0;
    for (size_t i = 0; i < r->check_count; i++) failed += !strcmp(r->check[i].result, "fail");
    return failed;
}

const char *gull__unfooled_because(const gull_result *r, const gull_answer *a) {
    uint64_t gradients = 0, flat = 0;
    int stopped = GULL_OK;
    if (isfinite(a->upper) || a->status == GULL_PROVED || isinf(a->lower)) return NULL;
    for (size_t k = 0; k < r->plan.count; k++) {
        const gull_outcome *o = &a->outcome[k];
        if (!o->ran || r->plan.spec[k].is_part) continue;
        gradients += o->gradients;
        flat += o->flat;
        if (o->status == GULL_EBUDGET || o->status == GULL_ETIME) stopped = o->status;
    }
    if (stopped == GULL_EBUDGET) return "the budget of queries is spent";
    if (stopped == GULL_ETIME) return "the time is up";
    if (2 * flat > gradients) return "the gradient is zero";
    return "the attacks found no way";
}
