/* best.c - gull's default attack: other attacks as its parts, cheapest first, each starting
 * from what the ones before it found.  First the smallest change, by minimal-distance attacks,
 * towards the nearest rivals too, until independent ones gain nothing more; then attacks of a
 * fixed radius just below what was found and, where distances are asked, at those: all of them
 * near the decision, few or none far from it.  It stops as soon as a proof meets the witness.
 * An ensemble whose answer is the worst case per input is the idea of AutoAttack (Croce and
 * Hein 2020, "Reliable evaluation"); the order is by what each part gained for its price
 * (doc/design.md). */
#include "attack/rivals.h"
#include "core/registry.h"

enum { L0 = GULL_COST(GULL_L0), L1 = GULL_COST(GULL_L1), ALL = L0 | L1 | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF) };

/* name, spec, phase, norms in which it is worth its price unless --thorough */
#define EACH_PART(X)                                                                     \
    X(DEEPFOOL, "deepfool", ALWAYS, ALL)                                                 \
    X(FMN, "fmn", ALWAYS, ALL)                                                           \
    X(FMN_TARGET, "fmn:steps=60", MINIMAL, ALL)                                          \
    X(BB, "bb", MINIMAL, ALL)                                                            \
    X(SIGMAZERO, "sigmazero", MINIMAL, ALL)                                              \
    X(DDN, "ddn", MINIMAL, ALL)                                                          \
    X(FAB, "fab:targets=3,steps=50", MINIMAL, ALL & ~L1)                                 \
    X(PGD, "pgd:refine=0", PRESS, L0)                                                    \
    X(APGD, "apgd:refine=0", PRESS, ALL)                                                 \
    X(APGD_TARGET, "apgd:targets=3,refine=0", PRESS, ALL)                                \
    X(EAD, "ead:searches=5", MINIMAL, ALL)                                               \
    X(APGD_ALL, "apgd:targets=9,refine=0", NEAR, ALL)                                    \
    X(FAB_ALL, "fab:targets=9", NEAR, ALL)                                               \
    X(SQUARE, "square:queries=1000,refine=0", NEAR, ALL)
typedef enum { ALWAYS, MINIMAL, PRESS, NEAR } phase;
#define NAME(name, spec, phase, norms) name,
#define SPEC(name, spec, phase, norms) spec,
#define PHASE(name, spec, phase, norms) phase,
#define NORMS(name, spec, phase, norms) norms,
enum { EACH_PART(NAME) PARTS };
static const char *const parts[] = {EACH_PART(SPEC) NULL};
static const phase phase_of[] = {EACH_PART(PHASE)};
static const unsigned norms_of[] = {EACH_PART(NORMS)};

enum { RIVALS = 3 };
typedef struct options {
    double gain, quiet, near, far, press;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, gain, 0.01, 0, 1, "a part gains when it comes so much closer, relatively"),
    GULL_PARAM(options, quiet, 3, 1, 100, "independent parts in a row without gain agree"),
    GULL_PARAM(options, near, 1.25, 1, 1e6,
               "every attack is tried at an asked distance when the witness is at most so many "
               "times as far"),
    GULL_PARAM(options, far, 2, 1, 1e6,
               "none is when attacks agree on a witness over so many times as far"),
    GULL_PARAM(options, press, 0.03, 1e-6, 0.5,
               "how far below the witness radii are tried, relatively"),
    GULL_PARAM_END};

typedef struct state {
    gull_run *run;
    const options *o;
    double quiet; /* parts in a row without gain, since there is a witness */
    double zero;  /* greatest share of zero gradients that a part saw */
    int rival[RIVALS], rivals;
} state;

static bool agreed(const state *s) { return s->quiet >= s->o->quiet; }

/* ---- One part ---- */

static int go(state *s, int k, const gull_effort *effort) {
    gull_gain gain;
    TRY(gull_run_part(s->run, (size_t)k, effort, &gain));
    s->zero = fmax(s->zero, gain.zero);
    return GULL_OK;
}

static int towards_rivals(state *s, int k) {
    for (int i = 0; i < s->rivals; i++) {
        const gull_goal goal = {GULL_TARGET, gull_run_problem(s->run)->goal.label, s->rival[i],
                                0};
        TRY(go(s, k, &(gull_effort){.goal = &goal}));
    }
    return GULL_OK;
}

/* Without a witness, and no asked distance, a radius is what the part tries by itself. */
static int at(state *s, int k, double radius) {
    return go(s, k, isfinite(radius) ? &(gull_effort){.eps = &radius, .eps_count = 1} : NULL);
}

/* A grain of l0 is a feature; else a share of the distance. */
static double just_below(const state *s, double upper) {
    return upper * (1 - s->o->press);
}

