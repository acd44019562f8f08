/* numbers.c - see numbers.h. */
#include "core/numbers.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

bool gull__read_number(const char *s, double *out, const char **end) {
    char *stop;
    *out = strtod(s, &stop);
    if (stop == s || isnan(*out)) return false;
    if (*stop == '/') { /* 8/255 */
        const char *under = stop + 1;
        const double d = strtod(under, &stop);
        if (stop == under || !(d > 0)) return false;
        *out /= d;
    }
    *end = stop;
    return true;
}

bool gull__read_integer(const char *s, uint64_t *out) {
    char *stop;
    errno = 0;
    if (*s < '0' || *s > '9') return false;
    *out = strtoull(s, &stop, 10);
    return !*stop && !errno;
}
