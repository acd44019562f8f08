/* array.c - see array.h. */
#include "core/data.h"
#include "core/model.h"
#include "read/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gull__array_free(gull_array *a) {
    free(a->v);
    memset(a, 0, sizeof *a);
}

/* "(100, 28, 28)" */
static void shape_text(char *out, size_t room, const gull_array *a) {
    size_t n = 0;
    for (int i = 0; i < a->rank && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%zu", i ? ", " : "(", a->shape[i]);
    if (n < room) snprintf(out + n, room - n, ")");
}

static int does_not_fit(const gull_array *a, size_t width, size_t at, size_t left,
                        const char *where, gull_error *err) {
    char shape[160];
    shape_text(shape, sizeof shape, a);
    return gull__fail(
        err, GULL_EFORMAT,
        "%s: byte %zu: the header says shape %s of %zu-byte numbers, but %zu bytes "
        "follow; is the file cut off?",
        where, at, shape, width, left);
}

int gull__array_room(gull_array *a, size_t width, size_t at, size_t size,
                     const char *where, gull_error *err) {
    const size_t left = size - at;
    size_t count = 1;
    if (a->rank < 1 || a->rank > GULL_AXES)
        return gull__fail(err, GULL_EFORMAT, "%s: %d axes, expected 1 to %d", where,
                          a->rank, GULL_AXES);
    for (int i = 0; i < a->rank; i++)
        if (!a->shape[i])
            return gull__fail(err, GULL_EFORMAT, "%s: an array without numbers", where);
    for (int i = 0; i < a->rank; i++)
        if (__builtin_mul_overflow(count, a->shape[i], &count) || count > left / width)
            return does_not_fit(a, width, at, left, where, err);
    a->count = count;
    a->v = malloc(count * sizeof *a->v);
    return a->v ? GULL_OK : gull__fail(err, GULL_ENOMEM, "%s: out of memory", where);
}

int gull__data_from_arrays(gull_data *d, gull_array *x, gull_array *y, const char *path,
                           gull_error *err) {
    const int rank = x->rank - 1;
    if (rank < 1 || rank > 4)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: %d axes; expected rows first and 1 to 4 axes a row", path,
                          x->rank);
    d->rows = x->shape[0];
    d->dim = x->count / x->shape[0];
    d->rank = rank;
    memcpy(d->shape, x->shape + 1, (size_t)rank * sizeof *d->shape);
    d->bytes = x->bytes;
    d->channels_last = rank == 3 && d->shape[0] > 4 &&
                       (d->shape[2] == 1 || d->shape[2] == 3 || d->shape[2] == 4);
    if (y && y->count != d->rows)
        return gull__fail(
            err, GULL_EFORMAT, "%s: %zu rows but %zu labels; give one label a row%s",
            path, d->rows, y->count,
            y->rank > 1 ? " (class numbers, not one column per class)" : "");
    d->x = x->v;
    x->v = NULL;
    if (y) {
        d->label = y->v;
        y->v = NULL;
    }
    return GULL_OK;
}

static int read_file(const char *path, gull_array_parser parse, gull_array *a,
                     gull_error *err) {
    uint8_t *bytes;
    size_t size;
    TRY(gull__file_read(path, true, &bytes, &size, err));
    const int status = parse(bytes, size, path, a, err);
    free(bytes);
    return status;
}

int gull__read_pair(const char *path, gull_array_parser parse, gull_data *d,
                    gull_error *err) {
    gull_array x = {0}, y = {0};
    gull_pair pair;
    TRY(gull__pair_new(&pair, path, err));
    int status = read_file(pair.x, parse, &x, err);
    if (status == GULL_OK && pair.y) status = read_file(pair.y, parse, &y, err);
    if (status == GULL_OK)
        status = gull__data_from_arrays(d, &x, pair.y ? &y : NULL, path, err);
    gull__array_free(&x);
    gull__array_free(&y);
    gull__pair_free(&pair);
    return status;
}
