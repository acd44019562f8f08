/* list.c - the tables of plug-ins. */
#include "cli.h"
#include <jansson.h>
#include <string.h>

#define TABLES "attacks, proofs, families, formats, operators, costs, backends"

static void print_value(const json_t *v) {
    if (json_is_string(v)) printf("%s", json_string_value(v));
    else printf("%g", json_number_value(v));
}

static void print_row(json_t *row) {
    size_t i;
    json_t *o;
    const char *cite = json_string_value(json_object_get(row, "cite"));
    printf("%-12s %s\n", json_string_value(json_object_get(row, "name")),
           json_string_value(json_object_get(row, "summary")));
    if (cite && *cite) printf("%-12s   %s\n", "", cite);
    json_array_foreach(json_object_get(row, "options"), i, o) {
        printf("%-12s   %s=", "", json_string_value(json_object_get(o, "name")));
        print_value(json_object_get(o, "default"));
        printf("  %s", json_string_value(json_object_get(o, "help")));
        if (json_object_get(o, "words"))
            printf(" (%s)", json_string_value(json_object_get(o, "words")));
        puts("");
    }
}

static int list(const char *table, bool as_json, gull_error *err) {
    size_t i;
    json_t *row;
    char *text = gull_list_json(table);
    if (!text)
        return cli_error(err, GULL_EUSAGE,
                         "no table '%s'; there are " TABLES, table);
    if (as_json) puts(text);
    else {
        json_t *v = json_loads(text, 0, NULL);
        json_array_foreach(v, i, row) print_row(row);
        json_decref(v);
    }
    gull_free(text);
    return GULL_OK;
}

static int run(cli_args *a, gull_error *err) {
    if (a->files != 1)
        return cli_error(err, GULL_EUSAGE, "list wants one of " TABLES);
    return list(a->file[0], a->as_json, err);
}

const cli_verb gull_verb_list = {
    .name = "list",
    .summary = "attacks, proofs, families, formats, operators, costs, backends",
    .how = "gull list [--json] TABLE",
    .what = "The plug-ins of one table, with their options.  TABLE is one of\n" TABLES ".",
    .takes = CLI_AS_JSON,
    .example = "gull list attacks",
    .run = run};
