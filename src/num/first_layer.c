/* first_layer.c - input gradient of a convolution of 1 to 4 input channels on channel
 * blocks: each number of dx gathers its taps into one vector over output channels, summed
 * across at the end.  The order of summation depends on the shape alone. */
#include "num/first_layer.h"
#include "num/elementwise.h"
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LONGEST_TILE = 16 };

/* Sums pixels of one row of dx: for each of `terms` terms a line of dy (vectors side by
 * side from `line`) times `channels` vectors of weights.  sums[channel][pixel]. */
typedef void (*tile_fn)(size_t terms, const float *const *line, const float *w, float *sums);

struct gull_first_layer {
    gull_conv_shape shape;
    size_t block, blocks, tile; /* tile: pixels at a time */
    size_t front, width;        /* of a padded line of dy, in vectors */
    tile_fn run;
    float *weights;     /* [ky][kx][channel block][input channel][block] */
    float *padded;      /* one row of dy: [channel block][y][width][block] */
    const float **line; /* the terms of one tile */
    float *term;        /* their weights, side by side */
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static float sum_512(__m512 v) {
    return _mm512_reduce_add_ps(v);
}

__attribute__((target("avx2,fma"))) static float sum_256(__m256 v) {
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

#define TILE(name, isa, bits, vector, block, channels, pixels)                           \
    __attribute__((target(isa))) static void name(                                       \
        size_t terms, const float *const *line, const float *w, float *sums) {           \
        vector s[channels][pixels];                                                      \
        for (int c = 0; c < channels; c++)                                               \
            for (int p = 0; p < pixels; p++) s[c][p] = _mm##bits##_setzero_ps();         \
        for (size_t t = 0; t < terms; t++, w += channels * block) {                      \
            const float *from = line[t];                                                 \
            vector u[channels];                                                          \
            for (int c = 0; c < channels; c++)                                           \
                u[c] = _mm##bits##_loadu_ps(w + c * block);                              \
            for (int p = 0; p < pixels; p++) {                                           \
                const vector v = _mm##bits##_loadu_ps(from + p * block);                 \
                for (int c = 0; c < channels; c++)                                       \
                    s[c][p] = _mm##bits##_fmadd_ps(u[c], v, s[c][p]);                    \
            }                                                                            \
        }                                                                                \
        for (int c = 0; c < channels; c++)                                               \
            for (int p = 0; p < pixels; p++) sums[c * pixels + p] = sum_##bits(s[c][p]); \
    }
TILE(tile_512_1, "avx512f", 512, __m512, 16, 1, 16)
TILE(tile_512_2, "avx512f", 512, __m512, 16, 2, 8)
TILE(tile_512_3, "avx512f", 512, __m512, 16, 3, 8)
TILE(tile_512_4, "avx512f", 512, __m512, 16, 4, 4)
TILE(tile_256_1, "avx2,fma", 256, __m256, 8, 1, 8)
TILE(tile_256_2, "avx2,fma", 256, __m256, 8, 2, 4)
TILE(tile_256_3, "avx2,fma", 256, __m256, 8, 3, 4)
TILE(tile_256_4, "avx2,fma", 256, __m256, 8, 4, 2)
#endif

static tile_fn tile_of(size_t block, size_t channels, size_t *pixels) {
#if defined(__x86_64__)
    static const tile_fn wide[] = {tile_512_1, tile_512_2, tile_512_3, tile_512_4};
    static const tile_fn narrow[] = {tile_256_1, tile_256_2, tile_256_3, tile_256_4};
    static const size_t wide_pixels[] = {16, 8, 8, 4}, narrow_pixels[] = {8, 4, 4, 2};
    const size_t c = channels - 1;
    if (block == 16 && __builtin_cpu_supports("avx512f")) {
        *pixels = wide_pixels[c];
        return wide[c];
    }
    if (block == 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        *pixels = narrow_pixels[c];
        return narrow[c];
    }
#else
    (void)block, (void)channels, (void)pixels;
#endif
    return NULL;
}

static size_t divide_up(size_t a, size_t b) { return (a + b - 1) / b; }

/* Padding of a line of dy so that no tap of any tile leaves it. */
static void set_width(gull_first_layer *f) {
    const gull_window *v = &f->shape.window;
    const size_t reach = (v->kernel[1] - 1) * v->dilation[1], s = v->stride[1];
    const size_t last = (v->in[1] - 1 + v->before[1]) / s + 1; /* columns that may be read */
    f->front = reach > v->before[1] ? divide_up(reach - v->before[1], s) : 0;
    f->width = f->front + (last > v->out[1] ? last : v->out[1]) + f->tile;
}

static void pack_weights(gull_first_layer *f, const float *w) {
    const gull_conv_shape *s = &f->shape;
    const size_t taps = s->window.kernel[0] * s->window.kernel[1], in = s->in_channels;
    for (size_t o = 0; o < s->out_channels; o++)
        for (size_t c = 0; c < in; c++)
            for (size_t t = 0; t < taps; t++)
                f->weights[((t * f->blocks + o / f->block) * in + c) * f->block +
                           o % f->block] = w[(o * in + c) * taps + t];
}

static float *new_floats(size_t n) {
    float *p = n < SIZE_MAX / 8 ? aligned_alloc(64, (n * sizeof *p + 127) / 64 * 64) : NULL;
    if (p) memset(p, 0, (n * sizeof *p + 127) / 64 * 64);
    return p;
}

int gull__first_layer_new(const gull_conv_shape *s, size_t block, const float *w,
                          gull_first_layer **out) {
    size_t tile = 0;
    *out = NULL;
    if (s->groups != 1 || s->in_channels > GULL_FIRST_CHANNELS) return 0;
    const tile_fn run = tile_of(block, s->in_channels, &tile);
    if (!run) return 0;
    gull_first_layer *f = calloc(1, sizeof *f);
    if (!f) return -8;
    *f = (gull_first_layer){.shape = *s, .block = block, .tile = tile, .run = run,
                            .blocks = divide_up(s->out_channels, block)};
    set_width(f);
    const size_t terms = s->window.kernel[0] * s->window.kernel[1] * f->blocks;
    f->weights = new_floats(terms * s->in_channels * block);
    f->term = new_floats(terms * s->in_channels * block);
    f->padded = new_floats(f->blocks * s->window.out[0] * f->width * block);
    f->line = calloc(terms, sizeof *f->line);
    if (!f->weights || !f->term || !f->padded || !f->line) {
        gull__first_layer_free(f);
        return -8;
    }
    pack_weights(f, w);
    *out = f;
    return 0;
}

void gull__first_layer_free(gull_first_layer *f) {
    if (!f) return;
    free(f->weights);
    free(f->term);
    free(f->padded);
    free(f->line);
    free(f);
}

static void pad_lines(gull_first_layer *f, const float *dy, const float *y, float top) {
    const gull_window *v = &f->shape.window;
    const size_t length = v->out[1] * f->block;
    for (size_t i = 0; i < f->blocks * v->out[0]; i++)
        gull__add_mask(length, dy + i * length, NULL, y ? y + i * length : NULL,
                       top, f->padded + (i * f->width + f->front) * f->block);
}

/* The output that tap k of an axis sees at the input `at`; false: none. */
static bool seen_by(const gull_window *v, int axis, size_t at, size_t k, ptrdiff_t *out) {
    const ptrdiff_t s = (ptrdiff_t)v->stride[axis];
    const ptrdiff_t d = (ptrdiff_t)(at + v->before[axis]) - (ptrdiff_t)(k * v->dilation[axis]);
    if ((d % s + s) % s) return false;
    *out = d / s;
    return true;
}

/* The terms of the pixels `phase`, `phase` + stride, ... of row `at`; lines start at the
 * first of them. */
static size_t gather_terms(gull_first_layer *f, size_t at, size_t phase) {
    const gull_window *v = &f->shape.window;
    const size_t numbers = f->shape.in_channels * f->block;
    size_t n = 0;
    ptrdiff_t row, column;
    for (size_t ky = 0; ky < v->kernel[0]; ky++) {
        if (!seen_by(v, 0, at, ky, &row) || row < 0 || row >= (ptrdiff_t)v->out[0]) continue;
        for (size_t kx = 0; kx < v->kernel[1]; kx++) {
            if (!seen_by(v, 1, phase, kx, &column)) continue;
            for (size_t b = 0; b < f->blocks; b++, n++) {
                const size_t tap = (ky * v->kernel[1] + kx) * f->blocks + b;
                const ptrdiff_t first = (ptrdiff_t)((b * v->out[0] + (size_t)row) * f->width +
                                                    f->front) + column;
                f->line[n] = f->padded + first * (ptrdiff_t)f->block;
                memcpy(f->term + n * numbers, f->weights + tap * numbers,
                       numbers * sizeof(float));
            }
        }
    }
    return n;
}

static void run_phase(gull_first_layer *f, size_t at, size_t phase, float *dx) {
    const gull_window *v = &f->shape.window;
    const size_t s = v->stride[1], area = v->in[0] * v->in[1];
    const size_t terms = gather_terms(f, at, phase);
    float sums[GULL_FIRST_CHANNELS * LONGEST_TILE];
    for (size_t x = phase; x < v->in[1]; x += s * f->tile) {
        f->run(terms, f->line, f->term, sums);
        for (size_t c = 0; c < f->shape.in_channels; c++)
            for (size_t p = 0; p < f->tile && x + p * s < v->in[1]; p++)
                dx[c * area + at * v->in[1] + x + p * s] = sums[c * f->tile + p];
        for (size_t t = 0; t < terms; t++) f->line[t] += f->tile * f->block;
    }
}

void gull__first_layer(gull_first_layer *f, size_t rows, const float *dy, const float *y,
                       float top, float *dx) {
    const gull_window *v = &f->shape.window;
    const size_t row = f->blocks * v->out[0] * v->out[1] * f->block;
    for (size_t r = 0; r < rows; r++) {
        pad_lines(f, dy + r * row, y ? y + r * row : NULL, top);
        for (size_t at = 0; at < v->in[0]; at++)
            for (size_t phase = 0; phase < v->stride[1] && phase < v->in[1]; phase++)
                run_phase(f, at, phase, dx);
        dx += f->shape.in_channels * v->in[0] * v->in[1];
    }
}
