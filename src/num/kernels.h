/* kernels.h - plain C kernels in both precisions.  Every output number is summed in an
 * order that depends on the shape alone, so a row's answer does not depend on the other
 * rows.  All of them ADD to their output. */
#ifndef GULL_KERNELS_H
#define GULL_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gull_window { /* of a convolution or pooling, in [0] rows and [1] columns */
    size_t in[2], out[2], kernel[2], stride[2], dilation[2];
    size_t before[2], after[2]; /* padding */
} gull_window;

typedef struct gull_conv_shape {
    size_t groups, in_channels, out_channels; /* of the whole convolution */
    gull_window window;
} gull_conv_shape;

typedef struct gull_dense_shape { /* y[out] = w x[in] */
    size_t in, out;
    bool out_major; /* the weights lie as out x in, otherwise in x out */
} gull_dense_shape;

/* c[m x n] += a[m x k] b[k x n]; a and b by the strides of rows and columns, c packed
 * with `ldc`.  Returns 0, or a negative value when memory is out. */
int gull__gemm32(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_col,
                 const float *b, size_t b_row, size_t b_col, float *c, size_t ldc);
int gull__gemm64(size_t m, size_t n, size_t k, const double *a, size_t a_row, size_t a_col,
                 const double *b, size_t b_row, size_t b_col, double *c, size_t ldc);

int gull__conv32(const gull_conv_shape *, size_t rows, const float *w, const float *x,
                 float *y);
int gull__conv64(const gull_conv_shape *, size_t rows, const double *w, const double *x,
                 double *y);
int gull__conv_back32(const gull_conv_shape *, size_t rows, const float *w, const float *dy,
                      float *dx);
int gull__conv_back64(const gull_conv_shape *, size_t rows, const double *w,
                      const double *dy, double *dx);

int gull__dense32(const gull_dense_shape *, size_t rows, const float *w, const float *x,
                  float *y);
int gull__dense64(const gull_dense_shape *, size_t rows, const double *w, const double *x,
                  double *y);
int gull__dense_back32(const gull_dense_shape *, size_t rows, const float *w,
                       const float *dy, float *dx);
int gull__dense_back64(const gull_dense_shape *, size_t rows, const double *w,
                       const double *dy, double *dx);
#endif
