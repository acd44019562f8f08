/* spec.c - method strings ("pgd:steps=40,restarts=5") and the plan of a verb. */
#include "core/model.h"
#include "core/question.h"
#include "core/registry.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_proof(const gull_method *m) {
    for (size_t i = 0; gull_proofs[i]; i++)
        if (gull_proofs[i] == m) return true;
    return false;
}

static const gull_param *find_param(const gull_method *m, const char *name, size_t n) {
    for (const gull_param *p = m->params; p && p->name; p++)
        if (strlen(p->name) == n && !memcmp(p->name, name, n)) return p;
    return NULL;
}

/* A word of "auto|ibp|crown" as its index; -1 when it is none of them. */
static double word_index(const char *words, const char *s, size_t n) {
    for (double i = 0;; i++) {
        const size_t k = strcspn(words, "|");
        if (k == n && !memcmp(words, s, n)) return i;
        if (!words[k]) return -1;
        words += k + 1;
    }
}

static int read_option(const gull_method *m, const char **at, char *options, gull_error *err) {
    const char *s = *at;
    const size_t n = strcspn(s, "=,");
    const gull_param *p = find_param(m, s, n);
    if (!p || s[n] != '=')
        return gull__fail(err, GULL_EUSAGE,
                          "method %s: no option '%.*s'; see `gull list attacks` or `gull list "
                          "proofs`",
                          m->name, (int)n, s);
    const char *text = s + n + 1;
    const size_t length = strcspn(text, ",");
    char *end = NULL;
    const double v = p->words ? word_index(p->words, text, length) : strtod(text, &end);
    if (p->words ? v < 0 : end != text + length || !length || !(v >= p->lo && v <= p->hi)) {
        if (p->words)
            return gull__fail(err, GULL_EUSAGE, "method %s: %s=%.*s: expected %s", m->name,
                              p->name, (int)length, text, p->words);
        return gull__fail(err, GULL_EUSAGE, "method %s: %s=%.*s: expected a number from %g to %g",
                          m->name, p->name, (int)length, text, p->lo, p->hi);
    }
    memcpy(options + p->offset, &v, sizeof v);
    *at = text + length;
    return GULL_OK;
}

static int read_options(const gull_method *m, const char *s, char *options, gull_error *err) {
    for (const gull_param *p = m->params; p && p->name; p++)
        memcpy(options + p->offset, &p->preset, sizeof p->preset);
    while (*s) {
        TRY(read_option(m, &s, options, err));
        if (*s == ',') s++;
    }
    return GULL_OK;
}

int gull__spec_parse(gull_spec *out, const char *text, gull_error *err) {
    const size_t n = strcspn(text, ":");
    *out = (gull_spec){0};
    const gull_method *m = gull__method(text, n);
    if (!m)
        return gull__fail(err, GULL_EUSAGE,
                          "no method '%.*s'; see `gull list attacks` and `gull list proofs`",
                          (int)(n < 60 ? n : 60), text);
    out->method = m;
    out->proof = is_proof(m);
    out->text = strdup(text);
    out->options = calloc(1, m->options_size + 1);
    int status = out->text && out->options ? GULL_OK
                                           : gull__fail(err, GULL_ENOMEM, "out of memory");
    if (status == GULL_OK)
        status = read_options(m, text[n] ? text + n + 1 : text + n, out->options, err);
    if (status < 0) gull__spec_free(out);
    return status;
}

void gull__spec_free(gull_spec *s) {
    free(s->text);
    free(s->options);
    free(s->change);
    *s = (gull_spec){0};
}

void gull__plan_free(gull_plan *p) {
    for (size_t i = 0; i < p->count; i++) gull__spec_free(&p->spec[i]);
    p->count = 0;
}

/* Why a method does not fit this question; 0 when it does. */
static int misfit(const gull_method *m, const gull_question *q, const gull_model *model) {
    if (m->needs & ~gull__model_can(model)) return GULL_EUNSUPPORTED;
    if (m->needs & ~q->granted) return GULL_EACCESS;
    if (!(m->costs & GULL_COST(gull__cost_index(q->cost)))) return GULL_EUNSUPPORTED;
    if (!(m->goals & (1u << q->goal))) return GULL_EUNSUPPORTED;
    if (m->needs_grid && !q->quantize && !q->domain) return GULL_EUNSUPPORTED;
    return m->needs_eps && !q->eps_count ? GULL_EUSAGE : 0;
}

static int explain(const gull_method *m, const gull_question *q, const gull_model *model,
                   gull_error *err) {
    if ((m->needs & ~gull__model_can(model)) && model->facts.randomised)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "method %s does not apply to randomised models: proofs speak of one "
                          "function; use attacks", m->name);
    if (m->needs & ~gull__model_can(model))
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "method %s does not apply to %s models; leave --method out to use all "
                          "that do",
                          m->name, model->family->name);
    if (m->needs & ~q->granted)
        return gull__fail(err, GULL_EACCESS, "method %s needs more than --access %s", m->name,
                          q->access);
    if (m->needs_grid && !q->quantize && !q->domain)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "method %s is for features of whole numbers: say --quantize, or give a "
                          "--domain with integers", m->name);
    if (misfit(m, q, model) == GULL_EUSAGE)
        return gull__fail(err, GULL_EUSAGE,
                          "method %s tests one distance: give it with --eps, such as --eps 8/255",
                          m->name);
    return gull__fail(err, GULL_EUNSUPPORTED, "method %s does not work with --norm %s and --goal %s",
                      m->name, q->cost->name, q->goal == GULL_TARGET ? "target" : "miss");
}

