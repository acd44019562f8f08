/* reduce_extreme.h - ReduceMax (SIGN 1) and ReduceMin (SIGN -1); the gradient goes to the
 * first extreme number.  Bounds (of ReduceMax; ReduceMin is -ReduceMax(-x)): the greatest is
 * at least the number with the greatest lower bound L, and at most L plus the chords of
 * max(x - L, 0) of those that may exceed L, or the greatest upper bound. */
#include "graph/lines.h"
#include "graph/ops/reduce.h"

static size_t extreme(const real *x, const size_t *at, size_t n) {
    size_t best = at[0];
    for (size_t k = 1; k < n; k++)
        if (SIGN * x[at[k]] > SIGN * x[best]) best = at[k];
    return best;
}

static real reduced(const real *x, const size_t *at, size_t n) { return x[extreme(x, at, n)]; }

static void spread(const real *x, const size_t *at, size_t n, real y, real dy, real *dx) {
    (void)y;
    dx[extreme(x, at, n)] += dy;
}

/* For ReduceMin the two ends change places. */
static const double *near_end(const double *lo, const double *hi) { return SIGN > 0 ? lo : hi; }
static const double *far_end(const double *lo, const double *hi) { return SIGN > 0 ? hi : lo; }

static double farthest(const double *x, const size_t *at, size_t n) {
    double most = SIGN * x[at[0]];
    for (size_t k = 1; k < n; k++) most = fmax(most, SIGN * x[at[k]]);
    return SIGN * most;
}

static size_t best_of(const double *near, const size_t *at, size_t n) {
    size_t best = at[0];
    for (size_t k = 1; k < n; k++)
        if (SIGN * near[at[k]] > SIGN * near[best]) best = at[k];
    return best;
}

/* Of SIGN x: the extreme is at most the sum of slope[k] SIGN x[at[k]] and the shift. */
enum { OPEN_AT_MOST = 4 };
typedef struct far_line {
    double slope[OPEN_AT_MOST], shift;
    size_t at[OPEN_AT_MOST];
    int count;
} far_line;

static far_line line_of(const double *near, const double *far, size_t best, const size_t *at,
                        size_t n) {
    const double least = SIGN * near[best], top = SIGN * farthest(far, at, n);
    const far_line constant = {.shift = top};
    far_line line = {.shift = least};
    double middle = least, size = fabs(least);
    size_t rivals = 0;
    for (size_t k = 0; k < n; k++) {
        const double lo = SIGN * near[at[k]], hi = SIGN * far[at[k]];
        if (!(hi > least)) continue;
        if (line.count == OPEN_AT_MOST) return constant;
        const double off = (fabs(hi) + fabs(lo) + fabs(least)) * 0x1p-50 + 1e-300;
        double *slope = &line.slope[line.count], shift;
        gull__relu_chord(fmin(lo - least, 0) - off, hi - least + off, slope, &shift);
        line.shift += shift - *slope * least;
        line.at[line.count++] = at[k];
        middle += (hi - least) / 2;
        size += fabs(shift) + fabs(least);
        rivals += at[k] != best;
    }
    line.shift += size * 0x1p-48;
    if (!rivals) return (far_line){{1}, 0, {best}, 1};
    return middle < top ? line : constant;
}

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const axes *a = &((const reduction *)n->state)->axes;
    (void)g;
    for (size_t j = 0; j < a->groups; j++) {
        const double *l = lo[n->in[0]] + a->group[j], *h = hi[n->in[0]] + a->group[j];
        const double near = near_end(l, h)[best_of(near_end(l, h), a->member, a->members)];
        const double far = farthest(far_end(l, h), a->member, a->members);
        out_lo[j] = SIGN > 0 ? near : far;
        out_hi[j] = SIGN > 0 ? far : near;
    }
    return GULL_OK;
}

static int backward_lines(const gull_node *n, const gull_graph *g, const double *lo,
                          const double *hi, size_t rows, const double *a, double *in_a,
                          double *shift) {
    const axes *x = &((const reduction *)n->state)->axes;
    const size_t size = gull_in(g, n, 0)->size;
    for (size_t j = 0; j < x->groups; j++) {
        const double *l = lo + x->group[j], *h = hi + x->group[j];
        const double *near = near_end(l, h), *far = far_end(l, h);
        const size_t best = best_of(near, x->member, x->members);
        const far_line line = line_of(near, far, best, x->member, x->members);
        for (size_t r = 0; r < rows; r++) {
            const double v = a[r * x->groups + j];
            double *to = in_a + r * size + x->group[j];
            if (SIGN * v >= 0) {
                to[best] += v;
                continue;
            }
            shift[r] += v * SIGN * line.shift;
            for (int i = 0; i < line.count; i++) to[line.at[i]] += v * line.slope[i];
        }
    }
    return GULL_OK;
}
