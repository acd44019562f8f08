/* numbers.h - numbers as people write them in options: all of the text, or nothing. */
#ifndef GULL_NUMBERS_H
#define GULL_NUMBERS_H
#include <stdbool.h>
#include <stdint.h>

/* 0.1 or 8/255; *end points behind it.  NaN is none. */
bool gull__read_number(const char *s, double *out, const char **end);
/* Digits to the end of the text. */
bool gull__read_integer(const char *s, uint64_t *out);
#endif
