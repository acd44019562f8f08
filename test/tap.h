/* tap.h - the whole test framework: prints TAP, one process per file. */
#ifndef GULL_TAP_H
#define GULL_TAP_H
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

/* One subtest: prints "ok N - name" or "not ok N - name". */
__attribute__((format(printf, 2, 3), unused)) static int tap_ok(int good, const char *format,
                                                               ...) {
    va_list ap;
    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    va_start(ap, format);
    vprintf(format, ap);
    va_end(ap);
    putchar('\n');
    fflush(stdout);
    tap_failed += !good;
    return good;
}

__attribute__((unused)) static void tap_skip(const char *name, const char *why) {
    printf("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

/* |a - b| <= tolerance * max(1, |b|) */
__attribute__((unused)) static int tap_near(double a, double b, double tolerance) {
    return fabs(a - b) <= tolerance * fmax(1, fabs(b)) || (isinf(a) && a == b);
}

__attribute__((unused)) static int tap_done(void) {
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

/* The folder of real data, or NULL where it does not exist (then skip). */
__attribute__((unused)) static const char *tap_data(void) {
    const char *dir = getenv("GULL_TEST_DATA");
    return dir && *dir ? dir : NULL;
}
#endif
