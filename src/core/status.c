/* status.c - one list of statuses: names, exit codes, texts. */
#include "core/plugin.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

size_t gull__utf8_length(const char *text) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *s = (const uint8_t *)text;
    const size_t n = *s < 0x80   ? 1
                     : *s < 0xc0 ? 0
                     : *s < 0xe0 ? 2
                     : *s < 0xf0 ? 3
                     : *s < 0xf8 ? 4
                                 : 0;
    uint32_t c = n ? *s & (0xffu >> n) : 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

/* Names come from files: nothing of them may steer a terminal. */
static void make_printable(char *s) {
    for (size_t n; *s; s += n ? n : 1) {
        n = gull__utf8_length(s);
        if (n == 2 && !memcmp(s, "\xc2", 1) && (unsigned char)s[1] < 0xa0) n = 0; /* C1 */
        if (!n || (unsigned char)*s < ' ' || *s == 127) *s = '?';
    }
}

int gull__fail(gull_error *err, int code, const char *format, ...) {
    if (err) {
        va_list ap;
        va_start(ap, format);
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, ap);
        va_end(ap);
        make_printable(err->text);
    }
    return code;
}

void gull_free(void *p) { free(p); }
