/* bb.c - the attack of Brendel, Rauber, Kuemmerer, Ustyuzhaninov and Bethge 2019 (section 3):
 * from a point that fools, steps along the boundary; each minimises the cost within a trust
 * region, subject to the boundary's linear estimate and the box.  The dual problem has two
 * numbers, solved one inside the other: `push` along the boundary's normal and `pull` towards
 * x0, whose meaning depends on the norm. */
#include "attack/losses.h"
#include "attack/scaled.h"
#include "attack/start.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <string.h>

typedef struct options {
    double steps, starts, radius, shrink, overshoot, momentum, polish;
} options;
static const gull_param params[] = {
    GULL_PARAM(options, steps, 100, 1, 1e6, "steps along the boundary"),
    GULL_PARAM(options, starts, 1, 1, 1e6, "the best witness, then points of its own"),
    GULL_PARAM(options, radius, 0, 0, 1e3,
               "widest trust region, as a part of the distance; 0: 1, for linf 0.3"),
    GULL_PARAM(options, shrink, 0.1, 1e-9, 1, "what is left of it at the end"),
    GULL_PARAM(options, overshoot, 0.1, 0, 1, "how far beyond the estimated boundary"),
    GULL_PARAM(options, momentum, 0.8, 0, 0.99, "share of older normals in the estimate"),
    GULL_PARAM(options, polish, 5, 0, 1e6, "tangent steps at the end"), GULL_PARAM_END};

typedef struct state {
    const options *o;
    gull_scaled s;
    const double *weight; /* of l0 */
    int norm;
    double *u, *g, *normal, *z, *x; /* where we are, the gradient and its running mean, the
                                       next point, an input */
    double widest, radius; /* of the trust region, as a part of |u| */
    double push, pull;     /* the last step's, as first guesses */
    gull_best best;
} state;

/* ---- The step's subproblem ---- */

static double shrunk(double v, double by) {
    return v > by ? v - by : v < -by ? v + by : 0;
}

/* z for given push and pull; returns normal . (z - u). */
static double respond(const state *t, double push, double pull) {
    const gull_scaled *s = &t->s;
    double gain = 0;
    for (size_t k = 0; k < s->n; k++) {
        double v = t->u[k] + push * t->normal[k];
        if (t->norm == GULL_L1) v = shrunk(v, pull);
        if (t->norm == GULL_L2) v /= 1 + pull;
        if (t->norm == GULL_LINF) v = fmin(fmax(v, -1 / pull), 1 / pull);
        const double inside = fmin(fmax(v, s->lo[k]), s->hi[k]), out = v - inside;
        const double w = t->weight ? t->weight[s->at[k]] : 1;
        t->z[k] = t->norm == GULL_L0 && v * v - out * out < 2 * pull * w ? 0 : inside;
        gain += t->normal[k] * (t->z[k] - t->u[k]);
    }
    return gain;
}

static double moved(const state *t) {
    double square = 0;
    for (size_t k = 0; k < t->s.n; k++) square += (t->z[k] - t->u[k]) * (t->z[k] - t->u[k]);
    return sqrt(square);
}

/* A push that gains `need`, and little more; false: out of reach.  False position, with the
 * Illinois rule. */
static bool meet(state *t, double pull, double need, double *push) {
    double low = 0, high = t->push, short_by = respond(t, 0, pull) - need, over;
    *push = 0;
    if (short_by >= 0) return true;
    for (int i = 0; (over = respond(t, high, pull) - need) < 0; i++, high *= 3) {
        if (i == 30 || (i && over <= short_by)) return false;
        low = high;
        short_by = over;
    }
    for (int i = 0; i < 20 && over > 0.01 * need && high - low > 1e-3 * high; i++) {
        const double at = low + (high - low) * short_by / (short_by - over);
        const double gain = respond(t, at, pull) - need - 0.003 * need;
        if (gain < 0) {
            low = at;
            short_by = gain;
            over /= 2;
        } else {
            high = at;
            over = gain;
            short_by /= 2;
        }
    }
    *push = high;
    return true;
}

/* Within the region and beyond the boundary at this pull? */
static bool allowed(state *t, double pull, double need, double radius, double *push) {
    if (!meet(t, pull, need, push)) return false;
    respond(t, *push, pull);
    return moved(t) <= radius;
}

/* The boundary is too far: as near as the region lets us. */
static void approach(state *t, double weakest, double radius) {
    double low = 0, high = t->push;
    for (int i = 0; i < 60 && (respond(t, high, weakest), moved(t) < radius); i++) high *= 4;
    for (int i = 0; i < 24; i++) {
        const double middle = (low + high) / 2;
        respond(t, middle, weakest);
        *(moved(t) > radius ? &high : &low) = middle;
    }
    respond(t, low, weakest);
}

