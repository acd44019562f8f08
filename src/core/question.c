/* question.c - the options of a question: one table feeds the setter, --help, the man
 * page and bindings. */
#include "core/question.h"
#include "core/model.h"
#include "core/numbers.h"
#include "core/registry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*setter)(gull_question *, const char *value, gull_error *);

gull_question *gull_question_new(void) {
    gull_question *q = calloc(1, sizeof *q);
    if (!q) return NULL;
    q->cost = gull_costs[GULL_LINF];
    q->last = SIZE_MAX;
    q->granted = GULL_ANY;
    strcpy(q->access, "structure");
    q->seed = 1;
    return q;
}

void gull_question_free(gull_question **question) {
    if (!question || !*question) return;
    gull_question *q = *question;
    for (size_t i = 0; i < q->method_count; i++) free(q->method[i]);
    free(q->domain);
    free(q->resume);
    free(q->command);
    free(q->names);
    free(q);
    *question = NULL;
}

static int set_text(char **field, const char *value, gull_error *err) {
    char *copy = strdup(value);
    if (!copy) return gull__fail(err, GULL_ENOMEM, "out of memory");
    free(*field);
    *field = copy;
    return GULL_OK;
}

/* ---- One setter an option ---- */

static int set_norm(gull_question *q, const char *v, gull_error *err) {
    const gull_cost *c = gull__cost(v);
    if (!c) return gull__fail(err, GULL_EUSAGE, "--norm %s: expected linf, l2, l1 or l0", v);
    q->cost = c;
    return GULL_OK;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int set_eps(gull_question *q, const char *v, gull_error *err) {
    double eps[GULL_MAX_EPS];
    size_t count = 0;
    for (const char *s = v;; s++) {
        double e;
        if (!gull__read_number(s, &e, &s) || !(e > 0) || isinf(e) || (*s && *s != ','))
            return gull__fail(err, GULL_EUSAGE,
                              "--eps %s: expected positive distances such as 0.1 or 8/255, "
                              "separated by commas",
                              v);
        if (count == GULL_MAX_EPS)
            return gull__fail(err, GULL_EUSAGE, "--eps: at most %d distances", GULL_MAX_EPS);
        eps[count++] = e;
        if (!*s) break;
    }
    memcpy(q->eps, eps, count * sizeof *eps);
    q->eps_count = count;
    qsort(q->eps, q->eps_count, sizeof *q->eps, by_value);
    return GULL_OK;
}

static int set_access(gull_question *q, const char *v, gull_error *err) {
    static const struct {
        const char *name;
        unsigned bits;
    } level[] = {{"labels", GULL_CAN_LABELS},
                 {"scores", GULL_CAN_LABELS | GULL_CAN_SCORES},
                 {"gradient", GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT},
                 {"structure", GULL_ANY}};
    for (size_t i = 0; i < sizeof level / sizeof *level; i++)
        if (!strcmp(level[i].name, v)) {
            q->granted = level[i].bits;
            snprintf(q->access, sizeof q->access, "%s", v);
            return GULL_OK;
        }
    return gull__fail(err, GULL_EUSAGE,
                      "--access %s: expected labels, scores, gradient or structure", v);
}

static int set_budget(gull_question *q, const char *v, gull_error *err) {
    if (!gull__read_integer(v, &q->budget) || !q->budget)
        return gull__fail(err, GULL_EUSAGE,
                          "--budget %s: expected a positive number of queries per input", v);
    return GULL_OK;
}

static int set_timeout(gull_question *q, const char *v, gull_error *err) {
    const char *end;
    if (!gull__read_number(v, &q->timeout, &end) || *end || !(q->timeout > 0))
        return gull__fail(err, GULL_EUSAGE, "--timeout %s: expected seconds per input", v);
    return GULL_OK;
}

static int set_rows(gull_question *q, const char *v, gull_error *err) {
    uint64_t first = 0, last = SIZE_MAX;
    char head[32];
    const char *colon = strchr(v, ':');
    const size_t n = colon ? (size_t)(colon - v) : strlen(v);
    bool good = n < sizeof head;
    if (good) {
        memcpy(head, v, n);
        head[n] = 0;
        good = (!n && colon) || gull__read_integer(head, &first);
    }
    if (good && colon && colon[1]) good = gull__read_integer(colon + 1, &last);
    if (!colon) last = first + 1;
    if (!good || last <= first)
        return gull__fail(err, GULL_EUSAGE,
                          "--rows %s: expected A:B, rows A to B-1, counted from 0", v);
    q->first = first;
    q->last = last;
    return GULL_OK;
}

static int set_seed(gull_question *q, const char *v, gull_error *err) {
    if (!gull__read_integer(v, &q->seed))
        return gull__fail(err, GULL_EUSAGE, "--seed %s: expected a whole number", v);
    return GULL_OK;
}

static int set_threads(gull_question *q, const char *v, gull_error *err) {
    uint64_t n;
    if (!gull__read_integer(v, &n) || n < 1 || n > 1024)
        return gull__fail(err, GULL_EUSAGE, "--threads %s: expected 1 to 1024", v);
    q->threads = (int)n;
    return GULL_OK;
}

static int set_method(gull_question *q, const char *v, gull_error *err) {
    gull_spec spec;
    TRY(gull__spec_parse(&spec, v, err));
    gull__spec_free(&spec);
    if (q->method_count == GULL_MAX_METHODS)
        return gull__fail(err, GULL_EUSAGE, "--method: at most %d methods", GULL_MAX_METHODS);
    q->method[q->method_count] = NULL;
    TRY(set_text(&q->method[q->method_count], v, err));
    q->method_count++;
    return GULL_OK;
}

static int set_goal(gull_question *q, const char *v, gull_error *err) {
    uint64_t k;
    if (!strcmp(v, "miss")) {
        q->goal = GULL_MISS;
        return GULL_OK;
    }
    if (strncmp(v, "target:", 7) || !gull__read_integer(v + 7, &k) || k > 1 << 20)
        return gull__fail(err, GULL_EUSAGE, "--goal %s: expected miss or target:CLASS", v);
    q->goal = GULL_TARGET;
    q->target = (int)k;
    return GULL_OK;
}

static int set_range(gull_question *q, const char *v, gull_error *err) {
    const char *s;
    if (!gull__read_number(v, &q->range[0], &s) || (*s != ',' && *s != ':') ||
        !gull__read_number(s + 1, &q->range[1], &s) || *s || !(q->range[0] < q->range[1]))
        return gull__fail(err, GULL_EUSAGE,
                          "--range %s: expected LO,HI, what the model calls black and white",
                          v);
    q->has_range = true;
    return GULL_OK;
}

static int set_quantize(gull_question *q, const char *v, gull_error *err) {
    uint64_t bits;
    if (!gull__read_integer(v, &bits) || bits < 1 || bits > 16)
        return gull__fail(err, GULL_EUSAGE, "--quantize %s: expected 1 to 16 bits", v);
    q->quantize = (int)bits;
    return GULL_OK;
}

static int set_eot(gull_question *q, const char *v, gull_error *err) {
    uint64_t n;
    if (!gull__read_integer(v, &n) || n < 1 || n > 10000)
        return gull__fail(err, GULL_EUSAGE, "--eot %s: expected 1 to 10000 draws", v);
    q->eot = (size_t)n;
    return GULL_OK;
}

static int set_draws(gull_question *q, const char *v, gull_error *err) {
    uint64_t needed = 0, all = 0;
    char head[32];
    const char *slash = strchr(v, '/');
    const size_t n = slash ? (size_t)(slash - v) : 0;
    bool good = n > 0 && n < sizeof head;
    if (good) {
        memcpy(head, v, n);
        head[n] = 0;
        good = gull__read_integer(head, &needed) && gull__read_integer(slash + 1, &all);
    }
    if (!good || !needed || needed > all || all > 10000)
        return gull__fail(err, GULL_EUSAGE, "--draws %s: expected A/K, such as 18/20", v);
    q->draws = (size_t)all;
    q->draws_needed = (size_t)needed;
    return GULL_OK;
}

static int set_rule(gull_question *q, const char *v, gull_error *err) {
    gull_rule r = {"", 0, 0};
    const char *s = v + strcspn(v, "@=");
    bool good = (size_t)(s - v) < sizeof r.what && q->rule_count < GULL_MAX_RULES;
    if (good) {
        memcpy(r.what, v, (size_t)(s - v));
        if (!strcmp(r.what, "clean"))
            good = *s == '=';
        else
            good = (!strcmp(r.what, "proved") || !strcmp(r.what, "resisted")) && *s == '@' &&
                   gull__read_number(s + 1, &r.eps, &s) && *s == '=';
    }
    if (good) good = gull__read_number(s + 1, &r.share, &s) && (!*s || !strcmp(s, "%"));
    if (good && *s) r.share /= 100;
    if (!good || !(r.share >= 0 && r.share <= 1))
        return gull__fail(err, GULL_EUSAGE,
                          "--fail-under %s: expected proved@EPS=90%%, resisted@EPS=50%% or "
                          "clean=95%%",
                          v);
    q->rule[q->rule_count++] = r;
    return GULL_OK;
}

static int set_domain(gull_question *q, const char *v, gull_error *e) {
    return set_text(&q->domain, v, e);
}
static int set_resume(gull_question *q, const char *v, gull_error *e) {
    return set_text(&q->resume, v, e);
}
static int set_names(gull_question *q, const char *v, gull_error *e) {
    return set_text(&q->names, v, e);
}
static int set_command(gull_question *q, const char *v, gull_error *e) {
    return set_text(&q->command, v, e);
}
static int set_thorough(gull_question *q, const char *v, gull_error *e) {
    (void)e;
    q->thorough = strcmp(v, "0") != 0;
    return GULL_OK;
}
static int set_verbose(gull_question *q, const char *v, gull_error *e) {
    (void)e;
    q->verbose = strcmp(v, "0") != 0;
    return GULL_OK;
}

static const gull_option options[] = {
    {"norm", "linf|l2|l1|l0", "linf", "how a change is measured"},
    {"eps", "E[,E...]", NULL, "distances to report on, such as 0.1 or 8/255"},
    {"access", "LEVEL", "structure",
     "what the attacker sees: labels, scores, gradient or structure"},
    {"goal", "GOAL", "miss", "what counts as fooled: miss (any other class) or target:CLASS"},
    {"method", "SPEC", NULL,
     "use this method, such as pgd:steps=40; may be repeated; see `gull list attacks`"},
    {"budget", "N", NULL, "queries per input"},
    {"timeout", "S", NULL, "seconds of work per input"},
    {"domain", "FILE.json", NULL, "what may change, feature by feature (doc/formats.md)"},
    {"range", "LO,HI", NULL, "what the model calls black and white; 8-bit pixels are mapped to it"},
    {"quantize", "BITS", NULL,
     "pixels take only 2^BITS levels of the range: 8 lets a witness survive as a PNG"},
    {"eot", "M", "20", "draws averaged in each question to a randomised model"},
    {"draws", "A/K", "18/20",
     "a witness against a randomised model fools it in A of K fresh draws"},
    {"class-names", "A,B,...", NULL, "what the classes are called, for labels that are words, table and page"},
    {"rows", "A:B", NULL, "only rows A to B-1, counted from 0"},
    {"seed", "N", "1", "seed of every random number"},
    {"threads", "N", NULL, "threads (default: one per core); results do not depend on it"},
    {"resume", "FILE", NULL, "keep finished rows in FILE and go on from there"},
    {"fail-under", "RULE", NULL,
     "exit with 1 unless met: proved@EPS=90%, resisted@EPS=50% or clean=95%"},
    {"thorough", NULL, NULL, "run every attack that applies, and skip none to save time"},
    {"verbose", NULL, NULL, "show each method's gain"},
    {NULL, NULL, NULL, NULL}};
static const setter setters[] = {set_norm,   set_eps,     set_access,  set_goal,  set_method,
                                 set_budget, set_timeout, set_domain,  set_range, set_quantize, set_eot, set_draws, set_names, set_rows,
                                 set_seed,   set_threads, set_resume, set_rule,
                                 set_thorough, set_verbose};

const gull_option *gull_question_options(void) { return options; }

int gull_question_set(gull_question *q, const char *name, const char *value, gull_error *err) {
    if (!strcmp(name, "command")) return set_command(q, value, err);
    for (size_t i = 0; options[i].name; i++)
        if (!strcmp(options[i].name, name)) return setters[i](q, value, err);
    return gull__fail(err, GULL_EUSAGE, "no option --%s", name);
}
