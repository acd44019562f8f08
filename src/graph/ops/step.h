/* step.h - functions that rise in steps.  Their gradient is zero wherever it exists; the one
 * given here is that of a smooth stand-in, the straight-through gradient: Athalye, Carlini
 * and Wagner, "Obfuscated Gradients Give a False Sense of Security" (ICML 2018), section
 * 4.1.1 (BPDA).  Beside value_of and slope_of the including file defines BELOW and ABOVE,
 * x + BELOW <= f(x) <= x + ABOVE. */
#include "graph/ops/elementwise.h"

/* A step function knows no rounding. */
static void interval_of(attributes a, size_t n, const double *lo, const double *hi,
                        double *out_lo, double *out_hi) {
    for (size_t i = 0; i < n; i++) {
        out_lo[i] = (double)value_of(a, (real)lo[i]);
        out_hi[i] = (double)value_of(a, (real)hi[i]);
    }
}

/* Up to one step: constants; beyond, the two lines that all steps lie between. */
static void lines_of(attributes a, size_t n, const double *lo, const double *hi,
                     gull_lines *out) {
    interval_of(a, n, lo, hi, out->lower_shift, out->upper_shift);
    for (size_t i = 0; i < n; i++) {
        const bool many = out->upper_shift[i] - out->lower_shift[i] > ABOVE - (BELOW);
        out->lower_slope[i] = out->upper_slope[i] = many;
        if (many) out->lower_shift[i] = BELOW, out->upper_shift[i] = ABOVE;
    }
}

static unsigned step_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_ELEMENTWISE | GULL_OP_STRAIGHT;
}

#define GULL_STEP_OP(id, title, text, first_opset)                                       \
    GULL_ELEMENTWISE_OP_WITH(id, title, text, first_opset, .prepare = elementwise_prepare, \
                             .traits = step_traits)
