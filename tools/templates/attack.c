/* xyz.c - TEMPLATE: what it does in a line, the paper and section, its guarantee.
 * As it stands: changes one feature at a time to the ends of its box, or by doubling steps. */
#include "core/plugin.h"
#include <string.h>

typedef struct options {
    double doublings;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, doublings, 20, 1, 60, "steps tried per feature and direction"),
    GULL_PARAM_END};

/* Moves feature i by `step`, doubled until it fools or leaves the box. */
static int walk(gull_run *r, size_t i, double step, int doublings, double *x) {
    const gull_space *s = &gull_run_problem(r)->space;
    const double start = x[i];
    int status = GULL_OK;
    for (int k = 0; k < doublings && status == GULL_OK; k++, step *= 2) {
        double distance;
        x[i] = fmin(fmax(start + step, s->lo[i]), s->hi[i]);
        if (x[i] == start) break;
        status = gull_found(r, x, &distance); /* the referee asks, checks and measures */
        if (status == GULL_OK) status = gull_run_stop(r);
        if (status < 0 || isfinite(distance)) break;
    }
    x[i] = start;
    return status;
}

static int run(gull_run *r, const void *opt) {
    const options *o = opt;
    const gull_space *s = &gull_run_problem(r)->space;
    double *x = gull_run_scratch(r, s->dim * sizeof *x);
    if (!x) return GULL_ENOMEM;
    memcpy(x, s->x0, s->dim * sizeof *x);
    for (size_t i = 0; i < s->dim; i++) {
        TRY(walk(r, i, 1e-3, (int)o->doublings, x));
        TRY(walk(r, i, -1e-3, (int)o->doublings, x));
    }
    return GULL_OK;
}

const gull_method gull_attack_xyz = {.name = "xyz",
                                     .summary = "one line for `gull list attacks`",
                                     .cite = "Author year, title, section",
                                     .needs = GULL_CAN_LABELS,
                                     .goals = GULL_ANY,
                                     .costs = GULL_ANY,
                                     .stage = 80, /* audit's order, cheapest first */
                                     .params = params,
                                     .options_size = sizeof(options),
                                     .run = run};
