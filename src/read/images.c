/* images.c - a folder of PNG and JPEG files, all of one size; the label is the subfolder. */
#include "core/data.h"
#include "core/model.h"
#include "read/picture.h"
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
    return dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
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

static int take_size(gull_data *d, const gull_picture *p, const char *path, gull_error *err) {
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
    return gull__fail(err, GULL_EFORMAT,
                      "%s: %zux%zux%zu (channels, height, width), but the pictures before it are "
                      "%zux%zux%zu; give pictures of one size",
                      path, p->channels, p->height, p->width, d->shape[0], d->shape[1],
                      d->shape[2]);
}

/* One picture as a row, channels first. */
static int add_row(gull_data *d, const gull_picture *p, double label, size_t *room,
                   const char *path, gull_error *err) {
    TRY(take_size(d, p, path, err));
    if (d->rows == *room) {
        const size_t more = *room * 2 + 16;
        double *x = realloc(d->x, more * d->dim * sizeof *x);
        if (x) d->x = x;
        double *y = x ? realloc(d->label, more * sizeof *y) : NULL;
        if (y) d->label = y;
        if (!y) return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
        *room = more;
    }
    const size_t pixels = p->height * p->width;
    double *row = d->x + d->rows * d->dim;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < p->channels; c++) row[c * pixels + i] = p->pixel[i * p->channels + c];
    d->label[d->rows++] = label;
    return GULL_OK;
}

static int add_folder(gull_data *d, const char *folder, double label, size_t *room,
                      gull_error *err) {
    listing l = {0};
    int status = list_folder(folder, false, &l, err);
    for (size_t i = 0; i < l.count && status == GULL_OK; i++) {
        gull_picture p = {0};
        status = gull__picture_read(&p, l.path[i], err);
        if (status == GULL_OK) status = add_row(d, &p, label, room, l.path[i], err);
        free(p.pixel);
    }
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
    return d->label_count == l->count ? GULL_OK : gull__fail(err, GULL_ENOMEM, "out of memory");
}

static int read_data(const char *path, const char *label_column, gull_data *d, gull_error *err) {
    listing l = {0};
    size_t room = 0;
    (void)label_column;
    int status = list_folder(path, true, &l, err);
    if (status == GULL_OK && l.count) status = name_labels(d, &l, err);
    for (size_t i = 0; i < l.count && status == GULL_OK; i++)
        status = add_folder(d, l.path[i], (double)i, &room, err);
    if (status == GULL_OK && !l.count) { /* pictures without labels */
        status = add_folder(d, path, 0, &room, err);
        free(d->label);
        d->label = NULL;
    }
    if (status == GULL_OK && !d->rows)
        status = gull__fail(err, GULL_EFORMAT,
                            "%s: no .png or .jpg files in it or in its subfolders", path);
    listing_free(&l);
    return status;
}

static int probe(const gull_bytes *head) { return head->size ? 0 : 90; }

const gull_data_reader gull_data_images = {.name = "images",
                                           .summary = "a folder of PNG and JPEG; label = subfolder",
                                           .probe = probe,
                                           .read = read_data};
