/* audit.c - gull_ask: binds model and data, runs every row, keeps finished rows. */
#include "core/crowd.h"
#include "core/model.h"
#include "core/result.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef struct audit {
    gull_result *result;
    gull_desk desk;
    pthread_mutex_t lock;
    size_t next;
    bool stop;
    int status; /* the first row that failed */
    size_t failed_row;
    gull_progress progress;
    gull_progress_fn tell;
    void *payload;
    gull_journal *journal;
    double started;
} audit;

static double wall(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static size_t next_row(void *payload) {
    audit *a = payload;
    pthread_mutex_lock(&a->lock);
    while (a->next < a->result->task.rows && a->result->answer[a->next].status != GULL_NOT_DONE)
        a->next++;
    const size_t i = a->stop || a->next >= a->result->task.rows ? SIZE_MAX : a->next++;
    pthread_mutex_unlock(&a->lock);
    return i;
}

static void count(gull_progress *p, const gull_answer *a) {
    p->done++;
    if (a->status == GULL_EXACT) p->exact++;
    else if (a->status == GULL_BRACKETED) p->bracketed++;
    else p->other++;
}

static void gain_note(const audit *a, const gull_answer *r, char *out, size_t room) {
    const gull_plan *plan = a->desk.plan;
    size_t n = (size_t)snprintf(out, room, "row %zu: %s", r->number, gull__answer_text(r->status));
    for (size_t i = 0; i < plan->count && n < room; i++) {
        const gull_outcome *o = &r->outcome[i];
        if (!o->ran) continue;
        n += (size_t)snprintf(out + n, room - n, " · %s", plan->spec[i].text);
        if (isfinite(o->upper) && n < room) n += (size_t)snprintf(out + n, room - n, " <= %.5g", o->upper);
        if (o->bounded && n < room) n += (size_t)snprintf(out + n, room - n, " >= %.5g", o->lower);
    }
}

static void finish_row(audit *a, size_t i, int status) {
    char note[800];
    gull_answer *r = &a->result->answer[i];
    pthread_mutex_lock(&a->lock);
    if (status < 0) {
        r->status = GULL_NOT_DONE;
        if (a->status >= 0) {
            a->status = status;
            a->failed_row = r->number;
        }
        a->stop = true;
    } else {
        count(&a->progress, r);
        if (a->journal && gull__journal_add(a->journal, a->result, i) < 0 && a->status >= 0) {
            a->status = GULL_EIO;
            a->stop = true;
        }
        a->progress.seconds = wall() - a->started;
        a->progress.note = a->desk.question->verbose ? note : NULL;
        if (a->progress.note) gain_note(a, r, note, sizeof note);
        if (a->tell && !a->tell(a->payload, &a->progress)) a->stop = true;
    }
    pthread_mutex_unlock(&a->lock);
}

static void do_row(void *payload, size_t i, gull_seat *seat) {
    audit *a = payload;
    gull_result *r = a->result;
    finish_row(a, i,
               gull__answer_row(&a->desk, i, seat, &r->answer[i], r->witness + i * r->task.dim));
}

static int row_threads(const gull_question *q, size_t rows) {
    long n = q->threads ? q->threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) n = 1;
    return (size_t)n > rows ? (int)(rows ? rows : 1) : (int)n;
}

/* Methods that look for one change for all rows: before the rows, and anew on resuming. */
static int run_together(audit *a, gull_error *err) {
    gull_plan *plan = &a->result->plan;
    const int threads = row_threads(a->desk.question, a->result->task.rows);
    for (size_t k = 0; k < plan->count && !a->stop; k++)
        if (plan->spec[k].method->together)
            TRY(gull__crowd_run(&a->desk, &plan->spec[k], threads, a->tell, a->payload,
                                &a->progress, &a->stop, err));
    return GULL_OK;
}

static int run_rows(audit *a, const gull_model *m, gull_error *err) {
    for (size_t i = 0; i < a->result->task.rows; i++)
        if (a->result->answer[i].status != GULL_NOT_DONE) count(&a->progress, &a->result->answer[i]);
    const int threads = row_threads(a->desk.question, a->result->task.rows);
    TRY(gull__batch_run(m, threads, next_row, do_row, a, err));
    if (a->status == GULL_EIO)
        return gull__fail(err, GULL_EIO, "%s: cannot write the resume file",
                          a->desk.question->resume);
    if (a->status < 0)
        return gull__fail(err, a->status, "row %zu: %s", a->failed_row,
                          gull_status_text(a->status));
    return GULL_OK;
}

