/* reduce_range.h - after reduce.h: an interval of each group's number.  The including file
 * defines
 *   static void range_of(const double *lo, const double *hi, at, n, double *out);
 *       out[0] and out[1] bound `reduced` for numbers between lo and hi; preset: infinite */
#include "graph/ops/outward.h"

static void range_of(const double *lo, const double *hi, const size_t *at, size_t n,
                     double *out);

static int range_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                          const double *const *hi, double *out_lo, double *out_hi) {
    const axes *a = &((const reduction *)n->state)->axes;
    (void)g;
    for (size_t j = 0; j < a->groups; j++) {
        double out[2] = {-INFINITY, INFINITY};
        range_of(lo[n->in[0]] + a->group[j], hi[n->in[0]] + a->group[j], a->member,
                 a->members, out);
        out_lo[j] = out[0];
        out_hi[j] = out[1];
    }
    return GULL_OK;
}