/* z: the point of least cost in the region beyond the boundary. */
static void solve(state *t, double need, double radius) {
    double weakest = 0, push = 0, far = 0;
    for (size_t k = 0; k < t->s.n; k++) far = fmax(far, fabs(t->u[k]));
    if (t->norm == GULL_LINF) weakest = far > 0 ? 1 / far : 1;
    if (!allowed(t, weakest, need, radius, &push)) {
        approach(t, weakest, radius);
        return;
    }
    const double most = (t->norm == GULL_L2 ? 1 : weakest > 0 ? weakest : fmax(far, 1e-9)) * 1e4;
    double good = weakest, best = push, bad = fmax(t->pull, 1.0001 * weakest);
    for (; bad < most && allowed(t, bad, need, radius, &push);) {
        good = bad;
        best = push;
        bad = weakest > 0 ? weakest + 2 * (bad - weakest) : 2 * bad;
    }
    for (int i = 0; i < 12 && bad - weakest > 1.2 * (good - weakest); i++) {
        const double middle = good > weakest ? (good + bad) / 2 : weakest + (bad - weakest) / 4;
        if (allowed(t, middle, need, radius, &push)) {
            good = middle;
            best = push;
        } else {
            bad = middle;
        }
    }
    respond(t, best, good);
    t->push = fmin(fmax(best, 1e-6 * radius), 1e3 * (far + radius));
    t->pull = fmin(fmax(good, 1e-6 * most), 0.01 * most);
}

/* ---- The walk ---- */

static double length(const double *u, size_t n) {
    double square = 0;
    for (size_t k = 0; k < n; k++) square += u[k] * u[k];
    return sqrt(square);
}

/* The region grows where the estimate led to a point that fools, and shrinks elsewhere. */
static void adapt(state *t, bool fools, double share) {
    const double most = t->widest * pow(t->o->shrink, share);
    t->radius = fmin(t->radius * (fools ? 1.3 : 0.7), most);
    t->radius = fmax(t->radius, 0.01 * most);
}

/* A region that holds no point with a feature less would end l0's walk. */
static double smallest(const state *t) {
    double least = INFINITY;
    for (size_t k = 0; k < t->s.n && t->norm == GULL_L0; k++)
        if (t->u[k] != 0) least = fmin(least, fabs(t->u[k]));
    return isinf(least) ? 1e-12 : 1.01 * least;
}

static int one_step(gull_run *run, state *t, double share) {
    const gull_problem *p = gull_run_problem(run);
    double value;
    TRY(gull__scaled_ask(run, &t->s, t->u, gull__loss(&p->goal, GULL_LOSS_MARGIN), NULL,
                         &value, t->g));
    if (value > 0) TRY(gull__best_offer(&t->best, run, t->s.x));
    adapt(t, value > 0, share);
    const double unit = gull__scaled_reach(&t->s, t->g, 1);
    if (isinf(unit) || !(unit > 0)) return GULL_OK;
    const double fresh = share > 0 ? 1 - t->o->momentum : 1;
    for (size_t k = 0; k < t->s.n; k++)
        t->normal[k] += fresh * (t->g[k] * unit - t->normal[k]);
    solve(t, unit * (fabs(value) * t->o->overshoot - value),
          fmax(t->radius * length(t->u, t->s.n), smallest(t)));
    memcpy(t->u, t->z, t->s.n * sizeof *t->u);
    return GULL_OK;
}

static int walk(gull_run *run, state *t) {
    gull__scaled_from(&t->s, t->x, t->u);
    t->push = t->pull = fmax(t->widest * length(t->u, t->s.n), 1e-12);
    t->radius = t->widest;
    for (double i = 0; i < t->o->steps; i++) TRY(one_step(run, t, i / t->o->steps));
    int label;
    gull__scaled_input(&t->s, t->u, t->x);
    TRY(gull_ask_label(run, t->x, &label));
    return gull__fools(&gull_run_problem(run)->goal, label)
               ? gull__best_offer(&t->best, run, t->x)
               : GULL_OK;
}

static int walks(gull_run *run, state *t) {
    for (double i = 0; i < t->o->starts; i++) {
        bool any = false;
        TRY(gull__start_point(run, i > 0, t->x, &any));
        if (!any) continue;
        TRY(gull__best_offer(&t->best, run, t->x));
        TRY(gull__to_boundary(run, t->x, 10));
        TRY(walk(run, t));
    }
    return GULL_OK;
}

static int run(gull_run *run, const void *opt) {
    const gull_problem *p = gull_run_problem(run);
    state t = {.o = opt, .weight = p->space.weight, .norm = gull__cost_index(p->cost)};
    t.widest = t.o->radius > 0 ? t.o->radius : t.norm == GULL_LINF ? 0.3 : 1;
    double *v = gull_run_scratch(run, 5 * p->space.dim * sizeof *v);
    TRY(gull__scaled_new(&t.s, run));
    if (!v) return GULL_ENOMEM;
    t.u = v;
    t.g = v + p->space.dim;
    t.z = v + 2 * p->space.dim;
    t.x = v + 3 * p->space.dim;
    t.normal = v + 4 * p->space.dim;
    TRY(gull__best_new(&t.best, run));
    return gull__best_claim(&t.best, run, walks(run, &t), (int)t.o->polish);
}

const gull_method gull_attack_bb = {
    .name = "bb",
    .summary = "walks along the boundary in trust regions",
    .cite = "Brendel et al. 2019, arXiv:1907.01003, section 3",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_ANY,
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
