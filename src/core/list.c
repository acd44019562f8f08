/* list.c - `gull list`: the tables as JSON. */
#include "core/question.h"
#include "core/registry.h"
#include "graph/graph.h"
#include "num/backend.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
} needs[] = {{GULL_CAN_LABELS, "labels"}, {GULL_CAN_SCORES, "scores"},
             {GULL_CAN_GRADIENT, "gradient"}, {GULL_CAN_LINEAR, "linear structure"},
             {GULL_CAN_GRAPH, "graph structure"}, {GULL_CAN_TREES, "trees structure"},
             {GULL_CAN_POINTS, "points structure"}};

static json_t *row(const char *name, const char *summary) {
    return json_pack("{ss ss}", "name", name, "summary", summary);
}

static json_t *params_json(const gull_param *p) {
    json_t *list = json_array();
    for (; p && p->name; p++) {
        json_t *v = json_pack("{ss ss}", "name", p->name, "help", p->help);
        if (p->words) {
            const char *w = p->words;
            for (int skip = (int)p->preset; skip > 0 && strchr(w, '|'); skip--) w = strchr(w, '|') + 1;
            json_object_set_new(v, "words", json_string(p->words));
            json_object_set_new(v, "default", json_stringn(w, strcspn(w, "|")));
        } else {
            json_object_set_new(v, "default", json_real(p->preset));
            json_object_set_new(v, "range", json_pack("[ff]", p->lo, p->hi));
        }
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *method_json(const gull_method *m) {
    json_t *v = row(m->name, m->summary), *need = json_array(), *norms = json_array();
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (m->needs & needs[i].bit) json_array_append_new(need, json_string(needs[i].name));
    for (int i = 0; gull_costs[i]; i++)
        if (m->costs & GULL_COST(i)) json_array_append_new(norms, json_string(gull_costs[i]->name));
    json_object_set_new(v, "cite", json_string(m->cite ? m->cite : ""));
    json_object_set_new(v, "needs", need);
    json_object_set_new(v, "norms", norms);
    json_object_set_new(v, "targeted", json_boolean(m->goals & (1u << GULL_TARGET)));
    json_object_set_new(v, "options", params_json(m->params));
    return v;
}

static json_t *methods(const gull_method *const *table) {
    json_t *list = json_array();
    for (; *table; table++) json_array_append_new(list, method_json(*table));
    return list;
}

static json_t *formats(void) {
    json_t *list = json_array();
    for (size_t i = 0; gull_readers[i]; i++) {
        json_t *v = row(gull_readers[i]->name, gull_readers[i]->summary);
        json_object_set_new(v, "holds", json_string("model"));
        json_array_append_new(list, v);
    }
    for (size_t i = 0; gull_data_readers[i]; i++) {
        json_t *v = row(gull_data_readers[i]->name, gull_data_readers[i]->summary);
        json_object_set_new(v, "holds", json_string("data"));
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *families(void) {
    json_t *list = json_array();
    for (size_t i = 0; gull_families[i]; i++)
        json_array_append_new(list, row(gull_families[i]->name, gull_families[i]->summary));
    return list;
}

static json_t *costs(void) {
    json_t *list = json_array();
    for (size_t i = 0; gull_costs[i]; i++)
        json_array_append_new(list, row(gull_costs[i]->name, gull_costs[i]->summary));
    return list;
}

static json_t *operators(void) {
    json_t *list = json_array();
    for (size_t i = 0; gull_ops64[i]; i++) {
        const gull_op *op = gull_ops64[i];
        json_t *v = row(op->onnx, op->summary);
        json_object_set_new(v, "opsets", json_pack("[ii]", op->since, op->until));
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *backends(void) {
    json_t *list = json_array();
    for (size_t i = 0; gull_backends[i]; i++)
        json_array_append_new(list, row(gull_backends[i]->name, gull_backends[i]->summary));
    return list;
}

static json_t *table_json(const char *table) {
    if (!strcmp(table, "attacks")) return methods(gull_attacks);
    if (!strcmp(table, "proofs")) return methods(gull_proofs);
    if (!strcmp(table, "families")) return families();
    if (!strcmp(table, "formats")) return formats();
    if (!strcmp(table, "costs")) return costs();
    if (!strcmp(table, "operators")) return operators();
    if (!strcmp(table, "backends")) return backends();
    return NULL;
}

char *gull_list_json(const char *table) {
    json_t *v = table_json(table);
    char *text = v ? json_dumps(v, JSON_INDENT(2)) : NULL;
    json_decref(v);
    return text;
}
