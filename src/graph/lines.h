/* lines.h - linear relaxations of activation functions, for the `interval` and `lines` of
 * graph/ops/.  Every line holds for all reals of its interval: slopes are arbitrary, the
 * shifts are rounded outward. */
#ifndef GULL_LINES_H
#define GULL_LINES_H
#include "graph/graph.h"

/* An increasing function that is convex below 0, concave above, with
 * f(x) + f(-x) = sum, e.g. the logistic function and tanh. */
typedef struct gull_s_shape {
    double (*value)(double x);
    double (*slope)(double x); /* f'(x) */
    double error;              /* relative error of value and slope as computed */
    double low, high;          /* f(-inf), f(inf) */
} gull_s_shape;

extern const gull_s_shape gull__logistic, gull__tanh;

void gull__relu_interval(size_t n, const double *lo, const double *hi, double *out_lo,
                         double *out_hi);
/* max(x, 0) <= slope x + shift on [l, u], l < 0 < u. */
void gull__relu_chord(double l, double u, double *slope, double *shift);
void gull__relu_lines(size_t n, const double *lo, const double *hi, gull_lines *out);
void gull__s_shape_interval(const gull_s_shape *, size_t n, const double *lo,
                            const double *hi, double *out_lo, double *out_hi);
void gull__s_shape_lines(const gull_s_shape *, size_t n, const double *lo, const double *hi,
                         gull_lines *out);
#endif
