/* array.h - numeric arrays as files hold them, and how they become a data set. */
#ifndef GULL_ARRAY_H
#define GULL_ARRAY_H
#include "core/plugin.h"

enum { GULL_AXES = 6 };
typedef struct gull_array {
    double *v; /* count numbers, row-major, owned */
    size_t count, shape[GULL_AXES];
    int rank;
    bool bytes; /* were 8-bit unsigned */
} gull_array;
void gull__array_free(gull_array *);
/* Checks rank and shape (no overflow; the bytes from `at` to `size` hold it at `width`
 * bytes a number), sets count and allocates v. */
int gull__array_room(gull_array *, size_t width, size_t at, size_t size,
                     const char *where, gull_error *);

/* One .npy file in memory. */
int gull__npy_parse(const uint8_t *, size_t size, const char *path, gull_array *,
                    gull_error *);

/* Moves x (rows first) and the labels y (may be NULL) into the data set. */
int gull__data_from_arrays(gull_data *, gull_array *x, gull_array *y, const char *path,
                           gull_error *);
typedef int (*gull_array_parser)(const uint8_t *, size_t size, const char *path,
                                 gull_array *, gull_error *);
/* Reads "X" or "X,Y", each file parsed by itself. */
int gull__read_pair(const char *path, gull_array_parser, gull_data *, gull_error *);
#endif
