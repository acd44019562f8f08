/* images.c - a folder of PNG and JPEG files, all of one size, with the subfolder as
 * label; or a single one. */
#include "core/data.h"
#include "core/model.h"
#include "read/picture.h"
#include "read/resize.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef struct listing {
    char **path;
    size_t count, room;
} listing;

static void listing_free(listing *l) {
    for (size_t i = 0; i < l->count; i++) free(l->path[i]);
    free(l->path);
}

static int listing_add(listing *l, const char *folder, const char *name) {
    if (l->count == l->room) {
        char **more = realloc(l->path, (l->room = l->room * 2 + 64) * sizeof *more);
        if (!more) return GULL_ENOMEM;
        l->path = more;
    }
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) return GULL_ENOMEM;
    l->path[l->count++] = path;
    return GULL_OK;
}

static bool is_picture(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") ||
                   !strcasecmp(dot, ".jpeg"));
}

static int by_path(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Pictures (or subfolders) of one folder, sorted by name; hidden ones are left out. */
static int list_folder(const char *folder, bool folders, listing *out, gull_error *err) {
    DIR *dir = opendir(folder);
    struct dirent *e;
    struct stat st;
    int status = GULL_OK;
    if (!dir) return gull__fail(err, GULL_EIO, "%s: cannot be opened", folder);
    while (status == GULL_OK && (e = readdir(dir))) {
        if (e->d_name[0] == '.' || (!folders && !is_picture(e->d_name))) continue;
        status = listing_add(out, folder, e->d_name);
        if (status < 0 || !folders) continue;
        if (stat(out->path[out->count - 1], &st) || !S_ISDIR(st.st_mode))
            free(out->path[--out->count]);
    }
    closedir(dir);
    if (status < 0) return gull__fail(err, status, "%s: out of memory", folder);
    if (out->count) qsort(out->path, out->count, sizeof *out->path, by_path);
    return GULL_OK;
}

static int take_size(gull_data *d, const gull_picture *p, const char *path,
                     gull_error *err) {
    if (!d->dim) {
        d->rank = 3;
        d->shape[0] = p->channels;
        d->shape[1] = p->height;
        d->shape[2] = p->width;
        d->dim = p->channels * p->height * p->width;
        d->bytes = true;
        return GULL_OK;
    }
    if (d->shape[0] == p->channels && d->shape[1] == p->height && d->shape[2] == p->width)
        return GULL_OK;
    return gull__fail(
        err, GULL_EFORMAT,
        "%s: %zux%zux%zu (channels, height, width), but the pictures before it are "
        "%zux%zux%zu; give pictures of one size, or bring them to one with --resize WIDTHxHEIGHT",
        path, p->channels, p->height, p->width, d->shape[0], d->shape[1], d->shape[2]);
}

/* Room for `more` rows. */
static int grow(gull_data *d, size_t more, const char *path, gull_error *err) {
    size_t bytes;
    if (__builtin_mul_overflow((d->rows + more) * sizeof *d->x, d->dim, &bytes))
        bytes = 0;
    double *x = bytes ? realloc(d->x, bytes) : NULL;
    if (x) d->x = x;
    double *y = x ? realloc(d->label, (d->rows + more) * sizeof *y) : NULL;
    if (y) d->label = y;
    return y ? GULL_OK : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
}

/* One picture as a row, channels first. */
static void add_row(gull_data *d, const gull_picture *p, double label) {
    const size_t pixels = p->height * p->width;
    double *row = d->x + d->rows * d->dim;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < p->channels; c++)
            row[c * pixels + i] = p->pixel[i * p->channels + c];
    d->label[d->rows++] = label;
}

static int fit(gull_data *d, gull_picture *p, const char *path, gull_error *err) {
    if (p->height == d->fit[0] && p->width == d->fit[1]) return GULL_OK;
    d->note = d->by_area ? "pictures of another size were resized (--resize, by area)"
                         : "pictures of another size were resized (--resize, bilinear)";
    if (gull__resize(p, d->fit[1], d->fit[0], d->by_area) >= 0) return GULL_OK;
    return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
}

static int add_pictures(gull_data *d, char *const *path, size_t count, double label,
                        gull_error *err) {
    int status = GULL_OK;
    for (size_t i = 0; i < count && status == GULL_OK; i++) {
        gull_picture p = {0};
        status = gull__picture_read(&p, path[i], err);
        if (status == GULL_OK && d->fit[0]) status = fit(d, &p, path[i], err);
        if (status == GULL_OK) status = take_size(d, &p, path[i], err);
        if (status == GULL_OK && i == 0) status = grow(d, count, path[i], err);
        if (status == GULL_OK) add_row(d, &p, label);
        free(p.pixel);
    }
    return status;
}

static int add_folder(gull_data *d, const char *folder, double label, gull_error *err) {
    listing l = {0};
    int status = list_folder(folder, false, &l, err);
    if (status == GULL_OK) status = add_pictures(d, l.path, l.count, label, err);
    listing_free(&l);
    return status;
}

static int name_labels(gull_data *d, const listing *l, gull_error *err) {
    d->label_names = calloc(l->count, sizeof *d->label_names);
    for (size_t i = 0; d->label_names && i < l->count; i++) {
        d->label_names[i] = strdup(strrchr(l->path[i], '/') + 1);
        if (!d->label_names[i]) break;
        d->label_count++;
    }
    return d->label_count == l->count ? GULL_OK
                                      : gull__fail(err, GULL_ENOMEM, "out of memory");
}

/* Subfolders are labels; without any, the pictures of the folder itself have none. */
static int read_folder(const char *path, const listing *l, gull_data *d,
                       gull_error *err) {
    TRY(add_folder(d, path, 0, err));
    if (l->count && d->rows)
        return gull__fail(
            err, GULL_EFORMAT,
            "%s: pictures beside subfolders; put them into the subfolder of their "
            "label",
            path);
    if (l->count) TRY(name_labels(d, l, err));
    for (size_t i = 0; i < l->count; i++) TRY(add_folder(d, l->path[i], (double)i, err));
    if (!d->rows)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: no .png or .jpg files in it or in its subfolders", path);
    return GULL_OK;
}

static void forget_labels(gull_data *d) {
    free(d->label);
    d->label = NULL;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    listing l = {0};
    struct stat st;
    char *copy[1] = {d->path};
    (void)label_column;
    TRY(gull__only_file(path, err));
    if (!stat(path, &st) && !S_ISDIR(st.st_mode)) {
        TRY(add_pictures(d, copy, 1, 0, err));
        forget_labels(d);
        return GULL_OK;
    }
    int status = list_folder(path, true, &l, err);
    if (status == GULL_OK) status = read_folder(path, &l, d, err);
    if (status == GULL_OK && !l.count) forget_labels(d);
    listing_free(&l);
    return status;
}

static int probe(const gull_bytes *head) {
    return !head->size || gull__picture_probe(head->data, head->size) ? 90 : 0;
}

const gull_data_reader gull_data_images = {
    .name = "images",
    .summary = "a folder of PNG and JPEG (label = subfolder), or one",
    .probe = probe,
    .read = read_data};
