/* words.h - text models made of words and lines (LIBLINEAR, LIBSVM): a bounded cursor
 * over words that counts lines.  Numbers are read as in the C locale, whatever the
 * caller's. */
#ifndef GULL_WORDS_H
#define GULL_WORDS_H
#include "core/plugin.h"
#include <locale.h>

enum { GULL_WORD_ROOM = 128 };
typedef struct gull_words {
    gull_bytes *bytes;
    size_t line; /* counts from 1 */
    locale_t locale;
    gull_error *err;
    char word[GULL_WORD_ROOM]; /* the last one read */
} gull_words;

int gull__words_open(gull_words *, gull_bytes *, gull_error *);
void gull__words_close(gull_words *);
/* Reads the next word into `word`; false at the end of the file or, with same_line, at
 * the end of the line.  A longer word is cut (and then is no number, no key). */
bool gull__words_next(gull_words *, bool same_line);
/* The word as a number; GULL_EFORMAT unless it is one, and finite. */
int gull__words_value(const gull_words *, const char *text, double *value);
/* Next word, same rules; `what` names it in the error. */
int gull__words_double(gull_words *, const char *what, double *value);
int gull__words_integer(gull_words *, const char *what, long lo, long hi, long *value);
/* `count` integers of this line as strings: the classes of a model. */
int gull__words_names(gull_words *, size_t count, char ***names);
void gull__words_free_names(char **names, size_t count);
/* "path: line N: ..." */
__attribute__((format(printf, 3, 4))) int gull__words_fail(const gull_words *, int code,
                                                           const char *format, ...);
#endif
