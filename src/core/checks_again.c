/* checks_again.c - a few rows answered again by chosen methods: one step must not beat many, a
 * larger distance must fool more (Athalye et al. 2018, section 3.1), attacks without gradients
 * must do worse, twice the steps or another start must change nothing much (Carlini et al.
 * 2019, section 4).  All rows and methods share the model's tiles. */
#include "core/checks.h"
#include "core/model.h"
#include "core/registry.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Probes ---- */

typedef struct work {
    const gull_result *r;
    const gull_model *m;
    gull_probe *probe;
    size_t count, next;
    pthread_mutex_t lock;
} work;

static size_t next_probe(void *payload) {
    work *w = payload;
    pthread_mutex_lock(&w->lock);
    const size_t i = w->next < w->count ? w->next++ : SIZE_MAX;
    pthread_mutex_unlock(&w->lock);
    return i;
}

static int answer_again(const work *w, gull_probe *p, gull_seat *seat, double *witness) {
    gull_plan *plan = calloc(1, sizeof *plan);
    gull_question q = w->r->asked;
    gull_outcome outcome = {0};
    gull_answer a = {.outcome = &outcome};
    if (!plan) return GULL_ENOMEM;
    q.eps_count = p->eps > 0;
    q.eps[0] = p->eps;
    q.thorough = true;
    int status = gull__spec_parse(&plan->spec[0], p->spec, NULL);
    plan->count = status == GULL_OK;
    const gull_desk desk = {&q, plan, &w->r->task, w->m};
    if (status == GULL_OK) status = gull__answer_row(&desk, p->row, seat, &a, witness);
    p->upper = a.upper;
    gull__plan_free(plan);
    free(plan);
    return status;
}

static void do_probe(void *payload, size_t i, gull_seat *seat) {
    work *w = payload;
    double *witness = malloc((w->r->task.dim + 1) * sizeof *witness);
    if (!witness || answer_again(w, &w->probe[i], seat, witness) < 0) w->probe[i].upper = NAN;
    free(witness);
}

bool gull__probes_run(const gull_result *r, const gull_model *m, gull_probe *probe, size_t count) {
    work w = {.r = r, .m = m, .probe = probe, .count = count};
    pthread_mutex_init(&w.lock, NULL);
    bool good = gull__batch_run(m, 1, next_probe, do_probe, &w, NULL) >= 0;
    for (size_t i = 0; i < count; i++) good &= !isnan(probe[i].upper);
    pthread_mutex_destroy(&w.lock);
    return good;
}

/* ---- Which attack is asked again with more steps ---- */

/* The attack of several steps that won most rows, parts included. */
static const gull_spec *winner(const gull_result *r) {
    size_t wins[GULL_MAX_PLAN] = {0}, best = SIZE_MAX;
    for (size_t i = 0; i < r->task.rows; i++)
        if (r->answer[i].upper_by >= 0 && isfinite(r->answer[i].upper))
            wins[r->answer[i].upper_by]++;
    for (size_t k = 0; k < r->plan.count; k++) {
        bool steps = false;
        for (const gull_param *p = r->plan.spec[k].method->params; p && p->name; p++)
            steps |= !strcmp(p->name, "steps") && !r->plan.spec[k].method->together;
        if (steps && !r->plan.spec[k].proof && (best == SIZE_MAX || wins[k] > wins[best])) best = k;
    }
    return best == SIZE_MAX ? NULL : &r->plan.spec[best];
}

static double steps_of(const gull_spec *s) {
    double v = 0;
    for (const gull_param *p = s->method->params; p && p->name; p++)
        if (!strcmp(p->name, "steps")) memcpy(&v, (char *)s->options + p->offset, sizeof v);
    return v;
}

/* The attack alone, with twice the steps: "fmn:steps=200". */
static void double_steps(const gull_spec *s, char *out, size_t room) {
    const char *slash = s->is_part ? strchr(s->text, '/') : NULL;
    const char *plain = slash ? slash + 1 : s->text;
    snprintf(out, room, "%s%csteps=%g", plain, strchr(plain, ':') ? ',' : ':', 2 * steps_of(s));
}

/* ---- The checks ---- */

enum { ONE_STEP, TWICE, RESTART, BLIND, NEAR, FAR, FARTHER, KINDS };

typedef struct again {
    const gull_result *r;
    size_t row[GULL_SAMPLE], rows;
    gull_probe probe[GULL_SAMPLE][KINDS];
    char twice[300];
} again;

/* The row's witness is this far; where there is none, the greatest asked distance. */
static double reference(const gull_result *r, size_t row) {
    const double upper = r->answer[row].upper;
    if (isfinite(upper)) return upper;
    return r->asked.eps_count ? r->asked.eps[r->asked.eps_count - 1] : 0;
}

