/* best.c - gull's default attack: other attacks as its parts, cheapest first, each starting
 * from what the ones before it found.  It stops a row as soon as a proof meets the witness or
 * independent attacks gain nothing more, and spends the rest next to the asked distances,
 * where the decision is.  The idea of an ensemble that reports the worst case per input is
 * AutoAttack's (Croce and Hein 2020, "Reliable evaluation"); the order is by what each part
 * gained for its price on small networks (doc/design.md). */
#include "attack/losses.h"
#include "core/plugin.h"

enum { DEEPFOOL, FMN, DDN, APGD, FMN_TARGET, PGD, PARTS };
static const char *const parts[] = {[DEEPFOOL] = "deepfool",
                                    [FMN] = "fmn",
                                    [DDN] = "ddn",
                                    [APGD] = "apgd:targets=3,refine=4",
                                    [FMN_TARGET] = "fmn:steps=60",
                                    [PGD] = "pgd",
                                    [PARTS] = NULL};
enum { TARGETS = 3 };

typedef struct options {
    double gain, quiet;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, gain, 0.01, 0, 1, "a part gains when it comes so much closer, relatively"),
    GULL_PARAM(options, quiet, 2, 1, 100, "stop after so many parts in a row without gain"),
    GULL_PARAM_END};

typedef struct state {
    gull_run *run;
    const options *o;
    double quiet; /* parts in a row without gain, since there is a witness */
    int rival[TARGETS], rivals;
} state;

/* ---- Rivals, nearest first ---- */

/* The cost of reaching each rival's boundary on the model linearised at x0. */
static int rank_rivals(state *s) {
    gull_run *run = s->run;
    const gull_problem *p = gull_run_problem(run);
    double *g = gull_run_scratch(run, p->space.dim * sizeof *g), value, cost[TARGETS];
    if (!g) return GULL_ENOMEM;
    s->rivals = 0;
    if (p->goal.kind != GULL_MISS) return GULL_OK;
    for (int c = 0; c < gull_run_classes(run); c++) {
        const gull_pair pair = {c, p->goal.label};
        if (c == p->goal.label) continue;
        TRY(gull_ask_gradient(run, p->space.x0, gull__pair_loss(&pair), NULL, &value, g));
        double way = p->cost->halfspace(&p->space, g, -value, NULL);
        for (int k = 0, put = c; k < TARGETS; k++) {
            if (k < s->rivals && !(way < cost[k])) continue;
            const double out = k < s->rivals ? cost[k] : 0;
            const int was = k < s->rivals ? s->rival[k] : -1;
            cost[k] = way;
            s->rival[k] = put;
            if (was < 0) {
                s->rivals++;
                break;
            }
            way = out;
            put = was;
        }
    }
    return GULL_OK;
}

/* ---- Parts ---- */

static int go(state *s, int k, const gull_effort *effort) {
    const double before = gull_run_upper(s->run);
    TRY(gull_run_part(s->run, (size_t)k, effort, NULL));
    const double after = gull_run_upper(s->run);
    s->quiet = after < before * (1 - s->o->gain) ? 0 : s->quiet + isfinite(after);
    return GULL_OK;
}

static int towards_rivals(state *s) {
    for (int k = 0; k < s->rivals; k++) {
        const gull_goal goal = {GULL_TARGET, gull_run_problem(s->run)->goal.label, s->rival[k]};
        TRY(go(s, FMN_TARGET, &(gull_effort){.goal = &goal}));
    }
    return GULL_OK;
}

/* Runs the part unless there is a reason not to. */
static int unless_done(state *s, int k) {
    gull_skip why = GULL_RAN;
    if (gull_run_settled(s->run)) why = GULL_SKIP_SETTLED;
    else if (s->quiet >= s->o->quiet) why = GULL_SKIP_AGREED;
    if (why != GULL_RAN && !gull_run_thorough(s->run)) {
        gull_run_skip(s->run, (size_t)k, why);
        return GULL_OK;
    }
    return k == FMN_TARGET ? towards_rivals(s) : go(s, k, NULL);
}

static int run(gull_run *run, const void *opt) {
    state s = {.run = run, .o = opt};
    TRY(rank_rivals(&s));
    for (int k = 0; k < PARTS; k++)
        if (gull_run_has_part(run, (size_t)k)) TRY(unless_done(&s, k));
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
