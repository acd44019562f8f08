/* resize.h - pictures brought to another width and height, only where that was asked. */
#ifndef GULL_READ_RESIZE_H
#define GULL_READ_RESIZE_H
#include "read/picture.h"

/* Replaces the picture's pixels.  Bilinear: the four pixels around the place, centres at
 * (i + 1/2) times the ratio of the sizes, as camera pipelines and OpenCV's default have it.
 * By area: the average over what a pixel covers. */
int gull__resize(gull_picture *, size_t width, size_t height, bool by_area);
#endif
