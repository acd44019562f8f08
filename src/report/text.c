/* text.c - the terminal's answer: a few aligned lines, at most 100 columns. */
#include "core/draws.h"
#include "core/model.h"
#include "report/summary.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct page {
    char *text;
    size_t size, room;
    bool failed;
} page;

static void put(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(page *p, const char *format, ...) {
    va_list ap;
    for (int again = 0; again < 2 && !p->failed; again++) {
        va_start(ap, format);
        const int n = vsnprintf(p->text ? p->text + p->size : NULL, p->room - p->size, format, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n < p->room - p->size) {
            p->size += (size_t)n;
            return;
        }
        const size_t room = p->room * 2 + (n > 0 ? (size_t)n : 0) + 256;
        char *more = realloc(p->text, room);
        p->failed = !more;
        if (more) {
            p->text = more;
            p->room = room;
        }
    }
}

static const char *text_of(const json_t *v, const char *key) {
    const char *s = json_string_value(json_object_get(v, key));
    return s ? s : "";
}

/* The file's name without its folder; of "X,Y" the first one's. */
static int base_name(const char *path, const char **out) {
    const size_t n = strcspn(path, ",");
    size_t start = n;
    while (start && path[start - 1] != '/') start--;
    *out = path + (start < n ? start : 0);
    return (int)(start < n ? n - start : n);
}

/* 12345 as "12,345". */
static const char *thousands(size_t n, char out[32]) {
    char plain[24];
    const int length = snprintf(plain, sizeof plain, "%zu", n);
    char *at = out;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *at++ = ',';
        *at++ = plain[i];
    }
    *at = 0;
    return out;
}

static void put_model(page *p, const gull_result *r) {
    const char *detail = text_of(r->model, "detail"), *name;
    const int length = base_name(text_of(r->model, "path"), &name);
    char n[32];
    put(p, "model   %.*s · %s%s%s · %s features · %d classes · sha256 %.8s…\n", length, name,
        text_of(r->model, "family"), *detail ? " · " : "",
        detail, thousands(r->task.dim, n),
        (int)json_integer_value(json_object_get(r->model, "classes")),
        text_of(r->model, "sha256"));
    const char *head = text_of(r->model, "head"), *front = text_of(r->model, "preprocess");
    const bool plain = !*head || !strcmp(head, "logits");
    if (!plain || *front)
        put(p, "        %s%s%s%s%s\n", plain ? "" : "head ", plain ? "" : head,
            plain || !*front ? "" : " · ", *front ? "the network sees " : "", front);
}

static void put_data(page *p, const gull_result *r, const gull_summary *s) {
    char n[32];
    const char *name;
    const int length = base_name(text_of(r->data, "path"), &name);
    put(p, "data    %.*s · %s rows", length, name, thousands(s->rows, n));
    if (s->rows < r->task.rows) put(p, " of %s: stopped early", thousands(r->task.rows, n));
    if (r->task.model_labels)
        put(p, " · no labels: the model's own answers are taken as right\n");
    else
        put(p, " · %zu read right (%.1f%%)\n", s->rows - s->misread,
            s->rows ? 100 * (double)(s->rows - s->misread) / (double)s->rows : 0);
    if (r->task.note[0]) put(p, "        %s\n", r->task.note);
}

static const char *norm_name(const gull_cost *c) {
    static const char *const name[] = {"L0 (features changed)", "L1", "L2", "Linf"};
    return c->name[1] == 'i' ? name[3] : name[c->name[1] - '0'];
}

static void put_ask(page *p, const gull_result *r) {
    put(p, "ask     smallest %s%s change that makes it %s · access: %s\n",
        r->task.weight ? "weighted " : "", norm_name(r->asked.cost),
        r->asked.goal == GULL_TARGET ? "give the target class" : "give another class",
        r->asked.access);
    put(p, "        %s\n", r->task.domain);
    if (!json_is_true(json_object_get(r->model, "randomised"))) return;
    json_t *d = gull__draws_json(&r->asked);
    put(p, "        the model is randomised: a witness fools it in %lld of %lld fresh draws\n",
        json_integer_value(json_object_get(d, "needed")),
        json_integer_value(json_object_get(d, "of")));
    json_decref(d);
}