#define FIXED "pgd:restarts=1,refine=0,halvings=0"
static void prepare(again *a, size_t i) {
    const double far = reference(a->r, a->row[i]);
    const bool whole = a->r->asked.cost == gull_costs[GULL_L0];
    const double below = whole ? far - 1 : 0.9 * far;
    const gull_probe kinds[KINDS] = {
        [ONE_STEP] = {.spec = "fgsm"},
        [TWICE] = {.spec = a->twice},
        [RESTART] = {.spec = "pgd:start=random,restarts=2,refine=0", .eps = below},
        [BLIND] = {.spec = "random:tries=100,refine=0", .eps = below},
        [NEAR] = {.spec = FIXED, .eps = 1.5 * far},
        [FAR] = {.spec = FIXED, .eps = 3 * far},
        [FARTHER] = {.spec = FIXED, .eps = 6 * far}};
    for (int k = 0; k < KINDS; k++) {
        a->probe[i][k] = kinds[k];
        a->probe[i][k].row = a->row[i];
    }
}

static bool smaller(const again *a, size_t i, int kind, double by) {
    const double upper = a->r->answer[a->row[i]].upper, got = a->probe[i][kind].upper;
    const double one = a->r->asked.cost == gull_costs[GULL_L0] ? 1 : 0;
    return got < upper * (1 - by) && !(got >= upper - one);
}

static void judge(gull_result *r, const again *a, int kind, double by, const char *name,
                  const char *what) {
    size_t bad = 0;
    for (size_t i = 0; i < a->rows; i++) bad += smaller(a, i, kind, by);
    gull__check_add(r, name, bad * 4 > a->rows ? "fail" : "pass",
                    "%s: smaller by over %.0f%% on %zu of %zu sampled inputs", what, 100 * by, bad,
                    a->rows);
}

static void judge_bounds(gull_result *r, const again *a) {
    size_t bad = 0, fell = 0;
    for (size_t i = 0; i < a->rows; i++) {
        bool hit[3];
        for (int k = 0; k < 3; k++) hit[k] = isfinite(a->probe[i][NEAR + k].upper);
        bad += (hit[0] && !hit[1]) || (hit[1] && !hit[2]);
        fell += hit[2];
    }
    const bool doubt = bad * 4 > a->rows || fell * 4 < 3 * a->rows;
    gull__check_add(r, "a larger distance fools more", doubt ? "fail" : "pass",
                    "pgd at 1.5, 3 and 6 times the distance found, %zu sampled inputs: %zu fell at "
                    "6 times, %zu fell at less and not at more",
                    a->rows, fell, bad);
}

static const struct judged {
    int kind;
    double by;
    const char *name, *what;
} judged[] = {
    {ONE_STEP, 0.02, "one step does worse than many", "fgsm alone"},
    {BLIND, 0, "attacks that see no gradient do worse", "100 random changes a tenth below"},
    {TWICE, 0.1, "twice the steps change nothing much", NULL},
    {RESTART, 0, "other starts change nothing much", "pgd from 2 random starts, a tenth below"},
    {NEAR, 0, "a larger distance fools more", NULL}};

static void none_run(gull_result *r, const char *why) {
    for (size_t k = 0; k < sizeof judged / sizeof *judged; k++)
        gull__check_add(r, judged[k].name, "not run", "%s", why);
}

void gull__check_again(gull_result *r, const gull_model *m) {
    const gull_spec *attack = winner(r);
    const bool gradient = gull__model_can(m) & r->asked.granted & GULL_CAN_GRADIENT;
    again *a = calloc(1, sizeof *a);
    if (a) a->rows = gull__check_rows(r, a->row);
    if (!a || !gradient || !attack || !a->rows || r->asked.budget || r->asked.timeout > 0) {
        none_run(r, !a ? "out of memory" : !gradient ? "no gradient is used"
                    : !attack                        ? "no attack with a number of steps was run"
                    : !a->rows ? "no input is left to doubt"
                               : "this audit had a limit of queries or time");
        free(a);
        return;
    }
    a->r = r;
    double_steps(attack, a->twice, sizeof a->twice);
    for (size_t i = 0; i < a->rows; i++) prepare(a, i);
    if (!gull__probes_run(r, m, a->probe[0], a->rows * KINDS))
        none_run(r, "the inputs could not be asked again");
    else {
        for (size_t k = 0; k + 1 < sizeof judged / sizeof *judged; k++)
            judge(r, a, judged[k].kind, judged[k].by, judged[k].name,
                  judged[k].what ? judged[k].what : a->twice);
        judge_bounds(r, a);
    }
    free(a);
}
