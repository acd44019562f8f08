/* curve.h - bounds of a function of one variable that is continuous, and on each of a few
 * pieces monotone and either convex, concave or straight.  Every bound holds for all reals
 * of its interval (curve.c says why). */
#ifndef GULL_CURVE_H
#define GULL_CURVE_H
#include "graph/lines.h"

enum { GULL_KNOTS = 6 };
typedef enum {
    GULL_STRAIGHT,
    GULL_CONVEX,
    GULL_CONCAVE,
    GULL_FLAT,  /* a constant, without error where `off` is 0 */
    GULL_LINEAR /* slope times x; the slope without error */
} gull_bend;

typedef struct gull_curve gull_curve;
struct gull_curve {
    double (*value)(const gull_curve *, double x);
    double (*slope)(const gull_curve *, double x); /* of CONCAVE and CONVEX pieces, inside */
    const void *parameters;  /* of value and slope */
    double error, off;       /* relative and absolute error of both as computed */
    double from, to;         /* where the pieces hold; elsewhere only low and high do */
    double low, high;        /* of all its values; where it has none, one is infinite */
    int knots;               /* where its pieces meet, ascending */
    double knot[GULL_KNOTS];
    gull_bend bend[GULL_KNOTS + 1];
};

/* One straight piece everywhere, no error: what the operators start from. */
extern const gull_curve gull__curve;
/* The next piece starts at x; an infinite or falling x is passed over (the first piece at
 * -INFINITY gets its bend so). */
void gull__curve_piece(gull_curve *, double x, gull_bend);

void gull__curve_interval(const gull_curve *, double lo, double hi, double *out_lo,
                          double *out_hi);
/* Into entry k of `out`. */
void gull__curve_lines(const gull_curve *, double lo, double hi, gull_lines *out, size_t k);
#endif