static void put_table(page *p, const gull_summary *s) {
    put(p, "\n  %-14s %12s %14s %12s\n", "distance ≤", "fooled", "proved safe", "open");
    for (size_t i = 0; i < s->table_count; i++) {
        const gull_point *t = &s->table[i];
        put(p, "    %-10.4g %11.1f%% %13.1f%% %11.1f%%\n", t->eps, 100 * t->fooled,
            100 * t->proved, 100 * fabs(1 - t->fooled - t->proved));
    }
}

static void put_counts(page *p, const gull_summary *s) {
    static const gull_answer_status order[] = {GULL_EXACT,  GULL_BRACKETED, GULL_ATTACKED,
                                               GULL_PROVED, GULL_UNDECIDED, GULL_MISREAD};
    bool first = true;
    put(p, "  ");
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (s->count[order[i]]) {
            put(p, "%s%s %zu", first ? "" : ", ", gull__answer_text(order[i]), s->count[order[i]]);
            first = false;
        }
    put(p, "\n");
}

/* How the nearest witness differs, for tables: its largest change in words. */
static void put_change(page *p, const gull_result *r, size_t i) {
    const double *x0 = r->task.x + i * r->task.dim, *w = r->witness + i * r->task.dim;
    size_t most = 0, changed = 0;
    for (size_t j = 0; j < r->task.dim; j++) {
        changed += w[j] != x0[j];
        if (fabs(w[j] - x0[j]) > fabs(w[most] - x0[most])) most = j;
    }
    const char *name = json_string_value(
        json_array_get(json_object_get(r->model, "feature_names"), most));
    char number[32];
    snprintf(number, sizeof number, "feature %zu", most);
    put(p, ", %s %.6g → %.6g%s", name ? name : number, x0[most], w[most],
        changed > 1 ? " and others" : "");
}

static void put_class(page *p, const gull_result *r, int k) {
    const char *name = json_string_value(
        json_array_get(json_object_get(r->model, "class_names"), (size_t)k));
    if (name) put(p, "%.40s", name);
    else put(p, "class %d", k);
}

static void put_closest(page *p, const gull_result *r, const gull_summary *s) {
    if (isfinite(s->median_upper)) {
        put(p, "  median smallest change %.4g", s->median_upper);
        if (s->median_lower > 0 && s->median_lower < s->median_upper * (1 - 1e-5))
            put(p, " (proved: at least %.4g)", s->median_lower);
        put(p, "\n");
    }
    if (s->closest == SIZE_MAX) return;
    const gull_answer *a = &r->answer[s->closest];
    put(p, "  closest: row %zu at %.4g", a->number, a->upper);
    if (r->task.rank != 3) put_change(p, r, s->closest);
    put(p, " turns ");
    put_class(p, r, a->label);
    put(p, " into ");
    put_class(p, r, a->becomes);
    put(p, "\n");
}

/* "before name 12", on a new line where the last has no room. */
static void put_count(page *p, size_t *column, const char *before, const char *name, size_t rows) {
    char n[32];
    const size_t width = strlen(before) + strlen(name) + strlen(thousands(rows, n)) + 1;
    const bool wrap = *column + width > 98;
    if (wrap) put(p, ",\n   ");
    put(p, "%s%s %s", wrap ? before + strspn(before, ",") : before, name, n);
    *column = wrap ? 3 + width : *column + width;
}

/* Which attacks won, and what `best` did not run and why. */
static void put_parts(page *p, const gull_result *r) {
    size_t column = 0;
    for (size_t k = 0; k < r->plan.count; k++) {
        size_t wins = 0;
        for (size_t i = 0; i < r->task.rows; i++)
            wins += r->answer[i].status > GULL_MISREAD && isfinite(r->answer[i].upper) &&
                    r->answer[i].upper_by == (int)k;
        if (wins) put_count(p, &column, column ? ", " : "  won by ", r->plan.spec[k].text, wins);
    }
    if (column) put(p, "\n");
}

