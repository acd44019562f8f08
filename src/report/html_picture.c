/* html_picture.c - the base64 float32 arrays of the JSON as PNG data: URIs. */
#include "report/html.h"
#include "report/png.h"
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

static bool decode(const char *text, size_t length, uint8_t *bytes, size_t size) {
    struct base64_decode_ctx state;
    size_t got = BASE64_DECODE_LENGTH(length);
    base64_decode_init(&state);
    return base64_decode_update(&state, &got, bytes, length, text) &&
           base64_decode_final(&state) && got == size;
}

static float little_endian(const uint8_t *b) {
    const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                          (uint32_t)b[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return isfinite(value) ? value : 0;
}

bool html_floats(const json_t *base64, size_t count, float *out) {
    const size_t length = json_string_length(base64), size = 4 * count;
    if (!json_is_string(base64) || length / 4 != (size + 2) / 3) return false;
    uint8_t *bytes = malloc(BASE64_DECODE_LENGTH(length) + 1);
    if (!bytes) return false;
    const bool good = decode(json_string_value(base64), length, bytes, size);
    for (size_t i = 0; good && i < count; ++i) out[i] = little_endian(bytes + 4 * i);
    free(bytes);
    return good;
}

static uint8_t level(float value, double low, double high) {
    const double share = (value - low) / (high - low);
    return (uint8_t)nearbyint(255 * fmin(fmax(share, 0), 1));
}

/* Channels first to channels last. */
static void fill_pixels(const html_view *v, const float *x, double low, double high,
                        uint8_t *pixel) {
    const size_t plane = v->height * v->width;
    for (size_t i = 0; i < plane; ++i)
        for (size_t c = 0; c < v->channels; ++c)
            pixel[i * v->channels + c] = level(x[c * plane + i], low, high);
}

void html_picture_uri(html_page *p, const html_view *v, const float *x, double low,
                      double high) {
    uint8_t *pixel = malloc(v->features);
    size_t size = 0;
    if (!pixel) {
        p->failed = true;
        return;
    }
    fill_pixels(v, x, low, high, pixel);
    uint8_t *png = gull__png_encode(v->width, v->height, v->channels, pixel, &size);
    free(pixel);
    html_raw(p, "data:image/png;base64,");
    if (png)
        html_base64(p, png, size);
    else
        p->failed = true;
    free(png);
}
