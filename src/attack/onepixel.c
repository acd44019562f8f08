/* onepixel.c - a few pixels found by differential evolution over their places and values, by
 * scores alone: Su, Vargas and Sakurai 2019 (section 3).  A pixel is all channels of one
 * position; in a table it is one feature.  One pixel is tried first, then two, and so on. */
#include "attack/witness.h"
#include <string.h>

typedef struct options {
    double pixels, population, generations, scale;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, pixels, 3, 1, 1000, "most pixels tried"),
    GULL_PARAM(options, population, 100, 4, 1e6, "members of a generation"),
    GULL_PARAM(options, generations, 30, 1, 1e6, "generations for each number of pixels"),
    GULL_PARAM(options, scale, 0.5, 0, 2, "weight of a difference"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    size_t channels, rows, columns; /* a table: 1, 1, features */
    size_t genes;                   /* of a pixel: row, column, a value a channel; 0..1 */
    size_t pixels;
    double *gene, *child, *value; /* population x pixels x genes, one, population */
    double *x, *scores;
    gull_best best;
} state;

static size_t cell(double gene, size_t n) {
    const double at = floor(gene * (double)n);
    return at >= (double)n ? n - 1 : (size_t)at;
}

/* The whole of a feature's box; where that is open, |x0| or 1 around x0. */
static double feature_value(const gull_space *s, size_t i, double gene) {
    const double width = s->hi[i] - s->lo[i];
    if (isfinite(width)) return s->lo[i] + gene * width;
    const double to = s->x0[i] + (2 * gene - 1) * 2 * fmax(fabs(s->x0[i]), 1);
    return fmin(fmax(to, s->lo[i]), s->hi[i]);
}

static void paint(const gull_space *s, const state *t, const double *member, double *x) {
    memcpy(x, s->x0, s->dim * sizeof *x);
    for (size_t p = 0; p < t->pixels; p++, member += t->genes)
        for (size_t c = 0; c < t->channels; c++) {
            const size_t i = (c * t->rows + cell(member[0], t->rows)) * t->columns +
                             cell(member[1], t->columns);
            if (s->lo[i] < s->hi[i] && !isnan(s->x0[i]))
                x[i] = feature_value(s, i, member[2 + c]);
        }
}

static int judge(gull_run *run, state *t, const double *member, double *value) {
    const gull_problem *p = gull_run_problem(run);
    paint(&p->space, t, member, t->x);
    TRY(gull_ask_scores(run, t->x, t->scores));
    *value = gull_goal_value(&p->goal, t->scores, gull_run_classes(run), NULL);
    return *value > 0 ? gull__best_offer(&t->best, run, t->x) : GULL_OK;
}

static size_t draw(gull_run *run, size_t n) { return cell(gull_run_uniform(run), n); }

/* child := a + scale (b - c); what leaves 0..1 is turned back. */
static void breed(gull_run *run, state *t, size_t members) {
    const size_t length = t->pixels * t->genes;
    const double *a = t->gene + draw(run, members) * length;
    const double *b = t->gene + draw(run, members) * length;
    const double *c = t->gene + draw(run, members) * length;
    for (size_t k = 0; k < length; k++) {
        const double to = a[k] + t->o->scale * (b[k] - c[k]);
        t->child[k] = to < 0 || to > 1 ? gull_run_uniform(run) : to;
    }
}

static int evolve(gull_run *run, state *t) {
    const size_t members = (size_t)t->o->population, length = t->pixels * t->genes;
    for (size_t k = 0; k < members * length; k++) t->gene[k] = gull_run_uniform(run);
    for (size_t m = 0; m < members; m++)
        TRY(judge(run, t, t->gene + m * length, t->value + m));
    for (double i = 0; i < t->o->generations && isinf(t->best.cost); i++)
        for (size_t m = 0; m < members; m++) {
            double value;
            breed(run, t, members);
            TRY(judge(run, t, t->child, &value));
            if (!(value > t->value[m])) continue;
            t->value[m] = value;
            memcpy(t->gene + m * length, t->child, length * sizeof *t->gene);
        }
    return GULL_OK;
}

static int search(gull_run *run, state *t) {
    for (t->pixels = 1; (double)t->pixels <= t->o->pixels; t->pixels++) {
        TRY(evolve(run, t));
        if (isfinite(t->best.cost)) break;
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const size_t dim = gull_run_problem(run)->space.dim, *shape = gull_run_shape(run);
    const options *o = opt;
    state t = {.o = o, .channels = 1, .rows = 1, .columns = dim};
    if (shape && shape[0] * shape[1] * shape[2] == dim) {
        t.channels = shape[0];
        t.rows = shape[1];
        t.columns = shape[2];
    }
    t.genes = 2 + t.channels;
    const size_t length = (size_t)o->pixels * t.genes, members = (size_t)o->population;
    t.gene = gull_run_scratch(run, members * length * sizeof *t.gene);
    t.child = gull_run_scratch(run, length * sizeof *t.child);
    t.value = gull_run_scratch(run, members * sizeof *t.value);
    t.x = gull_run_scratch(run, dim * sizeof *t.x);
    t.scores = gull_run_scratch(run, (size_t)gull_run_classes(run) * sizeof *t.scores);
    if (!t.gene || !t.child || !t.value || !t.x || !t.scores) return GULL_ENOMEM;
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, dim ? search(run, &t) : GULL_OK, 0);
}

const gull_method gull_attack_onepixel = {
    .name = "onepixel",
    .summary = "one pixel, or a few, by differential evolution",
    .cite = "Su, Vargas and Sakurai 2019, arXiv:1710.08864, section 3",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L0),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
