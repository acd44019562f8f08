/* linear.h - makes linear models: scores = w x + b. */
#ifndef GULL_LINEAR_H
#define GULL_LINEAR_H
#include "core/plugin.h"

/* Takes w (classes x dim) and b (classes), both malloc'd, whatever it returns; the arrays
 * of `facts` only on success.  facts->f32: scores are computed in float32 from float32
 * inputs (ONNX), else in double, each row from left to right and the bias last
 * (LIBLINEAR). facts->classes >= 2. */
int gull__linear_new(gull_model **out, const gull_model_facts *facts, double *w,
                     double *b);

/* b + the sum of w_i x_i as if computed in twice the precision, rounded once (Dot2 of
 * Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26(6), 2005). */
double gull__dot_exactly(const double *w, const double *x, size_t n, double b);
#endif
