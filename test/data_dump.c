/* data_dump.c - the other half of test_data_readers.py.  Each line of stdin holds,
 * between tabs, a path, a label column (or nothing) and a file for the numbers (raw
 * doubles: x, then the labels); each line of stdout is what the library says of the data,
 * or its error, as JSON. */
#include "core/plugin.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *names(char *const *name, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; name && i < count; i++)
        json_array_append_new(list, json_string(name[i]));
    return list;
}

static json_t *describe(const gull_data *d) {
    json_t *shape = json_array();
    for (int i = 0; i < d->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)d->shape[i]));
    return json_pack("{s:i, s:I, s:I, s:o, s:b, s:b, s:b, s:b, s:s, s:s, s:o, s:o}",
                     "status", 0, "rows", (json_int_t)d->rows, "dim", (json_int_t)d->dim,
                     "shape", shape, "bytes", d->bytes, "channels_last", d->channels_last,
                     "sparse", d->sparse, "labelled", d->label != NULL, "format",
                     d->format, "sha256", d->sha256, "label_names",
                     names(d->label_names, d->label_count), "feature_names",
                     names(d->feature_names, d->dim));
}

static void write_numbers(const gull_data *d, const char *path) {
    FILE *f = fopen(path, "wb");
    if (!f) return;
    fwrite(d->x, sizeof *d->x, d->rows * d->dim, f);
    if (d->label) fwrite(d->label, sizeof *d->label, d->rows, f);
    fclose(f);
}

int main(void) {
    char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        char *rest = line, *path = strsep(&rest, "\t"), *column = strsep(&rest, "\t");
        gull_error err = {0, ""};
        gull_data *d = NULL;
        if (!rest) return 1;
        rest[strcspn(rest, "\n")] = 0;
        const int status = gull_data_open(&d, path, *column ? column : NULL, &err);
        json_t *answer = status < 0
                             ? json_pack("{s:i, s:s}", "status", status, "text", err.text)
                             : describe(d);
        if (status == GULL_OK) write_numbers(d, rest);
        char *text = json_dumps(answer, JSON_COMPACT);
        puts(text ? text : "{}");
        fflush(stdout);
        free(text);
        json_decref(answer);
        gull_data_close(&d);
    }
    return 0;
}
