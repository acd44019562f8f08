/* plan.h - runs of layers that a backend works through in layouts of its own, from plain
 * numbers to plain numbers, a fixed tile of rows at a time. */
#ifndef GULL_PLAN_H
#define GULL_PLAN_H
#include "num/kernels.h"
#include "num/packs.h"

typedef enum gull_layer_kind {
    GULL_LAYER_CONV,
    GULL_LAYER_DENSE,
    GULL_LAYER_RELU,
    GULL_LAYER_ADD,      /* of two blobs of the same dimensions */
    GULL_LAYER_BIAS,     /* adds `bias` to each channel */
    GULL_LAYER_MAXIMUM,  /* the greatest of each window */
    GULL_LAYER_MEAN,     /* the mean of each window */
    GULL_LAYER_RENAME    /* other dimensions, the same numbers in the same order */
} gull_layer_kind;

typedef struct gull_layer {
    gull_layer_kind kind;
    int in[2], out;         /* blobs; in[1]: ADD only */
    gull_conv_shape conv;   /* CONV; its window: pools */
    gull_dense_shape dense;
    bool count_padding;     /* MEAN */
    bool relu;              /* CONV, DENSE, ADD: as RELU at the end */
    float top;              /* of the ReLU: min(max(., 0), top); 0: no top */
    const float *weights, *bias; /* plain; bias may be NULL; they outlive the plan */
} gull_layer;

/* Numbers that layers exchange: channels x height x width per row. */
typedef struct gull_blob {
    size_t channels, height, width;
    bool flat;           /* one dimension: height and width are 1 */
    bool given, wanted;  /* computed outside; read outside */
    float *plain;        /* tile rows of it in plain layout where given or wanted */
} gull_blob;

typedef struct gull_plan gull_plan;
#endif
