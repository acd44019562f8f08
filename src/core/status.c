/* status.c - one list of statuses: names, exit codes, texts. */
#include "core/plugin.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *gull_version(void) { return GULL_VERSION; }

const char *gull_status_text(int status) {
    switch (status) {
#define X(name, value, code, text)                                                       \
    case value:                                                                          \
        return text;
        GULL_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

int gull_exit_code(int status) {
    switch (status) {
#define X(name, value, code, text)                                                       \
    case value:                                                                          \
        return code;
        GULL_STATUS_MAP(X)
#undef X
    }
    return 70;
}

int gull__fail(gull_error *err, int code, const char *format, ...) {
    if (err) {
        va_list ap;
        va_start(ap, format);
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, ap);
        va_end(ap);
        for (char *s = err->text; *s; s++) /* what files say must not steer a terminal */
            if ((unsigned char)*s < ' ' || *s == 127) *s = '?';
    }
    return code;
}

void gull_free(void *p) { free(p); }
