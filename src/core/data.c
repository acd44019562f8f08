/* data.c - opening data: the best-matching reader of the table. */
#include "core/data.h"
#include "core/model.h"
#include "core/registry.h"
#include "core/settings.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { HEAD = 4096 };

void gull_data_close(gull_data **data) {
    if (!data || !*data) return;
    gull_data *d = *data;
    for (size_t i = 0; d->label_names && i < d->label_count; i++) free(d->label_names[i]);
    for (size_t i = 0; d->feature_names && i < d->dim; i++) free(d->feature_names[i]);
    free(d->label_names);
    free(d->feature_names);
    free(d->x);
    free(d->label);
    free(d->path);
    free(d);
    *data = NULL;
}

size_t gull_data_rows(const gull_data *d) { return d->rows; }

void gull__pair_free(gull_pair *p) {
    free(p->x);
    free(p->y);
    *p = (gull_pair){NULL, NULL};
}

/* The comma that ends X: the first one behind which X is there, else the first. */
static const char *find_comma(const char *path) {
    struct stat st;
    const char *first = stat(path, &st) ? strchr(path, ',') : NULL;
    for (const char *comma = first; comma; comma = strchr(comma + 1, ',')) {
        char x[4096];
        if ((size_t)(comma - path) >= sizeof x) break;
        memcpy(x, path, (size_t)(comma - path));
        x[comma - path] = 0;
        if (!stat(x, &st)) return comma;
    }
    return first;
}

int gull__pair_new(gull_pair *p, const char *path, gull_error *err) {
    const char *comma = find_comma(path);
    p->x = comma ? strndup(path, (size_t)(comma - path)) : strdup(path);
    p->y = comma ? strdup(comma + 1) : NULL;
    if (p->x && (p->y || !comma)) return GULL_OK;
    gull__pair_free(p);
    return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
}

int gull__only_file(const char *path, gull_error *err) {
    gull_pair pair;
    TRY(gull__pair_new(&pair, path, err));
    const bool two = pair.y;
    gull__pair_free(&pair);
    if (!two) return GULL_OK;
    return gull__fail(
        err, GULL_EUSAGE,
        "%s: only .npy and IDX take two files X,Y; here give one, with its labels "
        "inside",
        path);
}

/* Data are read more than once, so pipes and devices do not do. */
static int check_kind(const char *path, gull_error *err) {
    struct stat st;
    if (stat(path, &st))
        return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return GULL_OK;
    return gull__fail(err, GULL_EFORMAT, "%s: neither a file nor a folder; save it as a file",
                      path);
}

/* The first bytes, inflated; none for a folder. */
static int read_head(const char *path, uint8_t *head, size_t *size, gull_error *err) {
    struct stat st;
    *size = 0;
    if (stat(path, &st))
        return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return GULL_OK;
    gzFile f = gzopen(path, "rb");
    const int n = f ? gzread(f, head, HEAD) : -1;
    if (f) gzclose(f);
    if (n <= 0)
        return gull__fail(err, n ? GULL_EIO : GULL_EFORMAT, "%s: %s", path,
                          n ? "cannot be read" : "is empty");
    *size = (size_t)n;
    return GULL_OK;
}

static const gull_data_reader *probe(const gull_bytes *head) {
    const gull_data_reader *best = NULL;
    int score = 0;
    for (size_t i = 0; gull_data_readers[i]; i++) {
        const int s = gull_data_readers[i]->probe(head);
        if (s > score) {
            score = s;
            best = gull_data_readers[i];
        }
    }
    return best;
}

/* Of one file its digest; of two the digest of both digests. */
static int digest(const gull_pair *p, gull_data *d, gull_error *err) {
    char both[130];
    struct stat st;
    if (!stat(p->x, &st) && S_ISDIR(st.st_mode)) { /* the pictures as read */
        gull__sha256((const uint8_t *)d->x, d->rows * d->dim * sizeof *d->x, d->sha256);
        return GULL_OK;
    }
    TRY(gull__sha256_file(p->x, d->sha256, err));
    if (!p->y) return GULL_OK;
    memcpy(both, d->sha256, 64);
    TRY(gull__sha256_file(p->y, both + 64, err));
    gull__sha256((const uint8_t *)both, 128, d->sha256);
    return GULL_OK;
}

static int check_numbers(const gull_data *d, gull_error *err) {
    if (!d->rows || !d->dim) return gull__fail(err, GULL_EFORMAT, "%s: no rows", d->path);
    for (size_t i = 0; i < d->rows * d->dim; i++)
        if (isinf(d->x[i]))
            return gull__fail(err, GULL_EFORMAT, "%s: row %zu: column %zu is infinite",
                              d->path, i / d->dim, i % d->dim);
    return GULL_OK;
}

static int open_pair(gull_data *d, const gull_pair *p, const char *label_column,
                     gull_error *err) {
    uint8_t bytes[HEAD];
    gull_bytes head = {.data = bytes, .path = p->x};
    TRY(check_kind(p->x, err));
    if (p->y) TRY(check_kind(p->y, err));
    TRY(read_head(p->x, bytes, &head.size, err));
    const gull_data_reader *reader = probe(&head);
    if (!reader)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: not data that gull knows; see `gull list formats`", p->x);
    d->format = reader->name;
    if (err) err->text[0] = 0;
    if (d->fit[0] && strcmp(reader->name, "images"))
        return gull__fail(err, GULL_EUSAGE, "%s: --resize is for PNG and JPEG files; leave it out",
                          d->path);
    const int status = reader->read(d->path, label_column, d, err);
    if (status < 0 && err && !err->text[0])
        gull__fail(err, status, "%s: %s", d->path, gull_status_text(status));
    if (status == GULL_OK) TRY(check_numbers(d, err));
    return status < 0 ? status : digest(p, d, err);
}

int gull_data_open(gull_data **out, const char *path, const char *label_column,
                   gull_error *err) {
    return gull_data_open_with(out, path, label_column, NULL, err);
}

int gull_data_open_with(gull_data **out, const char *path, const char *label_column,
                        const gull_settings *how, gull_error *err) {
    gull_pair pair;
    gull_data *d = calloc(1, sizeof *d);
    *out = NULL;
    if (!d || !(d->path = strdup(path))) {
        free(d);
        return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    }
    if (how) {
        d->fit[0] = how->height;
        d->fit[1] = how->width;
        d->by_area = how->by_area;
    }
    int status = gull__pair_new(&pair, path, err);
    if (status == GULL_OK) {
        status = open_pair(d, &pair, label_column, err);
        gull__pair_free(&pair);
    }
    if (status < 0) gull_data_close(&d);
    *out = d;
    return status;
}
