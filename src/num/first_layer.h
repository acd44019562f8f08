/* first_layer.h - the input gradient of a convolution of few input channels, which
 * libraries pad to a whole block of channels. */
#ifndef GULL_FIRST_LAYER_H
#define GULL_FIRST_LAYER_H
#include "num/kernels.h"

enum { GULL_FIRST_CHANNELS = 4 };

typedef struct gull_first_layer gull_first_layer;
/* Channels of dy in blocks: dy[row][channel / block][y][x][channel % block], zeros behind
 * the last channel.  *out is NULL where this machine or shape has no kernel; -8: no
 * memory.  w: out x in x height x width, copied. */
int gull__first_layer_new(const gull_conv_shape *, size_t block, const float *w,
                          gull_first_layer **out);
/* dx = the gradient for dy where 0 < y < top (y NULL: everywhere), in plain layout. */
void gull__first_layer(gull_first_layer *, size_t rows, const float *dy, const float *y,
                       float top, float *dx);
void gull__first_layer_free(gull_first_layer *);
#endif
