/* xyz.c - TEMPLATE: a model format, with where it is described.  As it stands: the text
 * "xyz 1", then the number of features, their weights and a bias: a linear model. */
#include "model/linear.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FEATURES = 1 << 20 };
static const char magic[] = "xyz 1\n";
enum { START = sizeof magic - 1 };

static int probe(const gull_bytes *head) {
    return head->size >= START && !memcmp(head->data, magic, START) ? 100 : 0;
}

/* The next number; the text ends with a NUL.  Says where it went wrong. */
static int next(const char **at, const char *text, const char *path, double *out,
                gull_error *err) {
    char *end;
    *out = strtod(*at, &end);
    if (end == *at || !isfinite(*out))
        return gull__fail(err, GULL_EFORMAT, "%s: byte %td: expected a finite number", path,
                          *at - text);
    *at = end;
    return GULL_OK;
}

static int parse(const char *text, const char *path, gull_model **out, gull_error *err) {
    const char *at = text + START;
    double dim;
    TRY(next(&at, text, path, &dim, err));
    if (!(dim >= 1 && dim <= MOST_FEATURES && dim == floor(dim)))
        return gull__fail(err, GULL_EFORMAT, "%s: byte %d: expected 1 to %d features", path,
                          START, MOST_FEATURES);
    gull_model_facts facts = {.classes = 2, .dim = (size_t)dim, .scores = "margin"};
    double *w = calloc(2 * facts.dim, sizeof *w), *b = calloc(2, sizeof *b);
    int status = w && b ? GULL_OK : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    for (size_t i = 0; i < facts.dim && status == GULL_OK; i++)
        status = next(&at, text, path, &w[facts.dim + i], err);
    if (status == GULL_OK) status = next(&at, text, path, &b[1], err);
    if (status == GULL_OK) return gull__linear_new(out, &facts, w, b); /* takes w and b */
    free(w);
    free(b);
    return status;
}

static int read_model(gull_bytes *bytes, gull_model **out, gull_error *err) {
    char *text = malloc(bytes->size + 1);
    if (!text) return gull__fail(err, GULL_ENOMEM, "%s: out of memory", bytes->path);
    memcpy(text, bytes->data, bytes->size);
    text[bytes->size] = 0;
    const int status = parse(text, bytes->path, out, err);
    free(text);
    return status;
}

const gull_reader gull_reader_xyz = {.name = "xyz",
                                     .summary = "one line for `gull list formats`",
                                     .probe = probe,
                                     .read = read_model};