/* Methods that could not do some rows, for reasons of their own. */
static void put_stops(page *p, const gull_result *r) {
    static const int why[] = {GULL_ELARGE, GULL_EUNSUPPORTED};
    for (size_t w = 0; w < 2; w++)
        for (size_t k = 0; k < r->plan.count; k++) {
            size_t rows = 0;
            for (size_t i = 0; i < r->task.rows; i++)
                rows += r->answer[i].status > GULL_MISREAD && r->answer[i].outcome[k].ran &&
                        r->answer[i].outcome[k].status == why[w];
            if (rows) put(p, "  %s on %zu rows: %s\n", r->plan.spec[k].text, rows,
                          gull_status_text(why[w]));
        }
}

/* One change for all rows: how many it fools. */
static void put_together(page *p, const gull_result *r) {
    for (size_t k = 0; k < r->plan.count; k++) {
        size_t fooled = 0, ran = 0;
        for (size_t i = 0; i < r->task.rows; i++) {
            const gull_answer *a = &r->answer[i];
            if (a->status <= GULL_MISREAD || !a->outcome[k].ran) continue;
            ran++;
            fooled += isfinite(a->outcome[k].upper);
        }
        if (r->plan.spec[k].change && ran)
            put(p, "  %s: one change of %s ≤ %.4g fools %zu of %zu rows (%.1f%%)\n",
                r->plan.spec[k].text, norm_name(r->asked.cost),
                r->asked.eps[r->asked.eps_count - 1], fooled, ran,
                100 * (double)fooled / (double)ran);
    }
}

static void put_skips(page *p, const gull_result *r) {
    for (gull_skip why = GULL_RAN + 1; why <= GULL_SKIP_UNNEEDED; why++) {
        size_t column = 0;
        for (size_t k = 0; k < r->plan.count; k++) {
            size_t rows = 0;
            for (size_t i = 0; i < r->task.rows; i++)
                rows += r->answer[i].status > GULL_MISREAD && !r->answer[i].outcome[k].ran &&
                        r->answer[i].outcome[k].skip == why;
            if (!rows) continue;
            if (!column) {
                put(p, "  skipped, %s:", gull__skip_text(why));
                column = 13 + strlen(gull__skip_text(why));
                put_count(p, &column, " ", r->plan.spec[k].text, rows);
            } else {
                put_count(p, &column, ", ", r->plan.spec[k].text, rows);
            }
        }
        if (column) put(p, "\n");
    }
}

/* Why rows were not fooled: a failed attack is not a robust model. */
static void put_unfooled(page *p, const gull_result *r) {
    const char *before = "  not fooled, because ";
    for (size_t i = 0; i < r->task.rows; i++) {
        const char *why = r->answer[i].status == GULL_NOT_DONE
                              ? NULL
                              : gull__unfooled_because(r, &r->answer[i]);
        size_t rows = 0, earlier = 0;
        for (size_t j = 0; why && j < r->task.rows; j++) {
            const bool same = r->answer[j].status != GULL_NOT_DONE &&
                              gull__unfooled_because(r, &r->answer[j]) == why;
            rows += same;
            earlier += same && j < i;
        }
        if (!rows || earlier) continue;
        put(p, "%s%s: %zu", before, why, rows);
        before = "; ";
    }
    if (*before == ';') put(p, "\n");
}

static void put_checks(page *p, const gull_result *r) {
    if (gull__doubts(r))
        put(p, "  THE ATTACKS ARE NOT TO BE TRUSTED HERE: what was not fooled is not shown to be "
               "robust\n");
    for (size_t i = 0; i < r->check_count; i++)
        if (!strcmp(r->check[i].result, "fail"))
            put(p, "  check failed: %s: %s\n", r->check[i].name, r->check[i].detail);
}

char *gull_result_text(const gull_result *r) {
    page p = {0};
    gull_summary s;
    if (gull__summarise(r, &s) < 0) return NULL;
    put_model(&p, r);
    put_data(&p, r, &s);
    put_ask(&p, r);
    if (s.table_count) put_table(&p, &s);
    put_counts(&p, &s);
    put_closest(&p, r, &s);
    put_parts(&p, r);
    put_together(&p, r);
    put_stops(&p, r);
    put_skips(&p, r);
    put_unfooled(&p, r);
    put_checks(&p, r);
    if (p.failed) {
        free(p.text);
        return NULL;
    }
    return p.text;
}
