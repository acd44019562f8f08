/* json.c - the result as JSON (doc/schema.json): the truth that every page is made from. */
#include "core/answer_json.h"
#include "core/draws.h"
#include "core/model.h"
#include "core/registry.h"
#include "report/summary.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 24 };

static json_t *names_json(char *const *names, size_t n) {
    if (!names) return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(list, json_string(names[i]));
    return list;
}

json_t *gull__model_facts_json(const gull_model *m) {
    json_t *shape = json_array();
    for (int i = 0; i < m->facts.rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)m->facts.shape[i]));
    json_t *v = json_pack("{ss ss ss ss si sI so ss ss so so}", "path", m->path, "family",
                     m->family->name, "format", m->format, "sha256", m->sha256, "classes",
                     m->facts.classes, "features", (json_int_t)m->facts.dim, "shape", shape,
                     "scores", m->facts.scores, "detail", m->facts.detail, "class_names",
                     names_json(m->facts.class_names, (size_t)m->facts.classes),
                     "feature_names", names_json(m->facts.feature_names, m->facts.dim));
    if (m->facts.randomised) json_object_set_new(v, "randomised", json_true());
    const char *const extra[][2] = {{"output", m->facts.output}, {"head", m->facts.head},
                                    {"preprocess", m->facts.preprocess}, {"front", m->facts.front}};
    for (size_t i = 0; i < 4; i++)
        if (*extra[i][1]) json_object_set_new(v, extra[i][0], json_string(extra[i][1]));
    return v;
}

/* The methods that apply, as one line for people. */
static json_t *methods_of(const gull_model *m) {
    char line[600] = "";
    const gull_method *const *const table[] = {gull_attacks, gull_proofs};
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; table[t][i]; i++) {
            const size_t n = strlen(line);
            if (!(table[t][i]->needs & ~gull__model_can(m)))
                snprintf(line + n, sizeof line - n, "%s%s", n ? " " : "", table[t][i]->name);
        }
    return json_string(line);
}

char *gull_model_json(const gull_model *m) {
    json_t *v = gull__model_facts_json(m);
    json_object_set_new(v, "methods", methods_of(m));
    char *text = v ? json_dumps(v, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(v);
    return text;
}

static json_t *question_json(const gull_result *r) {
    const gull_question *q = &r->asked;
    char goal[40] = "miss";
    json_t *eps = json_array(), *methods = json_array();
    if (q->goal == GULL_TARGET) snprintf(goal, sizeof goal, "target:%d", q->target);
    for (size_t i = 0; i < q->eps_count; i++) json_array_append_new(eps, json_real(q->eps[i]));
    for (size_t i = 0; i < r->plan.count; i++)
        if (!r->plan.spec[i].is_part)
            json_array_append_new(methods, json_string(r->plan.spec[i].text));
    json_t *v = json_pack("{ss ss so ss ss ss sb so so so sb}", "verb", r->verb, "norm", q->cost->name,
                     "eps", eps, "access", q->access, "goal", goal, "domain", r->task.domain,
                     "weights", r->task.weight != NULL, "budget",
                     q->budget ? json_integer((json_int_t)q->budget) : json_null(), "timeout",
                     q->timeout > 0 ? json_real(q->timeout) : json_null(), "methods", methods, "thorough", q->thorough);
    if (json_is_true(json_object_get(r->model, "randomised")))
        json_object_set_new(v, "draws", gull__draws_json(q));
    if (q->quantize) json_object_set_new(v, "quantize", json_integer(q->quantize));
    return v;
}

static json_t *points_json(const gull_point *p, size_t n, bool noise) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_pack("{sf sf sf}", "eps", p[i].eps, "fooled", p[i].fooled, "proved",
                              p[i].proved);
        if (noise) json_object_set_new(v, "noise", gull__number(p[i].noise));
        json_array_append_new(list, v);
    }
    return list;
}

