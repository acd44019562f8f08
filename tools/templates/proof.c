/* xyz.c - TEMPLATE: what it proves, the paper and section, why it is sound in floating point.
 * As it stands: for linear structure, the distance to the nearest rival's half-space. */
#include "core/plugin.h"
#include <float.h>

/* The least cost at which class k can catch up with the label.  The margin's rounding error is
 * at most (dim + 2) units of the sum of magnitudes: it is taken off. */
static double distance_to(const gull_problem *p, const gull_linear *m, int k, double *a) {
    const gull_space *s = &p->space;
    const double *wk = m->w + (size_t)k * m->dim, *wy = m->w + (size_t)p->goal.label * m->dim;
    double margin = m->b[p->goal.label] - m->b[k], size = fabs(m->b[k]) + fabs(m->b[p->goal.label]);
    for (size_t i = 0; i < m->dim; i++) {
        a[i] = wk[i] - wy[i];
        margin -= a[i] * s->x0[i];
        size += fabs(a[i] * s->x0[i]);
    }
    const double slack = ((double)m->dim + 4) * DBL_EPSILON * size;
    return p->cost->halfspace(s, a, margin - slack, NULL) * (1 - 1e-9);
}

static int run(gull_run *r, const void *opt) {
    (void)opt;
    const gull_problem *p = gull_run_problem(r);
    const gull_linear *m = gull_ask_structure(r, GULL_CAN_LINEAR);
    if (!m) return GULL_EACCESS;
    double *a = gull_run_scratch(r, m->dim * sizeof *a), least = INFINITY;
    if (!a) return GULL_ENOMEM;
    for (int k = 0; k < m->classes; k++)
        if (gull_goal_is_rival(&p->goal, k)) least = fmin(least, distance_to(p, m, k, a));
    return gull_bounded(r, least);
}

const gull_method gull_proof_xyz = {.name = "xyz",
                                    .summary = "one line for `gull list proofs`",
                                    .cite = "Author year, title, section",
                                    .needs = GULL_CAN_LINEAR,
                                    .goals = 1u << GULL_MISS,
                                    .costs = GULL_ANY,
                                    .stage = 70,
                                    .run = run};
