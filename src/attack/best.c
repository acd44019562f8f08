/* best.c - gull's default attack: other attacks as its parts, cheapest first, each starting
 * from what the ones before it found.  It stops a row as soon as a proof meets the witness or
 * independent attacks end at the same distance, and spends the rest next to the asked
 * distances, where the decision is.  The idea of an ensemble that reports the worst case per
 * input is AutoAttack's (Croce and Hein 2020, "Reliable evaluation"); the order is by what
 * each part gained for its price on small networks (doc/design.md). */
#include "attack/losses.h"
#include "core/plugin.h"

enum { DEEPFOOL, FMN, DDN, PGD, PARTS };
static const char *const parts[] = {"deepfool", "fmn", "ddn", "pgd", NULL};

typedef struct options {
    double agree;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, agree, 0.02, 0, 1,
               "independent attacks agree when they end so close to each other, relatively"),
    GULL_PARAM_END};

typedef struct state {
    gull_run *run;
    const options *o;
    double upper[PARTS]; /* what each part reached by itself */
} state;

/* How many parts ended within `agree` of the row's witness by themselves. */
static int agreeing(const state *s) {
    int count = 0;
    for (int k = 0; k < PARTS; k++)
        count += isfinite(s->upper[k]) &&
                 s->upper[k] <= gull_run_upper(s->run) * (1 + s->o->agree);
    return count;
}

static int go(state *s, int k, const gull_effort *effort) {
    gull_gain gain;
    TRY(gull_run_part(s->run, (size_t)k, effort, &gain));
    s->upper[k] = fmin(s->upper[k], gain.upper);
    return GULL_OK;
}

/* Runs the part unless there is a reason not to. */
static int unless_done(state *s, int k) {
    gull_skip why = GULL_RAN;
    if (gull_run_settled(s->run)) why = GULL_SKIP_SETTLED;
    else if (agreeing(s) >= 2) why = GULL_SKIP_AGREED;
    if (why == GULL_RAN || gull_run_thorough(s->run)) return go(s, k, NULL);
    gull_run_skip(s->run, (size_t)k, why);
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    state s = {.run = run, .o = opt};
    for (int k = 0; k < PARTS; k++) s.upper[k] = INFINITY;
    for (int k = 0; k < PARTS; k++) TRY(unless_done(&s, k));
    return GULL_OK;
}

const gull_method gull_attack_best = {
    .name = "best",
    .summary = "the default: other attacks in turn, until they agree",
    .cite = "after Croce and Hein 2020, arXiv:2003.01690",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 45,
    .params = params,
    .options_size = sizeof(options),
    .run = run,
    .parts = parts};
