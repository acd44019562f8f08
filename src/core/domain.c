/* domain.c - a domain file: what may change, feature by feature.
 *
 *   {"default":  {"lo": 0, "hi": 1},
 *    "features": {"age": {"frozen": true}, "income": {"only": "up", "weight": 0.001},
 *                 "17": {"lo": 0, "hi": 100, "kind": "integer"}}}
 *
 * A feature is named as in the data or the model, or by its index. */
#include "core/bind.h"
#include "core/model.h"
#include <jansson.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

typedef struct reading {
    gull_task *task;
    const char *path;
    gull_error *err;
} reading;

static size_t find_feature(const gull_task *t, const char *key, const gull_model *m,
                           const gull_data *d) {
    for (size_t i = 0; d->feature_names && i < t->dim; i++)
        if (!strcmp(d->feature_names[i], key)) return i;
    for (size_t i = 0; m->facts.feature_names && i < t->dim; i++)
        if (!strcmp(m->facts.feature_names[i], key)) return i;
    char *end;
    const unsigned long long i = strtoull(key, &end, 10);
    return *key >= '0' && *key <= '9' && !*end && i < t->dim ? (size_t)i : SIZE_MAX;
}

static int bad(const reading *r, const char *feature, const char *what) {
    return gull__fail(r->err, GULL_EFORMAT, "%s: feature '%s': %s", r->path, feature, what);
}

static int apply_only(const reading *r, const char *name, size_t i, const json_t *v) {
    const char *s = json_string_value(v);
    if (s && !strcmp(s, "up"))
        r->task->rule[i] |= GULL_ONLY_UP;
    else if (s && !strcmp(s, "down"))
        r->task->rule[i] |= GULL_ONLY_DOWN;
    else
        return bad(r, name, "\"only\" must be \"up\" or \"down\"");
    return GULL_OK;
}

static int set_step(const reading *r, size_t i, double step) {
    gull_task *t = r->task;
    if (!t->grid && step > 0) t->grid = calloc(t->dim, sizeof *t->grid);
    if (!t->grid) return step > 0 ? gull__fail(r->err, GULL_ENOMEM, "out of memory") : GULL_OK;
    t->grid[i] = (gull_grid){0, step, step > 0};
    return GULL_OK;
}

/* An integer without a step has step 1. */
static int apply_kind(const reading *r, const char *name, size_t i, const json_t *v) {
    const gull_task *t = r->task;
    const char *s = json_string_value(v);
    const bool stepped = t->grid && t->grid[i].over > 0;
    if (s && !strcmp(s, "real")) return set_step(r, i, 0);
    if (s && !strcmp(s, "integer")) return stepped ? GULL_OK : set_step(r, i, 1);
    return gull__fail(r->err, GULL_EUNSUPPORTED,
                      "%s: feature '%s': \"kind\" must be \"real\" or \"integer\"", r->path, name);
}

static int apply_key(const reading *r, const char *name, size_t i, const char *key,
                     const json_t *v) {
    gull_task *t = r->task;
    if (!strcmp(key, "only")) return apply_only(r, name, i, v);
    if (!strcmp(key, "frozen")) {
        if (!json_is_boolean(v)) return bad(r, name, "\"frozen\" must be true or false");
        if (json_is_true(v)) t->rule[i] |= GULL_FROZEN;
        return GULL_OK;
    }
    if (!strcmp(key, "kind")) return apply_kind(r, name, i, v);
    if (!strcmp(key, "step")) {
        if (!(json_number_value(v) > 0)) return bad(r, name, "\"step\" must be a positive number");
        return set_step(r, i, json_number_value(v));
    }
    if (strcmp(key, "lo") && strcmp(key, "hi") && strcmp(key, "weight"))
        return bad(r, name, "unknown key; known are lo, hi, weight, frozen, only, kind, step");
    if (json_is_null(v)) return GULL_OK;
    if (!json_is_number(v)) return bad(r, name, "lo, hi and weight must be numbers");
    const double x = json_number_value(v);
    if (key[0] == 'l') t->lo[i] = x;
    if (key[0] == 'h') t->hi[i] = x;
    if (key[0] != 'w') return GULL_OK;
    if (!(x > 0)) return bad(r, name, "weight must be positive; to fix a feature say frozen");
    t->weight[i] = x;
    return GULL_OK;
}

static int apply(const reading *r, const char *name, size_t i, const json_t *rules) {
    const char *key;
    json_t *v;
    if (!json_is_object(rules)) return bad(r, name, "expected an object such as {\"frozen\": true}");
    json_object_foreach((json_t *)rules, key, v) TRY(apply_key(r, name, i, key, v));
    if (!(r->task->lo[i] <= r->task->hi[i])) return bad(r, name, "lo is above hi");
    return GULL_OK;
}

static int apply_all(const reading *r, json_t *root, const gull_model *m, const gull_data *d) {
    gull_task *t = r->task;
    json_t *every = json_object_get(root, "default");
    json_t *features = json_object_get(root, "features"), *rules;
    const char *name;
    if (!every && !features)
        return gull__fail(r->err, GULL_EFORMAT, "%s: has neither \"default\" nor \"features\"",
                          r->path);
    for (size_t i = 0; every && i < t->dim; i++) TRY(apply(r, "default", i, every));
    if (features && !json_is_object(features))
        return gull__fail(r->err, GULL_EFORMAT, "%s: \"features\" must be an object", r->path);
    json_object_foreach(features, name, rules) {
        const size_t i = find_feature(t, name, m, d);
        if (i == SIZE_MAX) return bad(r, name, "no such feature in the data or the model");
        TRY(apply(r, name, i, rules));
    }
    return GULL_OK;
}

int gull__domain_read(gull_task *t, const char *path, const gull_model *m, const gull_data *d,
                      gull_error *err) {
    const reading r = {t, path, err};
    json_error_t where;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return gull__fail(err, GULL_EFORMAT, "%s: line %d: %s", path, where.line, where.text);
    t->weight = malloc(t->dim * sizeof *t->weight);
    t->rule = calloc(t->dim, 1);
    int status = t->weight && t->rule ? GULL_OK : gull__fail(err, GULL_ENOMEM, "out of memory");
    for (size_t i = 0; status == GULL_OK && i < t->dim; i++) t->weight[i] = 1;
    if (status == GULL_OK) status = apply_all(&r, root, m, d);
    if (status == GULL_OK) snprintf(t->domain, sizeof t->domain, "as in %.150s", path);
    json_decref(root);
    return status;
}
