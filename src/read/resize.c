/* resize.c - see resize.h.  Both ways are a weighted mean along each axis in turn; weights
 * of one pixel sum to 1, so that values stay within 0..255. */
#include "read/resize.h"
#include <math.h>
#include <stdlib.h>

typedef struct taps { /* where one new pixel looks along an axis */
    size_t first, count;
    double weight[2]; /* of the first and the last one; those between: middle */
    double middle;
} taps;

/* Of `from` pixels to `to`: new pixel i covers [i, i + 1) * from / to. */
static taps area_taps(size_t i, size_t from, size_t to) {
    const double ratio = (double)from / (double)to, start = (double)i * ratio;
    const double end = fmin(start + ratio, (double)from);
    size_t first = (size_t)start, last = (size_t)ceil(end - 1e-9) - 1;
    if (last >= from) last = from - 1;
    if (first > last) first = last;
    taps t = {first, last - first + 1, {0, 0}, 1 / (end - start)};
    t.weight[0] = (fmin((double)first + 1, end) - start) * t.middle;
    t.weight[1] = (end - fmax((double)last, start)) * t.middle;
    return t;
}

static taps bilinear_taps(size_t i, size_t from, size_t to) {
    const double at = ((double)i + 0.5) * (double)from / (double)to - 0.5;
    const double inside = fmin(fmax(at, 0), (double)(from - 1));
    const size_t first = (size_t)inside < from - 1 ? (size_t)inside : from - 1;
    const double part = inside - (double)first;
    return first + 1 < from ? (taps){first, 2, {1 - part, part}, 0} : (taps){first, 1, {1, 0}, 0};
}

static taps taps_of(size_t i, size_t from, size_t to, bool by_area) {
    return by_area && from > to ? area_taps(i, from, to) : bilinear_taps(i, from, to);
}

static double mean(const taps *t, const double *line, size_t step) {
    const size_t last = t->count - 1;
    double sum = line[t->first * step] * t->weight[0];
    if (!last) return line[t->first * step];
    for (size_t k = 1; k < last; k++) sum += line[(t->first + k) * step] * t->middle;
    return sum + line[(t->first + last) * step] * t->weight[1];
}

/* One line of the new picture: its rows of the old one are averaged first. */
static void make_line(const gull_picture *p, const taps *down, const taps *across, size_t width,
                      double *mixed, uint8_t *out) {
    const size_t c = p->channels, n = p->width * c;
    for (size_t i = 0; i < n; i++) {
        mixed[i] = 0;
        for (size_t k = 0; k < down->count; k++) {
            const double w = down->count == 1       ? 1
                             : k == 0               ? down->weight[0]
                             : k == down->count - 1 ? down->weight[1]
                                                    : down->middle;
            mixed[i] += w * p->pixel[(down->first + k) * n + i];
        }
    }
    for (size_t x = 0; x < width; x++)
        for (size_t k = 0; k < c; k++)
            out[x * c + k] =
                (uint8_t)fmin(fmax(floor(mean(&across[x], mixed + k, c) + 0.5), 0), 255);
}

int gull__resize(gull_picture *p, size_t width, size_t height, bool by_area) {
    if (p->width == width && p->height == height) return GULL_OK;
    uint8_t *out = malloc(width * height * p->channels);
    double *mixed = malloc(p->width * p->channels * sizeof *mixed);
    taps *across = malloc(width * sizeof *across);
    const bool good = out && mixed && across;
    for (size_t x = 0; good && x < width; x++) across[x] = taps_of(x, p->width, width, by_area);
    for (size_t y = 0; good && y < height; y++) {
        const taps down = taps_of(y, p->height, height, by_area);
        make_line(p, &down, across, width, mixed, out + y * width * p->channels);
    }
    free(mixed);
    free(across);
    if (!good) {
        free(out);
        return GULL_ENOMEM;
    }
    free(p->pixel);
    *p = (gull_picture){width, height, p->channels, out};
    return GULL_OK;
}
