/* bind.h - a model and a data set put together: checked, converted to the model's units
 * and layout, with the box of every feature. */
#ifndef GULL_BIND_H
#define GULL_BIND_H
#include "core/question.h"

enum { GULL_FREE = 0, GULL_FROZEN = 1, GULL_ONLY_UP = 2, GULL_ONLY_DOWN = 4 };

typedef struct gull_task {
    size_t rows, first, dim; /* rows used; the first one's number in the data */
    double *x;               /* rows x dim, as the model is given them */
    int *label;              /* class index per row */
    bool model_labels;       /* the model's own answers are the labels */
    double *lo, *hi;         /* dim */
    double *weight;          /* dim, or NULL */
    uint8_t *rule;           /* dim of GULL_FROZEN ..., or NULL */
    gull_grid *grid;         /* dim, or NULL: all real */
    double range[2];         /* the pixel range, or 0,0 */
    size_t shape[4];         /* for pictures of the rows, channels first */
    int rank;                /* 3: pictures */
    char note[400];          /* how the data was read, for people; may be empty */
    char domain[200];        /* what may change, for people */
} gull_task;

int gull__bind(gull_task *, const gull_question *, const gull_model *, const gull_data *,
               gull_error *);
void gull__task_free(gull_task *);
/* Applies a domain file (doc/formats.md) to a task. */
int gull__domain_read(gull_task *, const char *path, const gull_model *, const gull_data *,
                      gull_error *);
/* Whether labels that are words in the data are all numbers: folders 3 and 7, say. */
bool gull__labels_are_numbers(const gull_data *);
/* 8-bit pixels in the units of the task, as deployed. */
void gull__map_bytes(const gull_task *, bool f32, double *x, size_t n);
/* Scores of n rows in the model's units on one thread. */
int gull__predict(const gull_model *, const double *x, size_t n, double *scores,
                  gull_error *);
#endif
