/* batchnorm_state.h - what BatchNormalization computes when the file is read. */
#ifndef GULL_BATCHNORM_STATE_H
#define GULL_BATCHNORM_STATE_H
#include <stddef.h>

typedef struct gull_batchnorm {
    double *scale, *shift; /* channels each, one block */
    double *size;          /* of the terms of the shift, which may cancel */
    size_t channels, area;
    double epsilon;
} gull_batchnorm;
#endif
