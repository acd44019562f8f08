/* png.h - pixels as the bytes of a PNG. */
#ifndef GULL_REPORT_PNG_H
#define GULL_REPORT_PNG_H
#include <stddef.h>
#include <stdint.h>

/* height x width x channels (3: RGB, else grey) bytes; the result is to be freed, NULL when
 * memory is out. */
uint8_t *gull__png_encode(size_t width, size_t height, size_t channels, const uint8_t *pixel,
                          size_t *size);
#endif
