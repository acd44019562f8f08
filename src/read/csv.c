/* csv.c - tables with a header line (RFC 4180 quoting): numbers, and one label column that may
 * hold words.  Empty cells and NA are missing values (NaN). */
#include "core/data.h"
#include "core/model.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_COLUMNS = 1 << 20 };

typedef struct table {
    char *text, *at, *end; /* the file, cut into cells in place */
    const char *path;
    char separator;
    char **name; /* columns; points into text */
    size_t columns, label, line; /* label == columns: none */
    gull_data *data;
    size_t room; /* rows allocated */
    gull_error *err;
} table;

static bool looks_numeric(const char *s) {
    char *end;
    while (*s == ' ') s++;
    if (!*s) return false;
    strtod(s, &end);
    while (*end == ' ') end++;
    return !*end;
}

static bool missing(const char *s) {
    return !*s || !strcasecmp(s, "na") || !strcasecmp(s, "nan") || !strcmp(s, "?") ||
           !strcasecmp(s, "null");
}

/* Cuts the next cell out of the line, undoing quotes in place.  *last: the line ends here. */
static char *next_cell(table *t, bool *last) {
    char *start = t->at, *to = t->at;
    bool quoted = t->at < t->end && *t->at == '"';
    if (quoted) t->at++;
    while (t->at < t->end) {
        if (quoted && *t->at == '"') {
            if (t->at + 1 < t->end && t->at[1] == '"') t->at++;
            else {
                quoted = false;
                t->at++;
                continue;
            }
        } else if (!quoted && (*t->at == t->separator || *t->at == '\n'))
            break;
        t->line += *t->at == '\n';
        *to++ = *t->at++;
    }
    *last = t->at >= t->end || *t->at == '\n';
    t->line += t->at < t->end && *t->at == '\n';
    if (t->at < t->end) t->at++;
    if (*last && to > start && to[-1] == '\r') to--;
    *to = 0;
    return start;
}

/* The separator that the header line has most of. */
static char find_separator(const char *text, size_t size) {
    size_t comma = 0, semicolon = 0, tab = 0;
    for (size_t i = 0; i < size && text[i] != '\n'; i++) {
        comma += text[i] == ',';
        semicolon += text[i] == ';';
        tab += text[i] == '\t';
    }
    return tab > comma && tab > semicolon ? '\t' : semicolon > comma ? ';' : ',';
}

static int read_header(table *t) {
    bool last = false;
    size_t room = 0;
    while (!last) {
        char *cell = next_cell(t, &last);
        if (t->columns == room) {
            char **more = room < MOST_COLUMNS
                              ? realloc(t->name, (room = room * 2 + 16) * sizeof *more)
                              : NULL;
            if (!more)
                return gull__fail(t->err, GULL_ENOMEM, "%s: line 1: too many columns", t->path);
            t->name = more;
        }
        t->name[t->columns++] = cell;
    }
    for (size_t i = 0; i < t->columns; i++)
        if (looks_numeric(t->name[i]))
            return gull__fail(t->err, GULL_EFORMAT,
                              "%s: line 1: column %zu is called '%.40s'; the first line must name "
                              "the columns",
                              t->path, i + 1, t->name[i]);
    return GULL_OK;
}

static int find_label(table *t, const char *asked) {
    static const char *const usual[] = {"label", "class", "target", "y"};
    t->label = t->columns;
    if (asked) {
        char *end;
        for (size_t i = 0; i < t->columns; i++)
            if (!strcmp(t->name[i], asked)) t->label = i;
        const unsigned long i = strtoul(asked, &end, 10);
        if (t->label == t->columns && *asked >= '0' && *asked <= '9' && !*end && i < t->columns)
            t->label = i;
        if (t->label == t->columns)
            return gull__fail(t->err, GULL_EUSAGE, "%s: no column '%.60s'; the last of %zu is '%.60s'",
                              t->path, asked, t->columns, t->name[t->columns - 1]);
    }
    for (size_t k = 0; k < 4 && t->label == t->columns; k++)
        for (size_t i = 0; i < t->columns; i++)
            if (!strcasecmp(t->name[i], usual[k])) t->label = i;
    if (t->columns - (t->label < t->columns) < 1)
        return gull__fail(t->err, GULL_EFORMAT, "%s: line 1: no column besides the label", t->path);
    return GULL_OK;
}

static int grow(table *t) {
    gull_data *d = t->data;
    if (d->rows < t->room) return GULL_OK;
    const size_t room = t->room * 2 + 64;
    double *x = realloc(d->x, room * d->dim * sizeof *x);
    if (x) d->x = x;
    double *label = t->label < t->columns && x ? realloc(d->label, room * sizeof *label) : NULL;
    if (label) d->label = label;
    if (!x || (t->label < t->columns && !label))
        return gull__fail(t->err, GULL_ENOMEM, "%s: out of memory at line %zu", t->path, t->line);
    t->room = room;
    return GULL_OK;
}

