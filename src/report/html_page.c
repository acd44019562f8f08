/* html_page.c - the growing text of the page, escaping, base64, policy hashes.
 * Untrusted text goes through html_text only: it cannot leave its element or its
 * double-quoted attribute, and it cannot turn the reading direction. */
#include "report/html.h"
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(html_page *p, size_t more) {
    if (p->failed) return false;
    if (more < p->room - p->size) return true;
    size_t room = p->room < 4096 ? 4096 : p->room;
    while (room - p->size <= more) {
        if (room > SIZE_MAX / 2) return p->failed = true, false;
        room *= 2;
    }
    char *text = realloc(p->text, room);
    if (!text) return p->failed = true, false;
    p->text = text;
    p->room = room;
    return true;
}

void html_bytes(html_page *p, const char *bytes, size_t size) {
    if (!grow(p, size)) return;
    memcpy(p->text + p->size, bytes, size);
    p->size += size;
    p->text[p->size] = 0;
}

void html_raw(html_page *p, const char *trusted) { html_bytes(p, trusted, strlen(trusted)); }

void html_add(html_page *p, const char *format, ...) {
    char line[512];
    va_list ap;
    va_start(ap, format);
    const int size = vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (size < 0 || (size_t)size >= sizeof line) {
        p->failed = true; /* a format of this program that cannot fit: a bug, caught here */
        return;
    }
    html_bytes(p, line, (size_t)size);
}

/* Characters that change what a reader sees without being seen: controls, and the
 * directional overrides and isolates U+202A-202E, U+2066-2069. */
static size_t unseen(const unsigned char *c) {
    if (*c < 0x20 || *c == 0x7f) return *c == '\n' || *c == '\t' ? 0 : 1;
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) return 2;
    if (c[0] != 0xe2) return 0;
    if (c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) return 3;
    return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9 ? 3 : 0;
}

static const char *entity(char c) {
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void html_text_cut(html_page *p, const char *untrusted, size_t points) {
    for (const char *c = untrusted; *c;) {
        if ((*c & 0xc0) != 0x80 && !points--) {
            html_raw(p, "…");
            return;
        }
        const size_t hidden = unseen((const unsigned char *)c);
        const char *safe = hidden ? "\xef\xbf\xbd" : entity(*c);
        if (safe)
            html_raw(p, safe);
        else
            html_bytes(p, c, 1);
        c += hidden ? hidden : 1;
    }
}

void html_text(html_page *p, const char *untrusted) {
    html_text_cut(p, untrusted, SIZE_MAX);
}

size_t html_points(const char *utf8) {
    size_t points = 0;
    for (; *utf8; ++utf8) points += (*utf8 & 0xc0) != 0x80;
    return points;
}

void html_base64(html_page *p, const void *bytes, size_t size) {
    if (size > SIZE_MAX / 2 || !grow(p, BASE64_ENCODE_RAW_LENGTH(size))) {
        p->failed = true;
        return;
    }
    base64_encode_raw(p->text + p->size, size, bytes);
    p->size += BASE64_ENCODE_RAW_LENGTH(size);
    p->text[p->size] = 0;
}

void html_policy_hash(html_page *p, const char *text) {
    struct sha256_ctx hash;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&hash);
    sha256_update(&hash, strlen(text), (const uint8_t *)text);
    sha256_digest(&hash, sizeof digest, digest);
    html_raw(p, "'sha256-");
    html_base64(p, digest, sizeof digest);
    html_raw(p, "'");
}
