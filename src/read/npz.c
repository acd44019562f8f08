/* npz.c - NumPy's .npz, a zip of .npy arrays: x and y (or images and labels). */
#include "core/data.h"
#include "read/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static const zip_uint64_t MOST_BYTES = (zip_uint64_t)4 << 30;

static int probe(const gull_bytes *head) {
    const size_t n = strlen(head->path);
    const bool zip = head->size > 4 && !memcmp(head->data, "PK\3\4", 4);
    return zip ? (n > 4 && !strcmp(head->path + n - 4, ".npz") ? 100 : 60) : 0;
}

/* The first of several names that is there; -1: none. */
static zip_int64_t find(zip_t *z, const char *const *names) {
    char full[64];
    for (; *names; names++) {
        snprintf(full, sizeof full, "%s.npy", *names);
        const zip_int64_t i = zip_name_locate(z, full, ZIP_FL_NOCASE);
        if (i >= 0) return i;
    }
    return -1;
}

/* A small archive that inflates without end is no data. */
static size_t most_bytes(zip_t *z, zip_int64_t i) {
    zip_stat_t st;
    const zip_uint64_t most = (zip_uint64_t)1 << 26;
    if (zip_stat_index(z, (zip_uint64_t)i, 0, &st) || !(st.valid & ZIP_STAT_COMP_SIZE))
        return most;
    return st.comp_size > (MOST_BYTES - most) / 200 ? MOST_BYTES
                                                    : most + 200 * st.comp_size;
}

/* A member may claim any size: the buffer grows with what really comes out. */
static int inflate_member(zip_file_t *f, size_t most, uint8_t **out, size_t *size) {
    size_t room = 1 << 16, n = 0;
    uint8_t *buffer = malloc(room);
    zip_int64_t got = 1;
    while (buffer && got > 0) {
        if (n == room) {
            uint8_t *more = room < most ? realloc(buffer, room * 2) : NULL;
            if (!more) break;
            buffer = more;
            room *= 2;
        }
        got = zip_fread(f, buffer + n, room - n);
        if (got > 0) n += (size_t)got;
    }
    if (!buffer || got != 0) {
        free(buffer);
        return got < 0 ? GULL_EFORMAT : GULL_ENOMEM;
    }
    *out = buffer;
    *size = n;
    return GULL_OK;
}

static int read_member(zip_t *z, zip_int64_t i, const char *path, gull_array *a,
                       gull_error *err) {
    uint8_t *bytes;
    size_t size;
    char where[300];
    const char *name = zip_get_name(z, (zip_uint64_t)i, 0);
    snprintf(where, sizeof where, "%.200s: %.80s", path, name ? name : "?");
    zip_file_t *f = zip_fopen_index(z, (zip_uint64_t)i, 0);
    int status = f ? inflate_member(f, most_bytes(z, i), &bytes, &size) : GULL_EFORMAT;
    if (f) zip_fclose(f);
    if (status == GULL_ENOMEM)
        return gull__fail(
            err, status,
            "%s: larger than memory, than 4 GiB or than 200 times its compressed size",
            where);
    if (status < 0) return gull__fail(err, status, "%s: damaged or encrypted", where);
    status = gull__npy_parse(bytes, size, where, a, err);
    free(bytes);
    return status;
}

static int read_zip(zip_t *z, const char *path, gull_data *d, gull_error *err) {
    static const char *const xs[] = {"x",      "images", "features", "data",
                                     "x_test", "arr_0",  NULL};
    static const char *const ys[] = {"y",      "labels", "label", "target",
                                     "y_test", "arr_1",  NULL};
    const zip_int64_t xi = find(z, xs), yi = find(z, ys);
    gull_array x = {0}, y = {0};
    if (xi < 0)
        return gull__fail(
            err, GULL_EFORMAT,
            "%s: no array named x (or images, features, data, arr_0); save with "
            "numpy.savez(path, x=x, y=y)",
            path);
    int status = read_member(z, xi, path, &x, err);
    if (status == GULL_OK && yi >= 0) status = read_member(z, yi, path, &y, err);
    if (status == GULL_OK)
        status = gull__data_from_arrays(d, &x, yi >= 0 ? &y : NULL, path, err);
    gull__array_free(&x);
    gull__array_free(&y);
    return status;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    int code;
    (void)label_column;
    TRY(gull__only_file(path, err));
    zip_t *z = zip_open(path, ZIP_RDONLY, &code);
    if (!z) return gull__fail(err, GULL_EFORMAT, "%s: not a zip file, or damaged", path);
    const int status = read_zip(z, path, d, err);
    zip_discard(z);
    return status;
}

const gull_data_reader gull_data_npz = {.name = "npz",
                                        .summary = "NumPy archives with arrays x and y",
                                        .probe = probe,
                                        .read = read_data};