/* Labels that are no numbers are numbered in the order they come; sorted at the end. */
static int name_label(table *t, const char *cell, double *out) {
    gull_data *d = t->data;
    for (size_t i = 0; i < d->label_count; i++)
        if (!strcmp(d->label_names[i], cell)) {
            *out = (double)i;
            return GULL_OK;
        }
    if (d->label_count >= 10000)
        return gull__fail(t->err, GULL_EFORMAT,
                          "%s: line %zu: over 10,000 different labels; is '%.40s' the label column?",
                          t->path, t->line, t->name[t->label]);
    char **more = realloc(d->label_names, (d->label_count + 1) * sizeof *more);
    if (more) d->label_names = more;
    char *copy = more ? strdup(cell) : NULL;
    if (!copy) return gull__fail(t->err, GULL_ENOMEM, "%s: out of memory", t->path);
    *out = (double)d->label_count;
    d->label_names[d->label_count++] = copy;
    return GULL_OK;
}

static int read_cell(table *t, size_t column, const char *cell, size_t line) {
    gull_data *d = t->data;
    if (column == t->label) {
        double *to = &d->label[d->rows];
        if (!d->label_count && looks_numeric(cell)) {
            *to = strtod(cell, NULL);
            return GULL_OK;
        }
        if (d->rows && !d->label_count)
            return gull__fail(t->err, GULL_EFORMAT,
                              "%s: line %zu: label '%.40s' is no number, but those above are",
                              t->path, line, cell);
        return name_label(t, cell, to);
    }
    if (!missing(cell) && !looks_numeric(cell))
        return gull__fail(t->err, GULL_EFORMAT,
                          "%s: line %zu: column '%.40s': '%.40s' is not a number; code categories "
                          "as numbers, or name the label column with --label",
                          t->path, line, t->name[column], cell);
    d->x[d->rows * d->dim + column - (column > t->label)] = missing(cell) ? NAN : strtod(cell, NULL);
    return GULL_OK;
}

static int read_row(table *t) {
    const size_t line = t->line;
    bool last = false;
    size_t column = 0;
    TRY(grow(t));
    for (; !last; column++) {
        char *cell = next_cell(t, &last);
        if (column == 0 && last && !*cell && t->columns > 1) return GULL_OK; /* an empty line */
        if (column < t->columns) TRY(read_cell(t, column, cell, line));
    }
    if (column != t->columns)
        return gull__fail(t->err, GULL_EFORMAT, "%s: line %zu: %s than the %zu columns of line 1",
                          t->path, line, column < t->columns ? "fewer cells" : "more cells",
                          t->columns);
    t->data->rows++;
    return GULL_OK;
}

static int keep_names(table *t) {
    gull_data *d = t->data;
    d->feature_names = calloc(d->dim, sizeof *d->feature_names);
    for (size_t i = 0; d->feature_names && i < d->dim; i++)
        if (!(d->feature_names[i] = strdup(t->name[i + (i >= t->label)]))) break;
    if (d->feature_names && d->feature_names[d->dim - 1]) return GULL_OK;
    return gull__fail(t->err, GULL_ENOMEM, "%s: out of memory", t->path);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Words as labels: numbered in alphabetical order, whatever the order of the rows. */
static int sort_labels(table *t) {
    gull_data *d = t->data;
    char **sorted = malloc((d->label_count + 1) * sizeof *sorted);
    if (!sorted) return gull__fail(t->err, GULL_ENOMEM, "%s: out of memory", t->path);
    memcpy(sorted, d->label_names, d->label_count * sizeof *sorted);
    qsort(sorted, d->label_count, sizeof *sorted, by_name);
    for (size_t i = 0; i < d->rows; i++) {
        char **at = bsearch(&d->label_names[(size_t)d->label[i]], sorted, d->label_count,
                            sizeof *sorted, by_name);
        d->label[i] = (double)(at - sorted);
    }
    memcpy(d->label_names, sorted, d->label_count * sizeof *sorted);
    free(sorted);
    return GULL_OK;
}

static int read_table(table *t, const char *label_column) {
    t->separator = find_separator(t->at, (size_t)(t->end - t->at));
    TRY(read_header(t));
    TRY(find_label(t, label_column));
    t->data->dim = t->columns - (t->label < t->columns);
    t->data->rank = 1;
    t->data->shape[0] = t->data->dim;
    TRY(keep_names(t));
    while (t->at < t->end) TRY(read_row(t));
    if (!t->data->rows)
        return gull__fail(t->err, GULL_EFORMAT, "%s: only a header line", t->path);
    return t->data->label_names ? sort_labels(t) : GULL_OK;
}

static int read_data(const char *path, const char *label_column, gull_data *d, gull_error *err) {
    uint8_t *bytes;
    size_t size;
    TRY(gull__file_read(path, true, &bytes, &size, err));
    char *text = realloc(bytes, size + 1);
    if (!text) {
        free(bytes);
        return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    }
    text[size] = 0;
    table t = {.text = text, .at = text, .end = text + size, .path = path, .line = 1, .data = d,
               .err = err};
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) t.at += 3;
    const int status = read_table(&t, label_column);
    free(t.name);
    free(text);
    return status;
}

static int probe(const gull_bytes *head) {
    const size_t n = strlen(head->path);
    size_t separators = 0, i = 0;
    for (; i < head->size && head->data[i] != '\n'; i++) {
        if (head->data[i] < 9) return 0;
        separators += strchr(",;\t", head->data[i]) != NULL;
    }
    if (n > 4 && (!strcasecmp(head->path + n - 4, ".csv") || !strcasecmp(head->path + n - 4, ".tsv")))
        return 80;
    return separators && i ? 20 : 0;
}

const gull_data_reader gull_data_csv = {.name = "csv",
                                        .summary = "tables with a header line; --label COLUMN",
                                        .probe = probe,
                                        .read = read_data};
