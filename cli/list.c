/* list.c - the tables of plug-ins. */
#include "cli.h"
#include <jansson.h>
#include <string.h>

int gull_verb_list(int argc, char **argv);

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
                         "no table '%s'; there are attacks, proofs, families, formats, operators, "
                         "costs, backends",
                         table);
    if (as_json) puts(text);
    else {
        json_t *v = json_loads(text, 0, NULL);
        json_array_foreach(v, i, row) print_row(row);
        json_decref(v);
    }
    gull_free(text);
    return GULL_OK;
}

int gull_verb_list(int argc, char **argv) {
    cli_args a;
    gull_error err;
    int status = cli_parse(&a, argc, argv, CLI_AS_JSON, &err);
    if (status == GULL_OK && a.help)
        cli_usage(stdout, "gull list [--json] TABLE",
                  "TABLE: attacks, proofs, families, formats, operators, costs or backends.",
                  CLI_AS_JSON, "gull list attacks");
    else if (status == GULL_OK && a.files != 1)
        status = cli_error(&err, GULL_EUSAGE, "list wants one of attacks, proofs, families, formats, "
                                              "operators, costs, backends");
    else if (status == GULL_OK) status = list(a.file[0], a.as_json, &err);
    cli_done(&a);
    return status < 0 ? cli_fail(&err) : 0;
}
