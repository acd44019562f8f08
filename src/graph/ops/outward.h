/* outward.h - rounding of bounds, and the sizes of numbers in an interval. */
#ifndef GULL_OUTWARD_H
#define GULL_OUTWARD_H
#include <float.h>
#include <math.h>
#include <stddef.h>

/* Outward by the rounding of n additions of numbers of one sign, and of each of them. */
static inline double below(double v, size_t n) {
    return v - fabs(v) * (double)(n + 16) * 0x1p-52 - DBL_MIN;
}
static inline double above(double v, size_t n) {
    return v + fabs(v) * (double)(n + 16) * 0x1p-52 + DBL_MIN;
}

static inline double least_size(double lo, double hi) {
    return lo > 0 ? lo : hi < 0 ? -hi : 0;
}
static inline double greatest_size(double lo, double hi) { return fmax(-lo, hi); }
#endif
