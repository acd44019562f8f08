/* square.c - random search by scores alone: a window's change is replaced by a new one and
 * kept when that helps (Andriushchenko et al. 2020, "Square Attack", algorithms 1 to 3; L1:
 * Croce and Hein 2021, "Mind the box", section 5).  Windows are squares of a picture, all
 * channels, or random sets of a table's features; their size follows the paper's schedule.
 * Linf: to the ends of ball and box; a window that would change nothing is drawn again and
 * costs no question.  L2 and L1: the windows' mass moves from one to another. */
#include "attack/losses.h"
#include "attack/patch.h"
#include "attack/radii.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <stdlib.h>
#include <string.h>

typedef struct options {
    double queries, p, restarts, refine, halvings;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, queries, 5000, 1, 1e9, "questions per radius and start"),
    GULL_PARAM(options, p, 0.8, 1e-6, 1, "share of the features in the first windows"),
    GULL_PARAM(options, restarts, 1, 1, 1e6, "random starts"),
    GULL_PARAM(options, refine, 3, 0, 60, "radii tried below the first that fools"),
    GULL_PARAM(options, halvings, 10, 0, 60, "questions to draw a witness in"),
    GULL_PARAM_END};

typedef struct search {
    const options *o;
    gull_run *run;
    gull_patches patches;
    double radius, *x, *y, *scores;
    double *high, *low; /* linf: the ends; l2 and l1: `high` is the change, in cost units */
    double value;       /* of x; y is the candidate */
    double distance;    /* of the witness; INFINITY: none yet */
} search;

static double share(const options *o, double i) {
    static const double until[] = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};
    double p = o->p;
    for (size_t k = 0; k < sizeof until / sizeof *until && i > until[k]; k++) p /= 2;
    return p;
}

/* Asks about y and keeps it when it is better. */
static int try_candidate(search *s, bool first) {
    const gull_problem *p = gull_run_problem(s->run);
    const int classes = gull_run_classes(s->run);
    const int word = p->goal.kind == GULL_MISS ? GULL_LOSS_MARGIN : GULL_LOSS_CE;
    TRY(gull_ask_scores(s->run, s->y, s->scores));
    const gull_loss loss = gull__loss(&p->goal, word);
    const double value = loss.fn(loss.arg, s->scores, classes, NULL);
    const bool fools = gull_goal_value(&p->goal, s->scores, classes, NULL) > 0;
    if (!first && !fools && !(value > s->value)) return GULL_OK;
    double *const was = s->x;
    s->x = s->y;
    s->y = was;
    s->value = value;
    if (!fools) return GULL_OK;
    memcpy(s->y, s->x, p->space.dim * sizeof *s->y);
    return gull__claim(s->run, s->y, (int)s->o->halvings, &s->distance);
}

/* ---- Linf ---- */

static bool coin(gull_run *run) { return gull_run_random(run) >> 63; }

/* A picture: one side for each column and channel; a table: for each feature. */
static void stripes(search *s) {
    const gull_patches *w = &s->patches;
    for (size_t c = 0; c < w->planes; c++)
        for (size_t j = 0; j < w->width; j++) {
            const bool up = coin(s->run);
            for (size_t i = 0; i < w->height; i++) {
                const size_t k = (c * w->height + i) * w->width + j;
                s->y[k] = up ? s->high[k] : s->low[k];
            }
        }
}

/* Does y differ from x? */
static bool flip_window(search *s, const gull_patch *at) {
    const gull_patches *w = &s->patches;
    bool differs = false;
    for (size_t c = 0; c < w->planes; c++) {
        bool up = coin(s->run);
        for (size_t i = 0; i < at->count; i++) {
            const size_t k = c * w->plane + at->index[i];
            if (w->table) up = coin(s->run);
            s->y[k] = up ? s->high[k] : s->low[k];
            differs |= s->y[k] != s->x[k];
        }
    }
    return differs;
}

