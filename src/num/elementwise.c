/* elementwise.c - ReLU, residual sums and their gradients in one pass over memory; one
 * compilation for each vector length. */
#include "num/elementwise.h"
#include <string.h>

#define LOOPS(name, attribute)                                                           \
    attribute static void relu_##name(size_t n, const float *a, float top, float *to) {  \
        for (size_t i = 0; i < n; i++) {                                                 \
            const float v = a[i] > 0 ? a[i] : 0;                                         \
            to[i] = v < top ? v : top;                                                   \
        }                                                                                \
    }                                                                                    \
    attribute static void sum_##name(size_t n, const float *a, const float *b,           \
                                     float *to) {                                        \
        for (size_t i = 0; i < n; i++) to[i] = a[i] + b[i];                              \
    }                                                                                    \
    attribute static void sum_relu_##name(size_t n, const float *a, const float *b,      \
                                          float top, float *to) {                        \
        for (size_t i = 0; i < n; i++) {                                                 \
            const float sum = a[i] + b[i], v = sum > 0 ? sum : 0;                        \
            to[i] = v < top ? v : top;                                                   \
        }                                                                                \
    }                                                                                    \
    attribute static void mask_##name(size_t n, const float *a, const float *y,          \
                                      float top, float *to) {                            \
        for (size_t i = 0; i < n; i++) {                                                 \
            const float v = y[i] > 0 ? a[i] : 0;                                         \
            to[i] = y[i] < top ? v : 0;                                                  \
        }                                                                                \
    }                                                                                    \
    attribute static void sum_mask_##name(size_t n, const float *a, const float *b,      \
                                          const float *y, float top, float *to) {        \
        for (size_t i = 0; i < n; i++) {                                                 \
            const float sum = a[i] + b[i], v = y[i] > 0 ? sum : 0;                       \
            to[i] = y[i] < top ? v : 0;                                                  \
        }                                                                                \
    }

LOOPS(plain, )
#if defined(__x86_64__)
LOOPS(avx2, __attribute__((target("avx2"))))
LOOPS(avx512, __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq"))))

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq");
}
#define RUN(loop, ...)                                                                   \
    do {                                                                                 \
        if (has_avx512())                                                                \
            loop##_avx512(__VA_ARGS__);                                                  \
        else if (__builtin_cpu_supports("avx2"))                                         \
            loop##_avx2(__VA_ARGS__);                                                    \
        else                                                                             \
            loop##_plain(__VA_ARGS__);                                                   \
    } while (0)
#else
#define RUN(loop, ...) loop##_plain(__VA_ARGS__)
#endif

void gull__add_relu(size_t n, const float *a, const float *b, bool relu, float top,
                    float *to) {
    if (b && relu)
        RUN(sum_relu, n, a, b, top, to);
    else if (b)
        RUN(sum, n, a, b, to);
    else
        RUN(relu, n, a, top, to);
}

void gull__add_mask(size_t n, const float *a, const float *b, const float *y, float top,
                    float *to) {
    if (b && y)
        RUN(sum_mask, n, a, b, y, top, to);
    else if (b)
        RUN(sum, n, a, b, to);
    else if (y)
        RUN(mask, n, a, y, top, to);
    else
        memcpy(to, a, n * sizeof *to);
}
