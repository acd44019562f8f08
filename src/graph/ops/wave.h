/* wave.h - bounds of Sin (QUARTER 0) and Cos (QUARTER 1): knots at all multiples of pi / 2.
 * They are rounded; where they are, neither an extreme number nor a change of bend is off by
 * more than the error that is counted anyway. */
#include "graph/ops/curved.h"

static const double HALF_PI = 1.5707963267948966;

static gull_bend bend_of(double quarter) {
    return fmod(floor((quarter + QUARTER) / 2), 2) == 0 ? GULL_CONCAVE : GULL_CONVEX;
}

static void curve_of(attributes a, double lo, double hi, gull_curve *c) {
    c->low = -1;
    c->high = 1;
    c->off = 0x1p-48;
    if (!(hi - lo < 4 * HALF_PI && fabs(lo) < 1e6 && fabs(hi) < 1e6)) c->from = INFINITY;
    if (c->from == INFINITY) return; /* all that is said is low and high */
    double quarter = floor(lo / HALF_PI);
    gull__curve_piece(c, -INFINITY, bend_of(quarter));
    while (++quarter * HALF_PI < hi)
        gull__curve_piece(c, quarter * HALF_PI, bend_of(quarter));
}
