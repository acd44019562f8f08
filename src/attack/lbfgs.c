/* lbfgs.c - the first attack: Szegedy et al. 2013, section 4.1.  For a target class,
 * minimises c |r|^2 + cross entropy of the target at x0 + r inside the box by L-BFGS (NLopt's,
 * Luksan's code), and searches for the greatest c whose minimiser still fools: a bracket by
 * factors of ten, then bisection of log c.  The paper's |r| is squared, to be smooth. */
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <nlopt.h>
#include <string.h>

typedef struct options {
    double target, targets, evaluations, searches, polish;
} options;
static const gull_param params[] = {
    GULL_WORDS(options, target, 0, "rivals|random",
               "targets when any other class will do: the best-scored, or drawn"),
    GULL_PARAM(options, targets, 3, 1, 1e6, "how many targets"),
    GULL_PARAM(options, evaluations, 200, 1, 1e6, "gradients for each c"),
    GULL_PARAM(options, searches, 8, 0, 60, "bisections of log c"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_run *run;
    gull_scaled s;
    nlopt_opt solver;
    double *u, *start, *scores, *rest;
    gull_goal aim; /* the target of now */
    double c;
    bool fooled; /* the aim was reached since this c began */
    int status;  /* what a question answered */
    gull_best best;
} state;

/* ---- The objective ---- */

/* -log softmax(target). */
static double cross_entropy(const void *arg, const double *scores, int classes, double *w) {
    const int target = *(const int *)arg;
    double top = scores[0], sum = 0;
    for (int c = 1; c < classes; c++) top = fmax(top, scores[c]);
    for (int c = 0; c < classes; c++) sum += exp(scores[c] - top);
    for (int c = 0; w && c < classes; c++)
        w[c] = exp(scores[c] - top) / sum - (c == target ? 1 : 0);
    return top + log(sum) - scores[target];
}

/* NLopt's callback: it runs in the row's fiber, which a question may suspend. */
static double objective(unsigned n, const double *u, double *g, void *arg) {
    state *t = arg;
    double loss = 0, square = 0;
    double *slope = g ? g : t->rest; /* L-BFGS always wants the gradient */
    t->status = gull__scaled_ask(t->run, &t->s, u, (gull_loss){cross_entropy, &t->aim.target},
                                 t->scores, &loss, slope);
    if (t->status < 0) {
        nlopt_force_stop(t->solver);
        return 0;
    }
    const int classes = gull_run_classes(t->run);
    t->fooled |= gull_goal_value(&t->aim, t->scores, classes, NULL) > 0;
    if (gull_goal_value(&gull_run_problem(t->run)->goal, t->scores, classes, NULL) > 0)
        t->status = gull__best_offer(&t->best, t->run, t->s.x);
    if (t->status < 0) nlopt_force_stop(t->solver);
    for (unsigned k = 0; k < n; k++) {
        square += u[k] * u[k];
        slope[k] += 2 * t->c * u[k];
    }
    return isfinite(loss) ? loss + t->c * square : 1e300;
}

/* Whether the minimiser for c fools; it starts at the last one that did. */
static int minimise(state *t, double c, bool *fools) {
    double least;
    t->c = c;
    t->fooled = false;
    memcpy(t->u, t->start, t->s.n * sizeof *t->u);
    nlopt_set_force_stop(t->solver, 0);
    const nlopt_result result = nlopt_optimize(t->solver, t->u, &least);
    TRY(t->status);
    if (result == NLOPT_OUT_OF_MEMORY) return GULL_ENOMEM;
    if (result == NLOPT_INVALID_ARGS) return GULL_EUNSUPPORTED;
    /* NLOPT_FAILURE and NLOPT_ROUNDOFF_LIMITED: no progress along a line, which ends a
     * minimisation of a function with kinks: its last point counts as the minimiser. */
    int label;
    gull__scaled_input(&t->s, t->u, t->s.x);
    TRY(gull_ask_label(t->run, t->s.x, &label));
    *fools = gull__fools(&t->aim, label);
    if (!*fools) return GULL_OK;
    memcpy(t->start, t->u, t->s.n * sizeof *t->u);
    return gull__best_offer(&t->best, t->run, t->s.x);
}

/* ---- The search over c ---- */

static int one_target(state *t, double guess) {
    double good = 0, bad = INFINITY;
    memset(t->start, 0, t->s.n * sizeof *t->start);
    for (int i = 0; i < 20 && (!(good > 0) || isinf(bad)); i++) {
        const double c = good > 0 ? good * 10 : isinf(bad) ? guess : bad / 10;
        bool fools = false;
        TRY(minimise(t, c, &fools));
        *(fools ? &good : &bad) = c;
    }
    for (double i = 0; i < t->o->searches && good > 0 && isfinite(bad); i++) {
        const double c = sqrt(good * bad);
        bool fools = false;
        TRY(minimise(t, c, &fools));
        *(fools ? &good : &bad) = c;
    }
    return GULL_OK;
}

/* The multiplier at the boundary of the model linearised at x0. */
static int first_c(state *t, double *c) {
    double value;
    memset(t->u, 0, t->s.n * sizeof *t->u);
    TRY(gull__scaled_ask(t->run, &t->s, t->u, gull__loss(&t->aim, GULL_LOSS_MARGIN), t->scores,
                         &value, t->start));
    const double d = gull__scaled_reach(&t->s, t->start, fmax(-value, 1e-6));
    *c = isfinite(d) && d > 0 ? fmax(-value, 1e-6) / (4 * d * d) : 1;
    return GULL_OK;
}

static int best_rest(double *rest, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (rest[c] > rest[best]) best = c;
    rest[best] = -INFINITY;
    return best;
}

static int all_targets(state *t) {
    const gull_goal *goal = &gull_run_problem(t->run)->goal;
    const int classes = gull_run_classes(t->run);
    const bool any = goal->kind == GULL_MISS;
    double c;
    if (any) {
        TRY(gull_ask_scores(t->run, t->s.space->x0, t->rest));
        for (int k = 0; k < classes && t->o->target > 0; k++)
            t->rest[k] = gull_run_uniform(t->run);
        t->rest[goal->label] = -INFINITY;
    }
    for (double i = 0; i < (any ? fmin(t->o->targets, classes - 1) : 1); i++) {
        t->aim = (gull_goal){GULL_TARGET, goal->label,
                             any ? best_rest(t->rest, classes) : goal->target,
                             goal->slack};
        TRY(first_c(t, &c));
        TRY(one_target(t, c));
    }
    return GULL_OK;
}

static int new_solver(state *t) {
    t->solver = nlopt_create(NLOPT_LD_LBFGS, (unsigned)t->s.n);
    if (!t->solver) return GULL_ENOMEM;
    const bool good = nlopt_set_min_objective(t->solver, objective, t) > 0 &&
                      nlopt_set_lower_bounds(t->solver, t->s.lo) > 0 &&
                      nlopt_set_upper_bounds(t->solver, t->s.hi) > 0 &&
                      nlopt_set_vector_storage(t->solver, 10) > 0 &&
                      nlopt_set_ftol_rel(t->solver, 1e-5) > 0 &&
                      nlopt_set_maxeval(t->solver, (int)t->o->evaluations) > 0;
    return good ? GULL_OK : GULL_ENOMEM;
}

static int run(gull_run *run, const void *opt) {
    state t = {.o = opt, .run = run};
    TRY(gull__scaled_new(&t.s, run));
    if (!t.s.n) return GULL_OK;
    const size_t classes = (size_t)gull_run_classes(run);
    double *v = gull_run_scratch(run, (2 * t.s.n + classes) * sizeof *v);
    t.rest = gull_run_scratch(run, (t.s.n + classes) * sizeof *v);
    if (!v || !t.rest) return GULL_ENOMEM;
    t.u = v;
    t.start = v + t.s.n;
    t.scores = v + 2 * t.s.n;
    TRY(gull__best_new(&t.best, run));
    int status = new_solver(&t);
    if (status >= 0)
        status = gull__best_claim(&t.best, run, all_targets(&t), (int)t.o->polish);
    nlopt_destroy(t.solver);
    return status;
}

const gull_method gull_attack_lbfgs = {
    .name = "lbfgs",
    .summary = "the first attack: box-constrained L-BFGS, with a search over c",
    .cite = "Szegedy et al. 2013, arXiv:1312.6199, section 4.1",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L2),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
