/* elementwise.h - number by number over buffers of one layout, whatever it is. */
#ifndef GULL_ELEMENTWISE_H
#define GULL_ELEMENTWISE_H
#include <stdbool.h>
#include <stddef.h>

/* to = a + b, then max(., 0) and min(., top) with `relu`; b may be NULL, `to` may be a or
 * b; top infinite: none. */
void gull__add_relu(size_t n, const float *a, const float *b, bool relu, float top,
                    float *to);
/* to = a + b where 0 < y < top, else 0; b may be NULL; y NULL: everywhere. */
void gull__add_mask(size_t n, const float *a, const float *b, const float *y, float top,
                    float *to);
#endif