/* Index k, or a part of it. */
static bool belongs(const gull_plan *p, int by, size_t k) {
    return by >= 0 && (by == (int)k || (p->spec[by].is_part && p->spec[by].parent == (int)k));
}

/* On how many rows a part was not run, by reason. */
static json_t *skips_json(const gull_result *r, size_t k) {
    json_t *v = json_object();
    for (gull_skip why = GULL_RAN + 1; why <= GULL_SKIP_UNNEEDED; why++) {
        json_int_t rows = 0;
        for (size_t i = 0; i < r->task.rows; i++) {
            const gull_answer *a = &r->answer[i];
            rows += a->status != GULL_NOT_DONE && !a->outcome[k].ran && a->outcome[k].skip == why;
        }
        if (rows) json_object_set_new(v, gull__skip_text(why), json_integer(rows));
    }
    return v;
}

/* One change for all rows: its size, and the change itself, float64 in base64. */
static json_t *together_json(const gull_result *r, const gull_spec *spec, json_int_t fooled) {
    const double radius = r->asked.eps[r->asked.eps_count - 1];
    char *text = gull__base64(spec->change, r->task.dim * sizeof *spec->change);
    json_t *v = json_pack("{sf sI ss*}", "eps", radius, "fooled", fooled, "change", text);
    free(text);
    return v;
}

