/* csv.c - tables with a header line (RFC 4180 quoting): numbers, and one label column
 * that may hold words.  Empty cells and NA are missing values (NaN). */
#include "core/data.h"
#include "core/model.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_COLUMNS = 1 << 20, MOST_LABELS = 10000 };

typedef struct table {
    char *text, *at, *end; /* the file, cut into cells in place */
    const char *path;
    char separator;
    char **name;                 /* columns; points into text */
    size_t columns, label, line; /* label == columns: none */
    char **word;                 /* the label of each row; points into text */
    bool open_quote;
    gull_data *data;
    size_t room; /* rows allocated */
    locale_t locale;
    gull_error *err;
} table;

static bool to_number(const table *t, const char *s, double *v) {
    char *end;
    *v = strtod_l(s, &end, t->locale);
    if (end == s) return false;
    return !end[strspn(end, " \t\r")];
}

static bool missing(const char *s) {
    s += strspn(s, " \t");
    return !*s || !strcasecmp(s, "na") || !strcasecmp(s, "nan") || !strcmp(s, "?") ||
           !strcasecmp(s, "null");
}

static int out_of_memory(const table *t) {
    return gull__fail(t->err, GULL_ENOMEM, "%s: out of memory at line %zu", t->path,
                      t->line);
}

/* Cuts the next cell out of the line, undoing quotes in place.  *last: the line ends
 * here.  The cells stay where they are until the table is read. */