/* ---- The result's room ---- */

void gull_result_free(gull_result **result) {
    if (!result || !*result) return;
    gull_result *r = *result;
    gull__plan_free(&r->plan);
    gull__task_free(&r->task);
    free(r->answer);
    free(r->outcomes);
    free(r->witness);
    free(r->command);
    json_decref(r->model);
    json_decref(r->data);
    free(r);
    *result = NULL;
}

static json_t *data_json(const gull_data *d, const gull_task *t) {
    json_t *shape = json_array();
    for (int i = 0; i < t->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)t->shape[i]));
    json_t *range = t->range[0] < t->range[1] ? json_pack("[ff]", t->range[0], t->range[1])
                                              : json_null();
    return json_pack("{ss ss ss sI sI ss so so ss*}", "path", d->path ? d->path : "(memory)", "format",
                     d->format ? d->format : "memory",
                     "sha256", d->sha256, "rows", (json_int_t)t->rows, "first_row",
                     (json_int_t)t->first, "labels", t->model_labels ? "model" : "data",
                     "range", range, "shape", shape, "note", t->note[0] ? t->note : NULL);
}

static void set_names(json_t *model, const char *key, char *const *name, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(list, json_string(name[i]));
    if (json_array_size(list) == count) json_object_set(model, key, list);
    json_decref(list);
}

/* Names that the model lacks are the data's: its columns, its labels where they are words. */
static void name_from_data(gull_result *r, const gull_model *m, const gull_data *d) {
    if (!m->facts.feature_names && d->feature_names && d->dim == m->facts.dim)
        set_names(r->model, "feature_names", d->feature_names, d->dim);
    if (!m->facts.class_names && d->label_names && !gull__labels_are_numbers(d) &&
        d->label_count == (size_t)m->facts.classes)
        set_names(r->model, "class_names", d->label_names, d->label_count);
}

/* --class-names: one for each class, shown in table and page. */
static int name_classes(gull_result *r, const char *names, gull_error *err) {
    const json_int_t classes = json_integer_value(json_object_get(r->model, "classes"));
    json_t *list = json_array();
    for (const char *s = names; s; s = *s ? s + 1 : NULL) {
        const size_t n = strcspn(s, ",");
        json_array_append_new(list, json_stringn(s, n));
        s += n;
    }
    if ((json_int_t)json_array_size(list) == classes) {
        json_object_set_new(r->model, "class_names", list);
        return GULL_OK;
    }
    const size_t given = json_array_size(list);
    json_decref(list);
    return gull__fail(err, GULL_EUSAGE, "--class-names: %zu names in UTF-8, but %s has %lld classes",
                      given, json_string_value(json_object_get(r->model, "path")),
                      (long long)classes);
}

static int result_new(gull_result **out, const gull_question *q, const char *verb,
                      const gull_model *m, const gull_data *d, gull_error *err) {
    gull_result *r = calloc(1, sizeof *r);
    if (!r) return gull__fail(err, GULL_ENOMEM, "out of memory");
    *out = r;
    snprintf(r->verb, sizeof r->verb, "%s", verb);
    r->asked = *q;
    TRY(gull__plan_new(&r->plan, q, verb, m, err));
    TRY(gull__bind(&r->task, q, m, d, err));
    const size_t rows = r->task.rows, n = r->plan.count;
    r->answer = calloc(rows, sizeof *r->answer);
    r->outcomes = calloc(rows * n, sizeof *r->outcomes);
    r->witness = malloc(rows * r->task.dim * sizeof *r->witness);
    r->command = strdup(q->command ? q->command : "");
    r->model = gull__model_facts_json(m);
    r->data = data_json(d, &r->task);
    if (!r->answer || !r->outcomes || !r->witness || !r->command || !r->model || !r->data)
        return gull__fail(err, GULL_ENOMEM, "out of memory for the result of %zu rows", rows);
    name_from_data(r, m, d);
    if (q->names) TRY(name_classes(r, q->names, err));
    for (size_t i = 0; i < rows; i++) {
        r->answer[i].outcome = r->outcomes + i * n;
        r->answer[i].number = r->task.first + i;
    }
    for (size_t i = 0; i < rows * r->task.dim; i++) r->witness[i] = NAN;
    return GULL_OK;
}

/* ---- The verdict over all rows ---- */

