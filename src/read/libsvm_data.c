/* libsvm_data.c - sparse rows "LABEL INDEX:VALUE ...", as LIBSVM and XGBoost take them.
 * Indices from 0 or from 1: from 1 unless a row has index 0. */
#include "core/data.h"
#include "core/model.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FEATURES = 1 << 24 };
static const size_t MOST_NUMBERS = (size_t)1 << 29; /* 4 GiB */

typedef struct entry {
    size_t row;
    uint32_t index;
    double value;
} entry;
typedef struct rows {
    const char *path;
    gull_error *err;
    entry *entry;
    size_t count, room, line;
    double *label;
    size_t rows, label_room;
    uint32_t least, most;
    locale_t locale;
} rows;

static int bad(const rows *r, const char *what) {
    return gull__fail(r->err, GULL_EFORMAT,
                      "%s: line %zu: %s; expected LABEL INDEX:VALUE ...", r->path,
                      r->line, what);
}

static int out_of_memory(const rows *r) {
    return gull__fail(r->err, GULL_ENOMEM, "%s: out of memory at line %zu", r->path,
                      r->line);
}

static int add_entry(rows *r, unsigned long index, double value) {
    if (r->count == r->room) {
        const size_t room = r->room * 2 + 1024;
        entry *more = realloc(r->entry, room * sizeof *more);
        if (!more) return out_of_memory(r);
        r->entry = more;
        r->room = room;
    }
    if (index > MOST_FEATURES) return bad(r, "an index above 16,777,216");
    r->entry[r->count++] = (entry){r->rows, (uint32_t)index, value};
    if (index < r->least) r->least = (uint32_t)index;
    if (index > r->most) r->most = (uint32_t)index;
    return GULL_OK;
}

static int add_label(rows *r, double label) {
    if (r->rows == r->label_room) {
        const size_t room = r->label_room * 2 + 256;
        double *more = realloc(r->label, room * sizeof *more);
        if (!more) return out_of_memory(r);
        r->label = more;
        r->label_room = room;
    }
    r->label[r->rows] = label;
    return GULL_OK;
}

static char *skip_blanks(char *s) {
    while (*s == ' ' || *s == '\t' || *s == '\r') s++;
    return s;
}

/* "INDEX:VALUE", indices rising along the line. */
static int read_pair(rows *r, char *s, char **end, size_t first) {
    if (*s < '0' || *s > '9') return bad(r, "an index that is no number");
    const unsigned long index = strtoul(s, end, 10);
    if (**end != ':') return bad(r, "no ':' after an index");
    s = *end + 1;
    const double value = strtod_l(s, end, r->locale);
    if (*end == s || isinf(value) || (**end && !strchr(" \t\r", **end)))
        return bad(r, "a value that is no finite number");
    if (r->count > first && index <= r->entry[r->count - 1].index)
        return bad(r, "indices that do not rise");
    return add_entry(r, index, value);
}

/* One line, ended by NUL. */
static int read_line(rows *r, char *s) {
    const size_t first = r->count;
    char *end;
    char *comment = strchr(s, '#');
    if (comment) *comment = 0;
    s = skip_blanks(s);
    if (!*s) return GULL_OK;
    const double label = strtod_l(s, &end, r->locale);
    if (end == s || !isfinite(label) || (*end && !strchr(" \t\r", *end)))
        return bad(r, "no number as label");
    TRY(add_label(r, label));
    for (s = skip_blanks(end); *s; s = skip_blanks(end)) {
        if (!strncmp(s, "qid:", 4)) {
            end = s + strcspn(s, " \t\r");
            continue;
        }
        TRY(read_pair(r, s, &end, first));
    }
    r->rows++;
    return GULL_OK;
}

static int read_text(rows *r, char *text, size_t size) {
    text[size] = 0;
    if (strlen(text) != size) return bad(r, "a NUL byte");
    for (char *s = text; *s;) {
        char *end = s + strcspn(s, "\n");
        const bool more = *end;
        *end = 0;
        r->line++;
        TRY(read_line(r, s));
        s = more ? end + 1 : end;
    }
    if (!r->rows || !r->count) return bad(r, "no row with a value");
    return GULL_OK;
}

/* A short file with one great index is no reason to fill the memory. */
static size_t most_numbers(const rows *r) {
    const size_t few = (size_t)1 << 24;
    return r->count > (MOST_NUMBERS - few) / 10000 ? MOST_NUMBERS : few + 10000 * r->count;
}

static int make_dense(rows *r, gull_data *d) {
    const uint32_t first = r->least == 0 ? 0 : 1;
    d->rows = r->rows;
    d->dim = r->most - first + 1;
    d->rank = 1;
    d->shape[0] = d->dim;
    d->sparse = true;
    d->note = first ? "features are counted from 1, since no row names index 0"
                    : "features are counted from 0, since a row names index 0";
    if (d->rows > most_numbers(r) / d->dim)
        return gull__fail(r->err, GULL_EUNSUPPORTED,
                          "%s: %zu rows of %zu features, of which %zu numbers are written, are "
                          "too much as a full table; give fewer rows",
                          r->path, d->rows, d->dim, r->count);
    d->x = calloc(d->rows * d->dim, sizeof *d->x);
    if (!d->x) return out_of_memory(r);
    for (size_t i = 0; i < r->count; i++)
        d->x[r->entry[i].row * d->dim + r->entry[i].index - first] = r->entry[i].value;
    d->label = r->label;
    r->label = NULL;
    return GULL_OK;
}

static int read_bytes(rows *r, uint8_t **bytes, size_t size, gull_data *d) {
    uint8_t *text = realloc(*bytes, size + 1);
    if (!text) return out_of_memory(r);
    *bytes = text;
    r->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!r->locale) return out_of_memory(r);
    int status = read_text(r, (char *)text, size);
    if (status == GULL_OK) status = make_dense(r, d);
    freelocale(r->locale);
    return status;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    uint8_t *bytes;
    size_t size;
    (void)label_column;
    TRY(gull__only_file(path, err));
    TRY(gull__file_read(path, true, &bytes, &size, err));
    rows r = {.path = path, .err = err, .least = UINT32_MAX};
    const int status = read_bytes(&r, &bytes, size, d);
    free(bytes);
    free(r.entry);
    free(r.label);
    return status;
}

static int probe(const gull_bytes *head) {
    char line[256];
    size_t n = 0, start = 0;
    while (start < head->size && head->data[start] == '#') /* comments first */
        while (start < head->size && head->data[start++] != '\n') {
        }
    for (; start + n < head->size && head->data[start + n] != '\n' && n < sizeof line - 1;
         n++)
        line[n] = (char)head->data[start + n];
    line[n] = 0;
    char *end = line + strspn(line, "+-.0123456789eE");
    if (end == line || (*end && *end != ' ' && *end != '\t' && *end != '\r')) return 0;
    end = skip_blanks(end);
    if (!*end) return 15;
    const size_t digits = strspn(end, "0123456789");
    return (digits && end[digits] == ':') || !strncmp(end, "qid:", 4) ? 85 : 0;
}

const gull_data_reader gull_data_libsvm_data = {.name = "libsvm",
                                                .summary =
                                                    "sparse rows: LABEL INDEX:VALUE ...",
                                                .probe = probe,
                                                .read = read_data};
