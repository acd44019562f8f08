/* html_view.c - reads result JSON (doc/schema.json) into views.  The texts may come
 * from anywhere: every part may be missing or of another type, and then reads as
 * empty; what is not a gull result at all is GULL_EFORMAT. */
#include "report/html.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double html_number(const json_t *object, const char *key, double otherwise) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value)) return otherwise;
    return fmin(fmax(json_number_value(value), -1e100), 1e100); /* fits any line of html_add */
}

const char *html_string(const json_t *object, const char *key, const char *otherwise) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : otherwise;
}

bool html_has(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

size_t html_status_count(const html_view *v, const char *status) {
    size_t i, count = 0;
    json_t *input;
    json_array_foreach(v->inputs, i, input)
        count += !strcmp(html_string(input, "status", ""), status);
    return count;
}

double html_curve_at(const html_view *v, double eps, const char *key) {
    size_t i;
    json_t *point;
    double value = NAN;
    json_array_foreach(v->curve, i, point) {
        if (html_number(point, "eps", INFINITY) > eps * (1 + 1e-9)) break;
        value = html_number(point, key, NAN);
    }
    return value;
}

/* A whole number within 0..most, else 0. */
static size_t whole(double value, double most) {
    return value >= 1 && value <= most ? (size_t)value : 0;
}

static void read_shape(html_view *v) {
    const json_t *shape = json_object_get(v->model, "shape");
    if (json_array_size(shape) != 3) shape = json_object_get(v->data, "shape");
    size_t side[3] = {0, 0, 0};
    if (json_array_size(shape) != 3) return;
    for (size_t i = 0; i < 3; ++i)
        side[i] = whole(json_number_value(json_array_get(shape, i)), 4096);
    const size_t pixels = side[1] * side[2];
    if ((side[0] != 1 && side[0] != 3) || !pixels || side[0] * pixels != v->features) return;
    v->channels = side[0];
    v->height = side[1];
    v->width = side[2];
}

static void read_range(html_view *v) {
    const json_t *range = json_object_get(v->data, "range");
    const double low = json_number_value(json_array_get(range, 0));
    const double high = json_number_value(json_array_get(range, 1));
    if (low < high) v->low = low, v->high = high;
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void read_view(html_view *v, const json_t *root, size_t index) {
    v->root = root;
    v->index = index;
    v->gull = json_object_get(root, "gull");
    v->model = json_object_get(root, "model");
    v->data = json_object_get(root, "data");
    v->question = json_object_get(root, "question");
    v->summary = json_object_get(root, "summary");
    v->curve = json_object_get(v->summary, "curve");
    v->table = json_object_get(v->summary, "table");
    v->methods = json_object_get(v->summary, "methods");
    v->checks = json_object_get(root, "checks");
    v->cases = json_object_get(root, "cases");
    v->untested = json_object_get(root, "untested");
    v->inputs = json_object_get(root, "inputs");
    v->name = last_part(html_string(v->model, "path", "model"));
    v->norm = html_string(v->question, "norm", "linf");
    v->rows = whole(html_number(v->summary, "rows", 0), 1e12);
    v->features = whole(html_number(v->model, "features", 0), 1e9);
    read_shape(v);
    read_range(v);
}

static bool same_scale(const html_view *a, const html_view *b) {
    return !strcmp(a->norm, b->norm) && a->features == b->features && a->low == b->low &&
           a->high == b->high;
}

static void relate(html_report *r) {
    for (size_t i = 0; i < r->count; ++i) {
        html_view *v = &r->view[i];
        v->group = i;
        for (size_t j = i; j-- > 0;) {
            if (same_scale(v, &r->view[j])) v->group = j;
            v->twin += !strcmp(v->name, r->view[j].name);
        }
    }
}

static const char *wrong_result(const json_t *result) {
    if (!json_is_object(result)) return "not an object";
    const json_t *gull = json_object_get(result, "gull");
    if (!json_is_object(gull)) return "no \"gull\" part: this is not a result of gull";
    if (html_number(gull, "schema", 0) != 1)
        return "\"schema\" is not 1: written by another version of gull";
    if (!json_is_object(json_object_get(result, "model"))) return "no \"model\" part";
    if (!json_is_object(json_object_get(result, "summary"))) return "no \"summary\" part";
    return NULL;
}

static int keep(json_t *all, json_t *result, const char *where, gull_error *err) {
    const char *wrong = wrong_result(result);
    if (wrong)
        return gull__fail(err, GULL_EFORMAT, "%sline 1: %s; expected what --json writes",
                          where, wrong);
    if (json_array_append(all, result) < 0)
        return gull__fail(err, GULL_ENOMEM, "out of memory");
    return GULL_OK;
}

static int keep_all(json_t *all, json_t *root, const char *where, gull_error *err) {
    size_t i;
    json_t *result;
    if (!json_is_array(root)) return keep(all, root, where, err);
    json_array_foreach(root, i, result) TRY(keep(all, result, where, err));
    return GULL_OK;
}

static int load(json_t *all, const char *text, const char *where, gull_error *err) {
    json_error_t wrong;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &wrong);
    /* jansson names every syntax error, but not its own failed allocations */
    if (!root && (!wrong.text[0] || json_error_code(&wrong) == json_error_unknown ||
                  json_error_code(&wrong) == json_error_out_of_memory))
        return gull__fail(err, GULL_ENOMEM, "out of memory");
    if (!root)
        return gull__fail(err, GULL_EFORMAT, "%sline %d, column %d: %s", where, wrong.line,
                          wrong.column, wrong.text);
    const int status = keep_all(all, root, where, err);
    json_decref(root);
    return status;
}

int html_open(const char *const *json, size_t count, html_report *r, gull_error *err) {
    *r = (html_report){.all = json_array()};
    if (!r->all) return gull__fail(err, GULL_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; ++i) {
        char where[40] = "";
        if (count > 1) snprintf(where, sizeof where, "result %zu: ", i + 1);
        TRY(load(r->all, json[i], where, err));
    }
    r->count = json_array_size(r->all);
    if (!r->count)
        return gull__fail(err, GULL_EFORMAT, "line 1: no results; expected what --json writes");
    r->view = calloc(r->count, sizeof *r->view);
    if (!r->view) return gull__fail(err, GULL_ENOMEM, "out of memory");
    for (size_t i = 0; i < r->count; ++i)
        read_view(&r->view[i], json_array_get(r->all, i), i);
    relate(r);
    return GULL_OK;
}

void html_close(html_report *r) {
    json_decref(r->all);
    free(r->view);
    *r = (html_report){0};
}

void html_name(html_page *p, const html_view *v) {
    html_text_cut(p, v->name, 48);
    if (v->twin) html_add(p, " (%zu)", v->twin + 1);
}

void html_class(html_page *p, const html_view *v, const json_t *label) {
    const json_t *names = json_object_get(v->model, "class_names");
    const double k = json_is_number(label) ? json_number_value(label) : -1;
    const char *name = json_string_value(label);
    if (k >= 0 && k < 1e9) name = json_string_value(json_array_get(names, (size_t)k));
    if (name) {
        html_raw(p, "<bdi>");
        html_text_cut(p, name, 60);
        html_raw(p, "</bdi>");
    } else if (json_is_number(label)) {
        html_add(p, "class %.0f", k);
    } else {
        html_raw(p, "–");
    }
}

void html_feature(html_page *p, const html_view *v, size_t feature) {
    const json_t *names = json_object_get(v->model, "feature_names");
    const char *name = json_string_value(json_array_get(names, feature));
    if (!name) {
        html_add(p, "feature %zu", feature);
        return;
    }
    html_raw(p, "<bdi>");
    html_text_cut(p, name, 60);
    html_raw(p, "</bdi>");
}
