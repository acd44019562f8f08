/* data.h - what the readers of data share. */
#ifndef GULL_DATA_H
#define GULL_DATA_H
#include "core/plugin.h"

typedef struct gull_pair { /* "X,Y" as two paths; y NULL when there is one */
    char *x, *y;
} gull_pair;
/* A file of that very name wins over a comma. */
int gull__pair_new(gull_pair *, const char *path, gull_error *);
void gull__pair_free(gull_pair *);
/* For formats that are one file: refuses "X,Y". */
int gull__only_file(const char *path, gull_error *);
#endif
