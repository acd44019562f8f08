/* elementwise.h - number by number over buffers of one layout, whatever it is. */
#ifndef GULL_ELEMENTWISE_H
#define GULL_ELEMENTWISE_H
#include <stdbool.h>
#include <stddef.h>

/* to = a + b, or max(a + b, 0); b may be NULL, `to` may be a or b. */
void gull__add_relu(size_t n, const float *a, const float *b, bool relu, float *to);
/* to = a + b where y > 0, else 0; b may be NULL; y NULL: everywhere. */
void gull__add_mask(size_t n, const float *a, const float *b, const float *y, float *to);
#endif