/* "fmn:steps=50" as a part of best is listed as "best/fmn:steps=50". */
static int rename_part(gull_spec *s, const char *owner, gull_error *err) {
    const size_t room = strlen(owner) + strlen(s->text) + 2;
    char *name = malloc(room);
    if (!name) return gull__fail(err, GULL_ENOMEM, "out of memory");
    snprintf(name, room, "%s/%s", owner, s->text);
    free(s->text);
    s->text = name;
    return GULL_OK;
}

static int add_parts(gull_plan *p, int owner, const gull_question *q, const gull_model *model,
                     gull_error *err) {
    const gull_method *m = p->spec[owner].method;
    for (int k = 0; m->parts && m->parts[k] && p->count < GULL_MAX_PLAN; k++) {
        gull_spec *s = &p->spec[p->count];
        TRY(gull__spec_parse(s, m->parts[k], err));
        p->count++;
        s->is_part = true;
        s->parent = owner;
        s->part = k;
        TRY(rename_part(s, m->name, err));
        if (misfit(s->method, q, model)) gull__spec_free(&p->spec[--p->count]);
    }
    return GULL_OK;
}

static int add(gull_plan *p, const char *text, const gull_question *q, const gull_model *model,
               gull_error *err) {
    if (p->count == GULL_MAX_PLAN)
        return gull__fail(err, GULL_EUSAGE, "at most %d methods and parts", GULL_MAX_PLAN);
    TRY(gull__spec_parse(&p->spec[p->count], text, err));
    return add_parts(p, (int)p->count++, q, model, err);
}

static int asked_methods(gull_plan *p, const gull_question *q, const gull_model *model,
                         gull_error *err) {
    for (size_t i = 0; i < q->method_count; i++) {
        const gull_method *m = gull__method(q->method[i], strcspn(q->method[i], ":"));
        if (m && misfit(m, q, model)) return explain(m, q, model, err);
        TRY(add(p, q->method[i], q, model, err));
    }
    return GULL_OK;
}

/* The attack that runs others, where one fits: then it stands for all of them. */
static const gull_method *portfolio(const gull_question *q, const gull_model *model) {
    for (size_t i = 0; gull_attacks[i]; i++)
        if (gull_attacks[i]->stage && gull_attacks[i]->parts && !misfit(gull_attacks[i], q, model))
            return gull_attacks[i];
    return NULL;
}

static bool runs(const gull_method *portfolio, const gull_method *m) {
    for (size_t k = 0; portfolio->parts[k]; k++)
        if (gull__method(portfolio->parts[k], strcspn(portfolio->parts[k], ":")) == m) return true;
    return false;
}

/* By default a portfolio and the baseline; --thorough: whatever it does not run, too. */
static bool wanted(const gull_method *m, const gull_method *portfolio, bool thorough) {
    if (!portfolio || m == portfolio || m->stage >= GULL_STAGE_BASELINE) return true;
    return thorough && !runs(portfolio, m);
}

static int take_proofs(gull_plan *p, unsigned stage, const gull_question *q,
                       const gull_model *model, gull_error *err) {
    for (size_t i = 0; gull_proofs[i]; i++)
        if (gull_proofs[i]->stage == stage && !misfit(gull_proofs[i], q, model))
            TRY(add(p, gull_proofs[i]->name, q, model, err));
    return GULL_OK;
}

static int take_attacks(gull_plan *p, unsigned stage, const gull_question *q,
                        const gull_model *model, gull_error *err) {
    const gull_method *best = portfolio(q, model);
    for (size_t i = 0; gull_attacks[i]; i++) {
        const gull_method *m = gull_attacks[i];
        if (m->stage == stage && !misfit(m, q, model) && wanted(m, best, q->thorough))
            TRY(add(p, m->name, q, model, err));
    }
    return GULL_OK;
}

int gull__plan_new(gull_plan *p, const gull_question *q, const char *verb,
                   const gull_model *model, gull_error *err) {
    const bool attacks = strcmp(verb, "prove") != 0, proofs = strcmp(verb, "attack") != 0;
    int status = GULL_OK;
    p->count = 0;
    if (q->method_count)
        status = asked_methods(p, q, model, err);
    else
        for (unsigned stage = 1; stage < 100 && status == GULL_OK; stage++) {
            if (proofs) status = take_proofs(p, stage, q, model, err);
            if (attacks && status == GULL_OK) status = take_attacks(p, stage, q, model, err);
        }
    if (status == GULL_OK && !p->count)
        status = gull__fail(err, GULL_EUNSUPPORTED,
                            "no method of `%s` applies to a %s%s model with --norm %s and "
                            "--access %s",
                            verb, model->facts.randomised ? "randomised " : "",
                            model->family->name, q->cost->name, q->access);
    if (status < 0) gull__plan_free(p);
    return status;
}
