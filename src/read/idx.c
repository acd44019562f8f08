/* idx.c - IDX arrays as MNIST has them, plain or gzip: "images,labels" or images alone.
 * Source: the format's description on the MNIST page (LeCun, Cortes, Burges). */
#include "read/array.h"
#include <stdlib.h>
#include <string.h>

static size_t width_of(uint8_t type) {
    switch (type) {
    case 0x08:
    case 0x09:
        return 1;
    case 0x0b:
        return 2;
    case 0x0c:
    case 0x0d:
        return 4;
    case 0x0e:
        return 8;
    }
    return 0;
}

static double element(const uint8_t *p, uint8_t type, size_t width) {
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++) bits = bits << 8 | p[i];
    const uint32_t low = (uint32_t)bits;
    float f;
    double d;
    memcpy(&f, &low, sizeof f);
    memcpy(&d, &bits, sizeof d);
    switch (type) {
    case 0x08:
        return (double)bits;
    case 0x09:
        return (double)(int8_t)bits;
    case 0x0b:
        return (double)(int16_t)bits;
    case 0x0c:
        return (double)(int32_t)bits;
    case 0x0d:
        return (double)f;
    }
    return d;
}

static int parse(const uint8_t *p, size_t size, const char *path, gull_array *a,
                 gull_error *err) {
    if (size < 4 || p[0] || p[1] || !width_of(p[2]))
        return gull__fail(err, GULL_EFORMAT,
                          "%s: not an IDX file (first bytes 0 0 TYPE AXES)", path);
    const size_t width = width_of(p[2]), header = 4 + 4 * (size_t)p[3];
    a->rank = p[3];
    if (size < header || a->rank > GULL_AXES)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: byte 3: %d axes, more than the file or gull holds", path,
                          a->rank);
    for (int i = 0; i < a->rank; i++) {
        const uint8_t *q = p + 4 + 4 * i;
        a->shape[i] = (size_t)q[0] << 24 | (size_t)q[1] << 16 | (size_t)q[2] << 8 | q[3];
    }
    TRY(gull__array_room(a, width, header, size, path, err));
    for (size_t i = 0; i < a->count; i++)
        a->v[i] = element(p + header + i * width, p[2], width);
    a->bytes = p[2] == 0x08;
    return GULL_OK;
}

static int probe(const gull_bytes *head) {
    const uint8_t *p = head->data;
    return head->size >= 8 && !p[0] && !p[1] && width_of(p[2]) && p[3] >= 1 &&
                   p[3] <= GULL_AXES
               ? 90
               : 0;
}

static int read_data(const char *path, const char *label_column, gull_data *d,
                     gull_error *err) {
    (void)label_column;
    return gull__read_pair(path, parse, d, err);
}

const gull_data_reader gull_data_idx = {
    .name = "idx",
    .summary = "IDX as MNIST has it: images,labels, also .gz",
    .probe = probe,
    .read = read_data};
