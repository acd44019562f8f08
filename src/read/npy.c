/* npy.c - NumPy's .npy (format 1 to 3): the array, and "X.npy" or "X.npy,Y.npy" as data.
 * Source: NumPy Enhancement Proposal 1. */
#include "read/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct header {
    char kind; /* b u i f */
    size_t width;
    bool big, fortran;
} header;

/* ---- The header: a Python dict literal of three known keys ---- */

static const char *after(const char *text, const char *key) {
    const char *s = strstr(text, key);
    if (!s) return NULL;
    s += strlen(key);
    while (*s == ' ' || *s == '\'' || *s == '"' || *s == ':') s++;
    return s;
}

static int bad(const char *path, const char *what, gull_error *err) {
    return gull__fail(err, GULL_EFORMAT, "%s: npy header: %s", path, what);
}

/* Bytes of an element like "f4"; 0: not one that is understood. */
static size_t element_width(const char *s) {
    static const char *const known[] = {"b1", "u1", "i1", "u2", "i2", "u4",
                                        "i4", "u8", "i8", "f2", "f4", "f8"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strncmp(s, known[i], 2) && (s[2] == '\'' || s[2] == '"'))
            return (size_t)(s[1] - '0');
    return 0;
}

static int read_descr(const char *text, header *h, const char *path, gull_error *err) {
    const char *s = after(text, "descr");
    if (!s) return bad(path, "no 'descr'", err);
    h->big = *s == '>';
    if (*s && strchr("<>|=", *s)) s++;
    h->kind = *s;
    h->width = element_width(s);
    if (h->width) return GULL_OK;
    return gull__fail(
        err, GULL_EFORMAT,
        "%s: npy header: element type '%.20s' not understood; expected bool, "
        "integer or float numbers (save with .astype(numpy.float32))",
        path, s);
}

static int read_shape(const char *text, gull_array *a, const char *path,
                      gull_error *err) {
    const char *s = after(text, "shape");
    if (!s || *s != '(') return bad(path, "no 'shape'", err);
    for (s++; *s != ')';) {
        char *end;
        if (*s == ' ' || *s == ',') {
            s++;
            continue;
        }
        if (*s < '0' || *s > '9' || a->rank == GULL_AXES)
            return bad(path, "bad 'shape'", err);
        a->shape[a->rank++] = strtoull(s, &end, 10);
        s = *end == 'L' ? end + 1 : end;
    }
    return a->rank ? GULL_OK : bad(path, "a single number, expected rows", err);
}

static int read_header(const char *text, size_t length, header *h, gull_array *a,
                       const char *path, gull_error *err) {
    const char *order = after(text, "fortran_order");
    if (strlen(text) < length) return bad(path, "a NUL byte in it", err);
    TRY(read_descr(text, h, path, err));
    TRY(read_shape(text, a, path, err));
    if (!order || (strncmp(order, "True", 4) && strncmp(order, "False", 5)))
        return bad(path, "no 'fortran_order'", err);
    h->fortran = *order == 'T';
    return GULL_OK;
}

/* ---- Elements ---- */

static double half(uint64_t bits) {
    const int exponent = (int)(bits >> 10) & 31;
    const double fraction = (double)(bits & 1023), sign = bits >> 15 ? -1 : 1;
    if (exponent == 31) return fraction != 0 ? NAN : sign * INFINITY;
    return exponent ? sign * ldexp(1024 + fraction, exponent - 25)
                    : sign * ldexp(fraction, -24);
}

static double element(const uint8_t *p, const header *h) {
    uint64_t bits = 0;
    for (size_t i = 0; i < h->width; i++)
        bits |= (uint64_t)p[h->big ? h->width - 1 - i : i] << (8 * i);
    if (h->kind == 'f') {
        float f;
        double d;
        const uint32_t low = (uint32_t)bits;
        memcpy(&f, &low, sizeof f);
        memcpy(&d, &bits, sizeof d);
        return h->width == 2 ? half(bits) : h->width == 4 ? (double)f : d;
    }
    if (h->kind != 'i') return (double)bits;
    const int spare = 64 - 8 * (int)h->width;
    return (double)((int64_t)(bits << spare) >> spare);
}

/* Column-major to row-major. */
static int transpose(gull_array *a, const char *path, gull_error *err) {
    double *v = malloc(a->count * sizeof *v);
    if (!v) return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    for (size_t i = 0; i < a->count; i++) {
        size_t rest = i, from = 0, stride = 1, index[GULL_AXES];
        for (int k = a->rank; k-- > 0; rest /= a->shape[k]) index[k] = rest % a->shape[k];
        for (int k = 0; k < a->rank; stride *= a->shape[k++]) from += index[k] * stride;
        v[i] = a->v[from];
    }
    free(a->v);
    a->v = v;
    return GULL_OK;
}

int gull__npy_parse(const uint8_t *p, size_t size, const char *path, gull_array *a,
                    gull_error *err) {
    header h = {0};
    if (size < 12 || memcmp(p, "\x93NUMPY", 6))
        return gull__fail(err, GULL_EFORMAT, "%s: not a .npy file", path);
    const size_t prefix = p[6] == 1 ? 10 : 12;
    const size_t length =
        p[6] == 1 ? p[8] | (size_t)p[9] << 8
                  : p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16 | (size_t)p[11] << 24;
    if (p[6] < 1 || p[6] > 3 || length > size - prefix || length > 65536)
        return bad(path, "unknown version or longer than the file", err);
    char *text = malloc(length + 1);
    if (!text) return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    memcpy(text, p + prefix, length);
    text[length] = 0;
    int status = read_header(text, length, &h, a, path, err);
    free(text);
    p += prefix + length;
    if (status == GULL_OK)
        status = gull__array_room(a, h.width, prefix + length, size, path, err);
    if (status < 0) return status;
    for (size_t i = 0; i < a->count; i++) a->v[i] = element(p + i * h.width, &h);
    a->bytes = h.kind == 'u' && h.width == 1;
    return h.fortran ? transpose(a, path, err) : GULL_OK;
}

/* ---- As data ---- */

static int probe(const gull_bytes *head) {
    return head->size > 6 && !memcmp(head->data, "\x93NUMPY", 6) ? 100 : 0;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    (void)label_column;
    return gull__read_pair(path, gull__npy_parse, d, err);
}

const gull_data_reader gull_data_npy = {.name = "npy",
                                        .summary = "NumPy arrays: X.npy or X.npy,Y.npy",
                                        .probe = probe,
                                        .read = read_data};