static int climb_linf(search *s) {
    enum { REDRAWS = 50 };
    const gull_problem *p = gull_run_problem(s->run);
    for (size_t i = 0; i < p->space.dim; i++) {
        s->high[i] = s->low[i] = p->space.x0[i];
        s->high[i] += 2 * s->radius / gull__patch_weight(&p->space, i);
        s->low[i] -= 2 * s->radius / gull__patch_weight(&p->space, i);
    }
    p->cost->project(&p->space, s->high, s->radius);
    p->cost->project(&p->space, s->low, s->radius);
    stripes(s);
    TRY(try_candidate(s, true));
    for (double i = 0; i < s->o->queries && isinf(s->distance); i++) {
        bool differs = false;
        for (int draw = 0; draw < REDRAWS && !differs; draw++) {
            memcpy(s->y, s->x, p->space.dim * sizeof *s->y);
            gull__patch_draw(s->run, &s->patches, share(s->o, i), 1);
            differs = flip_window(s, &s->patches.first);
        }
        TRY(try_candidate(s, false));
    }
    return GULL_OK;
}

/* ---- L2 and L1 ---- */

/* y: the change scaled to the radius (l2) or projected (l1). */
static void change_to_point(search *s) {
    const gull_problem *p = gull_run_problem(s->run);
    const gull_space *space = &p->space;
    double scale = 1, sum = 0;
    if (p->cost == gull_costs[GULL_L2]) {
        for (size_t i = 0; i < space->dim; i++) sum += s->high[i] * s->high[i];
        scale = sum > 0 ? s->radius * (1 - 1e-9) / sqrt(sum) : 0;
    }
    for (size_t i = 0; i < space->dim; i++) {
        const double d = scale * s->high[i] / gull__patch_weight(space, i);
        s->y[i] = space->lo[i] < space->hi[i] ? space->x0[i] + d : space->x0[i];
    }
    p->cost->project(space, s->y, s->radius);
}

static void point_to_change(search *s) {
    const gull_space *space = &gull_run_problem(s->run)->space;
    for (size_t i = 0; i < space->dim; i++) {
        const double d = s->x[i] - space->x0[i];
        s->high[i] = isnan(d) ? 0 : d * gull__patch_weight(space, i);
    }
}

static int climb_mass(search *s) {
    const gull_problem *p = gull_run_problem(s->run);
    const bool l2 = p->cost == gull_costs[GULL_L2];
    memset(s->high, 0, p->space.dim * sizeof *s->high);
    gull__patch_tiles(s->run, &s->patches, s->high);
    change_to_point(s);
    TRY(try_candidate(s, true));
    for (double i = 0; i < s->o->queries && isinf(s->distance); i++) {
        gull__patch_draw(s->run, &s->patches, share(s->o, i), 3);
        point_to_change(s);
        gull__patch_move_mass(s->run, &s->patches, s->radius, l2, s->high);
        change_to_point(s);
        TRY(try_candidate(s, false));
    }
    return GULL_OK;
}

/* ---- Radii ---- */

static int attempt(gull_run *run, void *payload, double radius, double *distance) {
    search *s = payload;
    const bool linf = gull_run_problem(run)->cost == gull_costs[GULL_LINF];
    s->radius = radius;
    s->distance = INFINITY;
    for (double i = 0; i < s->o->restarts && isinf(s->distance); i++)
        TRY(linf ? climb_linf(s) : climb_mass(s));
    *distance = s->distance;
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim;
    double *v = gull_run_scratch(run, (4 * dim + (size_t)gull_run_classes(run)) * sizeof *v);
    search s = {.o = opt, .run = run, .x = v};
    if (!v) return GULL_ENOMEM;
    s.y = v + dim;
    s.high = v + 2 * dim;
    s.low = v + 3 * dim;
    s.scores = v + 4 * dim;
    TRY(gull__patches_new(&s.patches, run));
    if (!s.patches.plane) return GULL_OK; /* nothing may change */
    const gull_radii how = {.refine = (int)s.o->refine, .down = true};
    return gull__search_radii(run, &how, attempt, &s);
}

const gull_method gull_attack_square = {
    .name = "square",
    .summary = "random search over windows, by scores alone",
    .cite = "Andriushchenko et al. 2020, arXiv:1912.00049; Croce and Hein 2021, arXiv:2103.01208",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1) | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
