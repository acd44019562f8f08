/* ref_gemm.h - a blocked matrix product, compiled once per precision (ref32.c, ref64.c).
 * Panels and micro-kernel after Goto and van de Geijn, "Anatomy of High-Performance
 * Matrix Multiplication" (2008).  Each number of c is one chain of additions over k in
 * blocks of KC, whatever m and n are. */
#include "num/kernels.h"
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { KC = 256, MC = 96, NC = 192, TILE = 12 * 2 * LANES };

/* t[rows x columns] = sum over k of a[k][rows] b[k][columns], both packed. */
typedef struct micro_kernel {
    size_t rows, columns;
    void (*run)(size_t k, const REAL *a, const REAL *b, REAL *t);
} micro_kernel;

static void run_plain(size_t k, const REAL *a, const REAL *b, REAL *t) {
    REAL s[4][8] = {{0}};
    for (size_t p = 0; p < k; p++)
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 8; j++) s[i][j] += a[4 * p + i] * b[8 * p + j];
    memcpy(t, s, sizeof s);
}

#if defined(__x86_64__)
#define MICRO_KERNEL(name, isa, bits, vector, height, lanes)                             \
    __attribute__((target(isa))) static void name(size_t k, const REAL *a,               \
                                                  const REAL *b, REAL *t) {              \
        vector s[height][2];                                                             \
        for (int i = 0; i < height; i++)                                                 \
            s[i][0] = s[i][1] = SIMD(setzero, bits)();                                   \
        for (size_t p = 0; p < k; p++, a += height, b += 2 * lanes) {                    \
            const vector b0 = SIMD(loadu, bits)(b), b1 = SIMD(loadu, bits)(b + lanes);   \
            for (int i = 0; i < height; i++) {                                           \
                const vector x = SIMD(set1, bits)(a[i]);                                 \
                s[i][0] = SIMD(fmadd, bits)(x, b0, s[i][0]);                             \
                s[i][1] = SIMD(fmadd, bits)(x, b1, s[i][1]);                             \
            }                                                                            \
        }                                                                                \
        for (int i = 0; i < height; i++, t += 2 * lanes) {                               \
            SIMD(storeu, bits)(t, s[i][0]);                                              \
            SIMD(storeu, bits)(t + lanes, s[i][1]);                                      \
        }                                                                                \
    }
MICRO_KERNEL(run_avx512, "avx512f", 512, VECTOR512, 12, LANES)
MICRO_KERNEL(run_avx2, "avx2,fma", 256, VECTOR256, 6, (LANES / 2))
#endif

static micro_kernel best_micro_kernel(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return (micro_kernel){12, 2 * LANES, run_avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (micro_kernel){6, LANES, run_avx2};
#endif
    return (micro_kernel){4, 8, run_plain};
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t round_up(size_t a, size_t step) { return (a + step - 1) / step * step; }

/* Panels of `width` lines, k deep: out[panel][k][width], zeros beyond `lines`. */
static void pack(size_t lines, size_t k, size_t width, const REAL *x, size_t line,
                 size_t step, REAL *out) {
    for (size_t i = 0; i < lines; i += width) {
        const size_t w = smaller(width, lines - i);
        const REAL *from = x + i * line;
        for (size_t p = 0; p < k; p++, out += width, from += step) {
            if (line == 1)
                memcpy(out, from, w * sizeof *out);
            else
                for (size_t j = 0; j < w; j++) out[j] = from[j * line];
            for (size_t j = w; j < width; j++) out[j] = 0;
        }
    }
}

/* One block: c += packed a x packed b. */
static void multiply_block(const micro_kernel *mk, size_t m, size_t n, size_t k,
                           const REAL *a, const REAL *b, REAL *c, size_t ldc) {
    REAL t[TILE];
    for (size_t j = 0; j < n; j += mk->columns)
        for (size_t i = 0; i < m; i += mk->rows) {
            const size_t h = smaller(mk->rows, m - i), w = smaller(mk->columns, n - j);
            mk->run(k, a + i * k, b + j * k, t);
            for (size_t r = 0; r < h; r++) {
                REAL *to = c + (i + r) * ldc + j;
                const REAL *from = t + r * mk->columns;
                for (size_t q = 0; q < w; q++) to[q] += from[q];
            }
        }
}

int NAME(gemm)(size_t m, size_t n, size_t k, const REAL *a, size_t a_row, size_t a_col,
               const REAL *b, size_t b_row, size_t b_col, REAL *c, size_t ldc) {
    const micro_kernel mk = best_micro_kernel();
    const size_t kc = smaller(k, KC), room_a = round_up(smaller(m, MC), mk.rows) * kc;
    const size_t room_b = round_up(smaller(n, NC), mk.columns) * kc;
    if (!m || !n || !k) return 0;
    REAL *pa = malloc((room_a + room_b) * sizeof *pa);
    if (!pa) return -8;
    REAL *pb = pa + room_a;
    for (size_t j = 0; j < n; j += NC)
        for (size_t p = 0; p < k; p += KC) {
            const size_t w = smaller(NC, n - j), depth = smaller(KC, k - p);
            pack(w, depth, mk.columns, b + p * b_row + j * b_col, b_col, b_row, pb);
            for (size_t i = 0; i < m; i += MC) {
                const size_t h = smaller(MC, m - i);
                pack(h, depth, mk.rows, a + i * a_row + p * a_col, a_row, a_col, pa);
                multiply_block(&mk, h, w, depth, pa, pb, c + i * ldc + j, ldc);
            }
        }
    free(pa);
    return 0;
}

int NAME(dense)(const gull_dense_shape *s, size_t rows, const REAL *w, const REAL *x,
                REAL *y) {
    return NAME(gemm)(rows, s->out, s->in, x, s->in, 1, w, s->out_major ? 1 : s->out,
                      s->out_major ? s->in : 1, y, s->out);
}

int NAME(dense_back)(const gull_dense_shape *s, size_t rows, const REAL *w, const REAL *dy,
                     REAL *dx) {
    return NAME(gemm)(rows, s->in, s->out, dy, s->out, 1, w, s->out_major ? s->in : 1,
                      s->out_major ? 1 : s->out, dx, s->in);
}
