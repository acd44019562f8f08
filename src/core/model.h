/* model.h - a model: a family, its private state, and what the reader knows of it. */
#ifndef GULL_MODEL_H
#define GULL_MODEL_H
#include "core/plugin.h"

struct gull_model {
    const gull_family *family;
    void *state;
    gull_model_facts facts;
    const char *format; /* the reader's name */
    char *path;
    char sha256[65];
};
/* Reads a whole file, at most 4 GiB (.gz is inflated when `inflate`); *data belongs to the
 * caller. */
int gull__file_read(const char *path, bool inflate, uint8_t **data, size_t *size,
                    gull_error *);
/* Of the file as it lies on disk. */
int gull__sha256_file(const char *path, char hex[65], gull_error *);
void gull__sha256(const uint8_t *data, size_t size, char hex[65]);
/* A model's capabilities, SCORES implying LABELS. */
unsigned gull__model_can(const gull_model *);
#endif