static json_t *methods_json(const gull_result *r) {
    json_t *list = json_array();
    for (size_t k = 0; k < r->plan.count; k++) {
        const gull_spec *spec = &r->plan.spec[k];
        json_int_t wins = 0, successes = 0, queries = 0;
        double seconds = 0;
        bool found = false;
        for (size_t i = 0; i < r->task.rows; i++) {
            const gull_answer *a = &r->answer[i];
            const gull_outcome *o = &a->outcome[k];
            if (a->status == GULL_NOT_DONE || !o->ran) continue;
            wins += belongs(&r->plan, a->upper_by, k) || belongs(&r->plan, a->lower_by, k);
            successes += isfinite(o->upper) || (o->bounded && o->lower > 0);
            found |= isfinite(o->upper);
            queries += (json_int_t)o->queries;
            seconds += o->seconds;
        }
        json_t *v = json_pack("{ss ss sI sI sI sf}", "spec", spec->text, "kind",
                              !spec->proof ? "attack" : found ? "exact" : "proof", "wins", wins,
                              "successes", successes, "queries", queries, "seconds", seconds);
        if (spec->is_part) {
            json_object_set_new(v, "part_of", json_string(r->plan.spec[spec->parent].text));
            json_object_set_new(v, "skipped", skips_json(r, k));
        }
        if (spec->change) json_object_set_new(v, "together", together_json(r, spec, successes));
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *closest_json(const gull_result *r, const gull_summary *s) {
    if (s->closest == SIZE_MAX) return json_null();
    const gull_answer *a = &r->answer[s->closest];
    return json_pack("{sI sf si si}", "row", (json_int_t)a->number, "distance", a->upper, "from",
                     a->label, "to", a->becomes);
}

/* Names of the self-checks that failed: with any, the attacks are not to be trusted. */
static json_t *doubts_json(const gull_result *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->check_count; i++)
        if (!strcmp(r->check[i].result, "fail"))
            json_array_append_new(list, json_string(r->check[i].name));
    return list;
}

static json_t *summary_json(const gull_result *r, const gull_summary *s) {
    const double rows = s->rows ? (double)s->rows : 1;
    json_t *v = json_pack("{sI sf so sf sf sf}", "rows", (json_int_t)s->rows, "clean",
                          ((double)s->rows - (double)s->misread) / rows, "eps",
                          gull__number(s->at.eps), "fooled", s->at.fooled, "proved", s->at.proved,
                          "undecided", 1 - s->at.fooled - s->at.proved);
    static const gull_answer_status status[] = {GULL_MISREAD,  GULL_EXACT,  GULL_BRACKETED,
                                                GULL_ATTACKED, GULL_PROVED, GULL_UNDECIDED};
    for (size_t i = 0; i < sizeof status / sizeof *status; i++) {
        const char *name = status[i] == GULL_PROVED      ? "proved_only"
                           : status[i] == GULL_UNDECIDED ? "undecided_rows"
                                                         : gull__answer_text(status[i]);
        json_object_set_new(v, name, json_integer((json_int_t)s->count[status[i]]));
    }
    json_object_set_new(v, "median_upper", gull__number(s->median_upper));
    json_object_set_new(v, "median_lower", gull__number(s->median_lower));
    json_object_set_new(v, "seconds", json_real(r->seconds));
    json_object_set_new(v, "cpu_seconds", json_real(r->cpu_seconds));
    json_object_set_new(v, "queries", json_integer((json_int_t)s->queries));
    json_object_set_new(v, "curve", points_json(s->curve, s->curve_count, true));
    json_object_set_new(v, "table", points_json(s->table, s->table_count, true));
    json_object_set_new(v, "closest", closest_json(r, s));
    json_object_set_new(v, "methods", methods_json(r));
    json_object_set_new(v, "doubts", doubts_json(r));
    return v;
}

/* ---- Rows ---- */

static json_t *spec_json(const gull_result *r, int index) {
    return index >= 0 ? json_string(r->plan.spec[index].text) : json_null();
}

static json_t *outcomes_json(const gull_result *r, const gull_answer *a) {
    json_t *list = json_array();
    for (size_t k = 0; k < r->plan.count; k++) {
        const gull_outcome *o = &a->outcome[k];
        if (!o->ran) continue;
        json_t *v = json_pack("{ss so so sI sf}", "spec", r->plan.spec[k].text, "upper",
                              gull__number(o->upper), "lower",
                              o->bounded ? gull__number(o->lower) : json_null(), "queries",
                              (json_int_t)o->queries, "seconds", o->seconds);
        if (o->status < 0)
            json_object_set_new(v, "stopped", json_string(gull_status_text(o->status)));
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *input_json(const gull_result *r, const gull_answer *a) {
    const bool misread = a->status == GULL_MISREAD;
    json_t *v = json_pack(
        "{sI si si ss so so so so sI sf so so}", "row", (json_int_t)a->number, "label", a->label,
        "predicted", a->predicted, "status", gull__answer_text(a->status), "lower",
        misread ? json_real(0) : a->lower_by >= 0 ? gull__number(a->lower) : json_null(), "upper",
        gull__number(a->upper), "attack",
        misread || isinf(a->upper) ? json_null() : spec_json(r, a->upper_by), "proof",
        spec_json(r, a->lower_by), "queries", (json_int_t)a->queries, "seconds", a->seconds,
        "noise", a->noise_tried ? gull__number(a->noise) : json_null(), "methods",
        outcomes_json(r, a));
    if (isinf(a->lower)) json_object_set_new(v, "unfoolable", json_true());
    const char *why = gull__unfooled_because(r, a);
    if (why) json_object_set_new(v, "unfooled_because", json_string(why));
    return v;
}

static json_t *inputs_json(const gull_result *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->task.rows; i++)
        if (r->answer[i].status != GULL_NOT_DONE)
            json_array_append_new(list, input_json(r, &r->answer[i]));
    return list;
}

/* ---- Cases: the nearest witnesses first, at most a few of one class ---- */

static json_t *floats(const double *x, size_t n) {
    float *f = malloc(n * sizeof *f + 1);
    if (!f) return json_null();
    for (size_t i = 0; i < n; i++) f[i] = (float)x[i];
    char *text = gull__base64(f, n * sizeof *f);
    json_t *v = text ? json_string(text) : json_null();
    free(text);
    free(f);
    return v;
}

static json_t *case_json(const gull_result *r, size_t i) {
    const gull_answer *a = &r->answer[i];
    const size_t dim = r->task.dim;
    const double *x0 = r->task.x + i * dim, *w = r->witness + i * dim;
    const gull_space plain = {x0, r->task.lo, r->task.hi, NULL, dim, false, NULL};
    json_t *norms = json_object();
    for (size_t k = 0; gull_costs[k]; k++)
        json_object_set_new(norms, gull_costs[k]->name,
                            gull__number(gull_costs[k]->measure(&plain, w)));
    return json_pack("{sI si si si sf sf sf so so so so}", "row", (json_int_t)a->number, "label",
                     a->label, "predicted", a->predicted, "becomes", a->becomes, "confidence",
                     a->confidence, "confidence_after", a->confidence_after, "distance", a->upper,
                     "norms", norms, "attack", spec_json(r, a->upper_by), "original",
                     floats(x0, dim), "witness", floats(w, dim));
}

typedef struct ranked {
    double upper;
    size_t index;
} ranked;

static int nearest_first(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->upper != y->upper) return x->upper < y->upper ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static json_t *cases_json(const gull_result *r, int classes) {
    json_t *list = json_array();
    ranked *order = malloc((r->task.rows + 1) * sizeof *order);
    int *taken = calloc((size_t)classes, sizeof *taken);
    size_t n = 0;
    for (size_t i = 0; order && taken && i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->status > GULL_MISREAD && isfinite(a->upper)) order[n++] = (ranked){a->upper, i};
    }
    if (n) qsort(order, n, sizeof *order, nearest_first);
    const int most = CASES / classes > 2 ? CASES / classes : 2;
    for (size_t i = 0; i < n && json_array_size(list) < CASES; i++) {
        const int label = r->answer[order[i].index].label;
        if (taken[label]++ < most) json_array_append_new(list, case_json(r, order[i].index));
    }
    free(order);
    free(taken);
    return list;
}

/* ---- What was not tested ---- */

static json_t *untested_json(const gull_result *r) {
    json_t *list = json_array();
#define SAY(text) json_array_append_new(list, json_string(text))
    if (r->asked.granted != GULL_ANY)
        SAY("attackers with more access than was granted here");
    SAY("changes measured in other norms than the one asked");
    if (!r->task.rule && !r->task.weight)
        SAY("which changes are plausible in the real world: every feature could move freely "
            "within its range");
    if (r->task.rank == 3)
        SAY("rotation, translation, blur, compression, stickers and other changes that are not "
            "small in this norm");
    SAY("confident nonsense far from all data, transfer between models, poisoned training data, "
        "privacy");
    SAY("inputs other than the rows of this data set");
    if (r->task.model_labels)
        SAY("whether the model is right: the data has no labels, its own answers were used");
#undef SAY
    return list;
}

static json_t *checks_json(const gull_result *r) {
    json_t *list = json_array();
    size_t contradictions = 0;
    for (size_t i = 0; i < r->task.rows; i++) contradictions += r->answer[i].contradiction;
    json_array_append_new(
        list, json_pack("{ss ss ss}", "name", "no witness lies below a proved bound", "result",
                        contradictions ? "fail" : "pass", "detail",
                        contradictions ? "a proof and a witness contradict each other"
                                       : "every witness was confirmed by a second evaluator"));
    for (size_t i = 0; i < r->check_count; i++)
        json_array_append_new(list, json_pack("{ss ss ss}", "name", r->check[i].name, "result",
                                              r->check[i].result, "detail", r->check[i].detail));
    return list;
}

char *gull_result_json(const gull_result *r) {
    gull_summary s;
    if (gull__summarise(r, &s) < 0) return NULL;
    const int classes = (int)json_integer_value(json_object_get(r->model, "classes"));
    json_t *v = json_pack(
        "{s{ss si ss sI} sO sO so so so so so so}", "gull", "version", gull_version(), "schema", 1,
        "command", r->command, "seed", (json_int_t)r->asked.seed, "model", r->model, "data",
        r->data, "question", question_json(r), "summary", summary_json(r, &s), "checks",
        checks_json(r), "cases", cases_json(r, classes), "untested", untested_json(r), "inputs",
        inputs_json(r));
    char *text = v ? json_dumps(v, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(v);
    return text;
}