static char *next_cell(table *t, bool *last) {
    char *start = t->at, *to = t->at;
    bool quoted = t->at < t->end && *t->at == '"';
    if (quoted) t->at++;
    while (t->at < t->end) {
        if (quoted && *t->at == '"') {
            if (t->at + 1 < t->end && t->at[1] == '"')
                t->at++;
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
    t->open_quote = quoted;
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

/* Numbers are no names, but 0, 1, 2 ... are (pandas writes those). */
static int check_names(const table *t) {
    double v, count = 0;
    for (size_t i = 0; i < t->columns; i++) {
        if (!*t->name[i])
            return gull__fail(
                t->err, GULL_EFORMAT,
                "%s: line 1: column %zu has no name; if it numbers the rows, leave it "
                "out (pandas: to_csv(index=False))",
                t->path, i + 1);
        if (!to_number(t, t->name[i], &v)) continue;
        if (v != count++ || t->columns < 3)
            return gull__fail(
                t->err, GULL_EFORMAT,
                "%s: line 1: column %zu is called '%.40s'; the first line must name "
                "the columns",
                t->path, i + 1, t->name[i]);
    }
    return GULL_OK;
}

static int read_header(table *t) {
    bool last = false;
    size_t room = 0;
    while (!last) {
        if (t->columns == MOST_COLUMNS)
            return gull__fail(t->err, GULL_EFORMAT, "%s: line 1: over 1,048,576 columns",
                              t->path);
        if (t->columns == room) {
            char **more = realloc(t->name, (room = room * 2 + 16) * sizeof *more);
            if (!more) return out_of_memory(t);
            t->name = more;
        }
        char *cell = next_cell(t, &last);
        t->name[t->columns++] = cell + strspn(cell, " \t");
    }
    return check_names(t);
}

static int find_label(table *t, const char *asked) {
    static const char *const usual[] = {"label", "class", "target", "y"};
    t->label = t->columns;
    if (asked) {
        char *end;
        for (size_t i = 0; i < t->columns; i++)
            if (!strcmp(t->name[i], asked)) t->label = i;
        const unsigned long i = strtoul(asked, &end, 10);
        if (t->label == t->columns && *asked >= '0' && *asked <= '9' && !*end &&
            i < t->columns)
            t->label = i;
        if (t->label == t->columns)
            return gull__fail(t->err, GULL_EUSAGE,
                              "%s: no column '%.60s'; the last of %zu is '%.60s'",
                              t->path, asked, t->columns, t->name[t->columns - 1]);
    }
    for (size_t k = 0; k < 4 && t->label == t->columns; k++)
        for (size_t i = 0; i < t->columns; i++)
            if (!strcasecmp(t->name[i], usual[k])) t->label = i;
    if (t->columns - (t->label < t->columns) < 1)
        return gull__fail(t->err, GULL_EFORMAT, "%s: line 1: no column besides the label",
                          t->path);
    return GULL_OK;
}

static int grow(table *t) {
    gull_data *d = t->data;
    if (d->rows < t->room) return GULL_OK;
    const size_t room = t->room * 2 + 1 + 65536 / d->dim;
    double *x = realloc(d->x, room * d->dim * sizeof *x);
    if (!x) return out_of_memory(t);
    d->x = x;
    if (t->label < t->columns) {
        char **word = realloc(t->word, room * sizeof *word);
        if (!word) return out_of_memory(t);
        t->word = word;
    }
    t->room = room;
    return GULL_OK;
}

static int read_cell(table *t, size_t column, char *cell, size_t line) {
    gull_data *d = t->data;
    if (column == t->label) {
        t->word[d->rows] = cell + strspn(cell, " \t");
        if (*t->word[d->rows]) return GULL_OK;
        return gull__fail(t->err, GULL_EFORMAT, "%s: line %zu: column '%.40s': no label",
                          t->path, line, t->name[column]);
    }
    double *to = d->x + d->rows * d->dim + column - (column > t->label);
    if (missing(cell))
        *to = NAN;
    else if (!to_number(t, cell, to))
        return gull__fail(
            t->err, GULL_EFORMAT,
            "%s: line %zu: column '%.40s': '%.40s' is not a number; code categories "
            "as numbers, or name the label column with --label",
            t->path, line, t->name[column], cell);
    return GULL_OK;
}

static int bad_row(const table *t, size_t line, const char *what) {
    return gull__fail(t->err, GULL_EFORMAT,
                      "%s: line %zu: %s than the %zu columns of line 1", t->path, line,
                      what, t->columns);
}

static int read_row(table *t) {
    const size_t line = t->line;
    bool last = false;
    size_t column = 0;
    TRY(grow(t));
    for (; !last; column++) {
        char *cell = next_cell(t, &last);
        if (t->open_quote)
            return gull__fail(t->err, GULL_EFORMAT,
                              "%s: line %zu: a quote that no later quote closes", t->path,
                              line);
        if (column == 0 && last && !*cell && t->columns > 1)
            return GULL_OK; /* an empty line */
        if (column == t->columns) return bad_row(t, line, "more cells");
        TRY(read_cell(t, column, cell, line));
    }
    if (column < t->columns) return bad_row(t, line, "fewer cells");
    t->data->rows++;
    return GULL_OK;
}

static int keep_names(table *t) {
    gull_data *d = t->data;
    d->feature_names = calloc(d->dim, sizeof *d->feature_names);
    for (size_t i = 0; d->feature_names && i < d->dim; i++)
        if (!(d->feature_names[i] = strdup(t->name[i + (i >= t->label)]))) break;
    if (d->feature_names && d->feature_names[d->dim - 1]) return GULL_OK;
    return out_of_memory(t);
}

/* ---- Labels: numbers if all are, else words, numbered in alphabetical order ---- */

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool numeric_labels(table *t) {
    double *label = t->data->label;
    for (size_t i = 0; i < t->data->rows; i++)
        if (!to_number(t, t->word[i], &label[i]) || isnan(label[i])) return false;
    return true;
}

/* The different words, sorted, as the data's label_names. */
static int name_labels(table *t, char **sorted) {
    gull_data *d = t->data;
    size_t count = 0;
    qsort(sorted, d->rows, sizeof *sorted, by_name);
    for (size_t i = 0; i < d->rows; i++)
        if (!count || strcmp(sorted[count - 1], sorted[i])) sorted[count++] = sorted[i];
    if (count > MOST_LABELS)
        return gull__fail(
            t->err, GULL_EFORMAT,
            "%s: over 10,000 different labels; is '%.40s' the label column?", t->path,
            t->name[t->label]);
    d->label_names = calloc(count, sizeof *d->label_names);
    for (size_t i = 0; d->label_names && i < count; i++, d->label_count++)
        if (!(d->label_names[i] = strdup(sorted[i]))) break;
    return d->label_count == count ? GULL_OK : out_of_memory(t);
}

static int keep_labels(table *t) {
    gull_data *d = t->data;
    d->label = malloc(d->rows * sizeof *d->label);
    if (!d->label) return out_of_memory(t);
    if (numeric_labels(t)) return GULL_OK;
    char **sorted = malloc(d->rows * sizeof *sorted);
    if (!sorted) return out_of_memory(t);
    memcpy(sorted, t->word, d->rows * sizeof *sorted);
    const int status = name_labels(t, sorted);
    free(sorted);
    TRY(status);
    for (size_t i = 0; i < d->rows; i++) {
        char **at =
            bsearch(&t->word[i], d->label_names, d->label_count, sizeof *at, by_name);
        d->label[i] = (double)(at - d->label_names);
    }
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
    return t->label < t->columns ? keep_labels(t) : GULL_OK;
}

static int check_text(const table *t, const char *text, size_t size) {
    size_t line = 1;
    for (size_t i = 0, n; i < size; i += n) {
        n = gull__utf8_length(text + i);
        if (!n || !text[i])
            return gull__fail(t->err, GULL_EFORMAT,
                              "%s: line %zu: %s; save the table as UTF-8 text", t->path,
                              line, n ? "a NUL byte" : "not UTF-8 text");
        line += text[i] == '\n';
    }
    return GULL_OK;
}

static int read_text(char *text, size_t size, const char *path, const char *label_column,
                     gull_data *d, gull_error *err) {
    table t = {.text = text,
               .at = text,
               .end = text + size,
               .path = path,
               .line = 1,
               .data = d,
               .err = err};
    text[size] = 0;
    TRY(check_text(&t, text, size));
    if (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) t.at += 3;
    t.locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!t.locale) return out_of_memory(&t);
    const int status = read_table(&t, label_column);
    freelocale(t.locale);
    free(t.name);
    free(t.word);
    return status;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    uint8_t *bytes;
    size_t size;
    TRY(gull__only_file(path, err));
    TRY(gull__file_read(path, true, &bytes, &size, err));
    uint8_t *text = realloc(bytes, size + 1);
    const int status = text ? read_text((char *)text, size, path, label_column, d, err)
                            : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    free(text ? text : bytes);
    return status;
}

static int probe(const gull_bytes *head) {
    const size_t n = strlen(head->path);
    size_t separators = 0, i = 0;
    for (; i < head->size && head->data[i] != '\n'; i++) {
        if (head->data[i] < 9) return 0;
        separators += strchr(",;\t", head->data[i]) != NULL;
    }
    if (n > 4 && (!strcasecmp(head->path + n - 4, ".csv") ||
                  !strcasecmp(head->path + n - 4, ".tsv")))
        return 80;
    return separators && i ? 20 : 0;
}

const gull_data_reader gull_data_csv = {.name = "csv",
                                        .summary =
                                            "tables with a header line; --label COLUMN",
                                        .probe = probe,
                                        .read = read_data};
