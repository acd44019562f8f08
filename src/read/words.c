/* words.c - a bounded cursor over the words of a text model.  See words.h. */
#include "read/words.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int gull__words_open(gull_words *w, gull_bytes *bytes, gull_error *err) {
    *w = (gull_words){.bytes = bytes, .line = 1, .err = err};
    w->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return w->locale ? GULL_OK : GULL_ENOMEM;
}

void gull__words_close(gull_words *w) { freelocale(w->locale); }

int gull__words_fail(const gull_words *w, int code, const char *format, ...) {
    char text[400];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return gull__fail(w->err, code, "%s: line %zu: %s", w->bytes->path, w->line, text);
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool gull__words_next(gull_words *w, bool same_line) {
    gull_bytes *b = w->bytes;
    for (; b->at < b->size && is_blank(b->data[b->at]); b->at++) {
        if (b->data[b->at] != '\n') continue;
        if (same_line) return false;
        w->line++;
    }
    size_t n = 0;
    for (; b->at < b->size && !is_blank(b->data[b->at]); b->at++)
        if (n < GULL_WORD_ROOM - 1) w->word[n++] = (char)b->data[b->at];
    if (n == GULL_WORD_ROOM - 1) w->word[0] = '?'; /* too long to mean anything */
    w->word[n] = 0;
    return n > 0;
}

int gull__words_value(const gull_words *w, const char *text, double *value) {
    char *end;
    *value = strtod_l(text, &end, w->locale);
    if (end != text && !*end && isfinite(*value)) return GULL_OK;
    return gull__words_fail(w, GULL_EFORMAT, "'%.40s' where a finite number belongs",
                            text);
}

int gull__words_double(gull_words *w, const char *what, double *value) {
    if (!gull__words_next(w, false))
        return gull__words_fail(w, GULL_EFORMAT, "the file ends where %s belongs", what);
    return gull__words_value(w, w->word, value);
}

int gull__words_integer(gull_words *w, const char *what, long lo, long hi, long *value) {
    double v = 0;
    TRY(gull__words_double(w, what, &v));
    if (v < (double)lo || v > (double)hi || v != floor(v))
        return gull__words_fail(w, GULL_EFORMAT,
                                "%s is %.40s, expected a whole number from %ld to %ld",
                                what, w->word, lo, hi);
    *value = (long)v;
    return GULL_OK;
}

void gull__words_free_names(char **names, size_t count) {
    for (size_t i = 0; names && i < count; i++) free(names[i]);
    free(names);
}

int gull__words_names(gull_words *w, size_t count, char ***out) {
    char **names = calloc(count, sizeof *names);
    int status = names ? GULL_OK : GULL_ENOMEM;
    for (size_t i = 0; status == GULL_OK && i < count; i++) {
        long label;
        status = gull__words_integer(w, "a label", -2147483648L, 2147483647L, &label);
        if (status == GULL_OK && !(names[i] = strdup(w->word))) status = GULL_ENOMEM;
    }
    if (status == GULL_OK)
        *out = names;
    else
        gull__words_free_names(names, count);
    return status;
}