static double share(const gull_result *r, const gull_rule *rule) {
    size_t good = 0, done = 0;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->status == GULL_NOT_DONE) continue;
        done++;
        if (!strcmp(rule->what, "clean")) good += a->status != GULL_MISREAD;
        else if (!strcmp(rule->what, "proved")) good += a->lower_by >= 0 && a->lower >= rule->eps;
        else good += a->status != GULL_MISREAD && a->upper > rule->eps;
    }
    return done ? (double)good / (double)done : 0;
}

static int check_rules(const gull_result *r, gull_error *err) {
    for (size_t i = 0; i < r->asked.rule_count; i++) {
        const gull_rule *rule = &r->asked.rule[i];
        const double have = share(r, rule);
        if (!strcmp(rule->what, "resisted") && gull__doubts(r))
            return gull__fail(err, GULL_EBELOW, "--fail-under resisted: the attacks are not to be "
                                                "trusted here: %zu self-checks failed",
                              gull__doubts(r));
        if (have < rule->share)
            return gull__fail(err, GULL_EBELOW, "--fail-under %s: %.4g%%, asked for %.4g%%",
                              rule->what, 100 * have, 100 * rule->share);
    }
    return GULL_OK;
}

static bool ran_out(const gull_answer *a, size_t methods) {
    for (size_t k = 0; k < methods; k++)
        if (a->outcome[k].status == GULL_EBUDGET || a->outcome[k].status == GULL_ETIME)
            return true;
    return false;
}

static int verdict(const gull_result *r, gull_error *err) {
    size_t undecided = 0, spent = 0;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->contradiction)
            return gull__fail(err, GULL_ECONTRADICTION,
                              "row %zu: %s proved %.17g, but %s found a witness at %.17g: one of "
                              "them is wrong; please report it with this model and row",
                              a->number, r->plan.spec[a->lower_by].text, a->lower,
                              r->plan.spec[a->upper_by].text, a->upper);
        undecided += a->status == GULL_UNDECIDED;
        spent += a->status == GULL_UNDECIDED && ran_out(a, r->plan.count);
    }
    TRY(check_rules(r, err));
    if (spent || (undecided && !strcmp(r->verb, "prove")))
        return gull__fail(err, GULL_EBUDGET, "%zu of %zu rows undecided%s", undecided,
                          r->task.rows, spent ? ": the budget or the time was spent" : "");
    return GULL_OK;
}

static int ask(audit *a, const gull_model *m, gull_error *err) {
    gull_result *r = a->result;
    const gull_question *q = a->desk.question;
    if (q->resume) TRY(gull__journal_open(&a->journal, q->resume, r, err));
    TRY(run_together(a, err));
    TRY(run_rows(a, m, err));
    if (!strcmp(r->verb, "audit") && !a->stop) gull__checks_run(r, m);
    return verdict(r, err);
}

int gull_ask(const gull_question *q, const char *verb, const gull_model *m, const gull_data *d,
             gull_progress_fn tell, void *payload, gull_result **out, gull_error *err) {
    audit a = {.tell = tell, .payload = payload, .started = wall()};
    const double cpu_started = cpu();
    *out = NULL;
    if (strcmp(verb, "audit") && strcmp(verb, "attack") && strcmp(verb, "prove"))
        return gull__fail(err, GULL_EUSAGE, "no verb '%s'", verb);
    int status = result_new(&a.result, q, verb, m, d, err);
    if (status == GULL_OK) {
        a.desk = (gull_desk){q, &a.result->plan, &a.result->task, m};
        a.progress.total = a.result->task.rows;
        pthread_mutex_init(&a.lock, NULL);
        status = ask(&a, m, err);
        pthread_mutex_destroy(&a.lock);
        gull__journal_close(a.journal);
        a.result->seconds = wall() - a.started;
        a.result->cpu_seconds = cpu() - cpu_started;
    }
    const bool keep = status == GULL_OK || status == GULL_EBUDGET || status == GULL_EBELOW ||
                      status == GULL_ECONTRADICTION;
    if (keep)
        *out = a.result;
    else
        gull_result_free(&a.result);
    return status;
}

int gull_result_interval(const gull_result *r, size_t i, double *lower, double *upper) {
    if (i >= r->task.rows) return GULL_EUSAGE;
    *lower = r->answer[i].lower;
    *upper = r->answer[i].upper;
    return GULL_OK;
}

int gull_result_witnesses(const gull_result *r, const double **x, size_t *rows,
                          size_t *features) {
    *x = r->witness;
    *rows = r->task.rows;
    *features = r->task.dim;
    return GULL_OK;
}
