/* picture.h - one PNG or JPEG file as 8-bit pixels. */
#ifndef GULL_PICTURE_H
#define GULL_PICTURE_H
#include "core/plugin.h"

typedef struct gull_picture {
    size_t width, height, channels; /* 1 grey or 3 red, green, blue */
    uint8_t *pixel;                 /* height x width x channels, owned */
} gull_picture;
/* 16 bits become their upper 8, palettes colours; transparency is left out. */
int gull__picture_read(gull_picture *, const char *path, gull_error *);
/* The same of a file in memory. */
int gull__picture_parse(gull_picture *, const uint8_t *, size_t size, const char *path,
                        gull_error *);
bool gull__picture_probe(const uint8_t *, size_t size);
#endif