static int press(state *s, int k) {
    for (int i = 0; i < 3 && !gull_run_settled(s->run); i++) {
        const double upper = gull_run_upper(s->run);
        TRY(at(s, k, just_below(s, upper)));
        if (!(gull_run_upper(s->run) < upper)) break;
    }
    return GULL_OK;
}

/* ---- The smallest change ---- */

static bool unneeded(const state *s) {
    const gull_problem *p = gull_run_problem(s->run);
    return p->eps_count && gull_run_upper(s->run) <= p->eps[0];
}

/* Another of its kind is worth more in this norm; APGD_ALL does what APGD_TARGET does. */
static bool has_twin(const state *s, int k, bool near) {
    const int norm = gull__cost_index(gull_run_problem(s->run)->cost);
    if (!(norms_of[k] & GULL_COST(norm))) return true;
    return k == APGD_TARGET && near && gull_run_has_part(s->run, APGD_ALL);
}

static gull_skip reason(const state *s, int k) {
    if (gull_run_settled(s->run)) return GULL_SKIP_SETTLED;
    if (has_twin(s, k, false)) return GULL_SKIP_TWIN;
    if (phase_of[k] == ALWAYS) return GULL_RAN;
    if (unneeded(s)) return GULL_SKIP_UNNEEDED;
    return agreed(s) ? GULL_SKIP_AGREED : GULL_RAN;
}

static int smallest(state *s, int k) {
    const double before = gull_run_upper(s->run);
    if (k == FMN_TARGET) TRY(towards_rivals(s, k));
    else if (phase_of[k] == PRESS) TRY(press(s, k));
    else TRY(go(s, k, NULL));
    const double after = gull_run_upper(s->run);
    s->quiet = after < before * (1 - s->o->gain) ? 0 : s->quiet + isfinite(after);
    return GULL_OK;
}

static int find_smallest(state *s) {
    for (int k = 0; k < PARTS; k++) {
        const gull_skip why = gull_run_thorough(s->run) ? GULL_RAN : reason(s, k);
        if (phase_of[k] == NEAR || !gull_run_has_part(s->run, (size_t)k)) continue;
        if (why) gull_run_skip(s->run, (size_t)k, why);
        else TRY(smallest(s, k));
    }
    return GULL_OK;
}

/* ---- The asked distances ---- */

/* Why nothing needs to be tried at eps by part k. */
static gull_skip decided(const state *s, int k, double eps) {
    const double upper = gull_run_upper(s->run);
    if (gull_run_settled(s->run)) return GULL_SKIP_SETTLED;
    if (upper <= eps) return GULL_SKIP_UNNEEDED;
    if (gull_run_thorough(s->run)) return GULL_RAN;
    if (isfinite(upper) && agreed(s) && upper > s->o->far * eps) return GULL_SKIP_FAR;
    const bool near = upper <= s->o->near * eps || isinf(upper) || s->zero > 0.5;
    if (has_twin(s, k, near)) return GULL_SKIP_TWIN;
    return phase_of[k] == NEAR && !near ? GULL_SKIP_FAR : GULL_RAN;
}

static int decide(state *s, double eps) {
    for (int k = 0; k < PARTS; k++) {
        if (phase_of[k] < PRESS || !gull_run_has_part(s->run, (size_t)k)) continue;
        const gull_skip why = decided(s, k, eps);
        if (why) gull_run_skip(s->run, (size_t)k, why);
        else TRY(at(s, k, eps));
    }
    return GULL_OK;
}

/* Downwards, until one resists: smaller ones then do, too. */
static int decide_all(state *s) {
    const gull_problem *p = gull_run_problem(s->run);
    for (size_t i = p->eps_count; i-- > 0;) {
        if (gull_run_upper(s->run) <= p->eps[i]) continue;
        if (p->eps[i] <= gull_run_lower(s->run)) break;
        TRY(decide(s, p->eps[i]));
        if (gull_run_upper(s->run) > p->eps[i]) break;
    }
    return GULL_OK;
}

/* Nothing asked: every attack once more, where the others found nothing or saw no gradient. */
static int last_resort(state *s) {
    const bool blind = isinf(gull_run_upper(s->run)) || s->zero > 0.5;
    for (int k = 0; k < PARTS; k++) {
        if (phase_of[k] < NEAR || !gull_run_has_part(s->run, (size_t)k)) continue;
        if (blind || gull_run_thorough(s->run)) TRY(press(s, k));
        else gull_run_skip(s->run, (size_t)k, agreed(s) ? GULL_SKIP_AGREED : GULL_SKIP_WEAKER);
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    state s = {.run = run, .o = opt};
    TRY(gull__nearest_rivals(run, RIVALS, s.rival, &s.rivals));
    TRY(find_smallest(&s));
    return p->eps_count ? decide_all(&s) : last_resort(&s);
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
