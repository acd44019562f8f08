/* apgd.c - auto-PGD: projected gradient ascent with momentum that halves its step, and goes
 * back to the best point, where it makes no progress (Croce and Hein 2020, "Reliable
 * evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks",
 * algorithm 1).  L1: steps along as few features as the best point has changed, from larger
 * balls to the asked one (Croce and Hein 2021, "Mind the box", algorithm 1 and section 4).
 * Projections are the cost's own, exact for ball and box together. */
#include "attack/losses.h"
#include "attack/noise.h"
#include "attack/radii.h"
#include "attack/rivals.h"
#include "attack/witness.h"
#include "core/registry.h"
#include <stdlib.h>
#include <string.h>

typedef struct options {
    double loss, targets, steps, restarts, rho, momentum, refine, halvings;
} options;
enum { AUTO, CE, MARGIN, DLR };
static const gull_param params[] = {
    GULL_WORDS(options, loss, AUTO, "auto|" GULL_LOSS_WORDS,
               "what is climbed; auto: ce, and dlr with targets"),
    GULL_PARAM(options, targets, 0, 0, 1e6,
               "one ascent towards each of so many best-scored classes; 0: away from the label"),
    GULL_PARAM(options, steps, 100, 1, 1e6, "gradient steps of an ascent"),
    GULL_PARAM(options, restarts, 0, 0, 1e6,
               "random starts; 0: 1, and 5 for l1 without targets"),
    GULL_PARAM(options, rho, 0.75, 0, 1, "share of steps that must climb, else half the step"),
    GULL_PARAM(options, momentum, 0.25, 0, 1, "share of the last change in the next"),
    GULL_PARAM(options, refine, 3, 0, 60, "radii tried below the first that fools"),
    GULL_PARAM(options, halvings, 10, 0, 60, "questions to draw a witness in"),
    GULL_PARAM_END};

typedef struct ascent {
    const options *o;
    gull_loss loss;
    double asked, radius, step; /* a witness is within asked; the ball may be larger */
    double *x, *old, *best, *g, *best_g, *y, *high, *low, *scores; /* linf: the ends */
    double value, best_value;
    double distance; /* of the witness, INFINITY: none yet */
} ascent;

static bool frozen(const gull_space *s, size_t i) { return !(s->lo[i] < s->hi[i]); }

static double weight(const gull_space *s, size_t i) { return s->weight ? s->weight[i] : 1; }

static void copy(const gull_problem *p, double *to, const double *from) {
    memcpy(to, from, p->space.dim * sizeof *to);
}

/* Value and gradient at x; claims x when it fools. */
static int look(gull_run *run, ascent *a) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim;
    TRY(gull_ask_gradient(run, a->x, a->loss, a->scores, &a->value, a->g));
    for (size_t i = 0; i < dim; i++)
        if (isnan(a->g[i]) || frozen(&p->space, i)) a->g[i] = 0;
    if (!(gull_goal_value(&p->goal, a->scores, gull_run_classes(run), NULL) > 0)) return GULL_OK;
    if (a->radius > a->asked && !(p->cost->measure(&p->space, a->x) <= a->asked)) return GULL_OK;
    copy(p, a->y, a->x);
    TRY(gull__claim(run, a->y, (int)a->o->halvings, &a->distance));
    if (a->distance > a->asked) a->distance = INFINITY;
    return GULL_OK;
}

static void keep_best(const gull_problem *p, ascent *a) {
    a->best_value = a->value;
    copy(p, a->best, a->x);
    copy(p, a->best_g, a->g);
}

static void back_to_best(const gull_problem *p, ascent *a) {
    copy(p, a->x, a->best);
    copy(p, a->g, a->best_g);
}

/* Nearest point of ball and box: for linf between the ends, which were found once. */
static void confine(const gull_problem *p, const ascent *a, double *x) {
    if (p->cost != gull_costs[GULL_LINF]) {
        p->cost->project(&p->space, x, a->radius);
        return;
    }
    for (size_t i = 0; i < p->space.dim; i++) {
        const double v = x[i] > a->high[i] ? a->high[i] : x[i];
        x[i] = v < a->low[i] ? a->low[i] : v;
    }
}

static void find_ends(const gull_problem *p, ascent *a) {
    const gull_space *s = &p->space;
    for (size_t i = 0; i < s->dim; i++) {
        const double far = 2 * a->asked / weight(s, i);
        a->high[i] = s->x0[i] + far;
        a->low[i] = s->x0[i] - far;
    }
    p->cost->project(s, a->high, a->asked);
    p->cost->project(s, a->low, a->asked);
}

/* linf: uniform in the ball; l2: on its sphere; l1: a normal change, projected. */
static void random_start(gull_run *run, ascent *a) {
    const gull_problem *p = gull_run_problem(run);
    const gull_space *s = &p->space;
    if (p->cost == gull_costs[GULL_L2]) {
        gull__noise(run, a->radius, a->x);
        return;
    }
    const bool even = p->cost == gull_costs[GULL_LINF];
    for (size_t i = 0; i < s->dim; i++) {
        const double ball = a->radius / (s->weight ? s->weight[i] : 1);
        const double size = even ? ball : fmin(ball, s->hi[i] - s->lo[i]);
        const double r = even ? 2 * gull_run_uniform(run) - 1 : gull_run_normal(run);
        a->x[i] = frozen(s, i) ? s->x0[i] : s->x0[i] + size * r;
    }
    confine(p, a, a->x);
}

/* ---- Linf and L2 ---- */

/* A direction of cost 1.  l2: the gradient's own, not the weighted steepest one, since the
 * projection is the unweighted one: only together do they rest at the maximum. */
static void direction(const gull_problem *p, ascent *a) {
    const gull_space *s = &p->space;
    double sum = 0, most = 0;
    if (p->cost != gull_costs[GULL_L2]) {
        p->cost->steepest(s, a->g, a->y);
        return;
    }
    for (size_t i = 0; i < s->dim; i++) most = fmax(most, fabs(a->g[i]));
    const double unit = most > 0 && isfinite(most) ? most : INFINITY;
    for (size_t i = 0; i < s->dim; i++) {
        const double c = weight(s, i) * (a->g[i] / unit);
        sum += c * c;
    }
    const double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (size_t i = 0; i < s->dim; i++) a->y[i] = a->g[i] / unit * scale;
}

/* Keeps the share 1 - momentum of the projected step and adds that of the last change. */
static void move(const gull_problem *p, ascent *a, bool first) {
    const size_t dim = p->space.dim;
    const double last = first ? 0 : a->o->momentum;
    direction(p, a);
    for (size_t i = 0; i < dim; i++) a->y[i] = a->x[i] + a->step * a->y[i];
    confine(p, a, a->y);
    for (size_t i = 0; i < dim && !first; i++) {
        const double change = (1 - last) * (a->y[i] - a->x[i]) + last * (a->x[i] - a->old[i]);
        a->y[i] = a->x[i] + change;
    }
    if (!first) confine(p, a, a->y);
    copy(p, a->old, a->x);
    copy(p, a->x, a->y);
}

typedef struct checkpoint {
    int left, every, least, fewer; /* steps to the next; their number, which falls */
    int climbed;                   /* steps of them that rose */
    double best_value;
    bool halved;
} checkpoint;

static bool stagnates(const ascent *a, checkpoint *c) {
    const bool slow = c->climbed <= a->o->rho * c->every;
    const bool stuck = !c->halved && c->best_value >= a->best_value;
    c->halved = slow || stuck;
    c->best_value = a->best_value;
    c->climbed = 0;
    c->left = c->every = c->every - c->fewer > c->least ? c->every - c->fewer : c->least;
    return c->halved;
}

static int share(double part, double steps) { return part * steps < 1 ? 1 : (int)(part * steps); }

static int climb(gull_run *run, ascent *a, double steps) {
    const gull_problem *p = gull_run_problem(run);
    const int first = share(0.22, steps);
    checkpoint c = {first, first, share(0.06, steps), share(0.03, steps), 0, a->best_value, true};
    a->step = 2 * a->radius;
    for (double i = 0; i < steps && isinf(a->distance); i++) {
        const double was = a->value;
        move(p, a, i == 0);
        TRY(look(run, a));
        c.climbed += a->value > was;
        if (a->value > a->best_value) keep_best(p, a);
        if (--c.left > 0 || !stagnates(a, &c)) continue;
        a->step /= 2;
        back_to_best(p, a);
    }
    return GULL_OK;
}

/* ---- L1 ---- */

/* The k-th greatest of v, k from 1; v is reordered (Hoare 1961, "Find"). */
static double kth_greatest(double *v, size_t n, size_t k) {
    ptrdiff_t from = 0, to = (ptrdiff_t)n - 1;
    const ptrdiff_t want = (ptrdiff_t)k - 1;
    while (from < to) {
        const double pivot = v[from + (to - from) / 2];
        ptrdiff_t i = from, j = to;
        while (i <= j) {
            while (v[i] > pivot) i++;
            while (v[j] < pivot) j--;
            if (i > j) break;
            const double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (want <= j) to = j;
        else if (want >= i) from = i;
        else break;
    }
    return v[want];
}

/* A step of cost `step`, shared evenly by the `few` features of greatest gain that have not
 * met the box. */
static void move_few(const gull_problem *p, ascent *a, size_t few) {
    const gull_space *s = &p->space;
    for (size_t i = 0; i < s->dim; i++) {
        const bool met = a->g[i] > 0 ? a->x[i] >= s->hi[i] : a->x[i] <= s->lo[i];
        if (met) a->g[i] = 0;
        a->y[i] = fabs(a->g[i]) / weight(s, i);
    }
    const double least = kth_greatest(a->y, s->dim, few);
    size_t count = 0;
    for (size_t i = 0; i < s->dim; i++)
        count += a->g[i] != 0 && fabs(a->g[i]) / weight(s, i) >= least;
    for (size_t i = 0; i < s->dim; i++)
        if (a->g[i] != 0 && fabs(a->g[i]) / weight(s, i) >= least)
            a->x[i] += copysign(a->step / weight(s, i) / (double)count, a->g[i]);
    p->cost->project(s, a->x, a->radius);
}

static double changed(const gull_space *s, const double *x) {
    double n = 0;
    for (size_t i = 0; i < s->dim; i++) n += x[i] != s->x0[i] && !isnan(x[i]);
    return n;
}

/* The number of features follows the best point's; where that no longer falls the step
 * shrinks, down to a tenth. */
static int climb_few(gull_run *run, ascent *a, double steps) {
    const gull_problem *p = gull_run_problem(run);
    double count = changed(&p->space, a->x), left = share(0.04, steps);
    size_t few = count > 1 ? (size_t)ceil(count / 1.5) : 1;
    a->step = a->radius;
    for (double i = 0; i < steps && isinf(a->distance); i++) {
        move_few(p, a, few);
        TRY(look(run, a));
        if (a->value > a->best_value) keep_best(p, a);
        if (--left > 0) continue;
        const double now = changed(&p->space, a->best);
        if (now < 0.95 * count) {
            a->step = a->radius;
            back_to_best(p, a);
        } else {
            a->step = fmax(a->step / 1.5, a->radius / 10);
        }
        few = now > 1 ? (size_t)ceil(now / 1.5) : 1;
        count = now;
        left = share(0.04, steps);
    }
    return GULL_OK;
}

/* ---- One start ---- */

/* From the best point so far into a ball of this radius. */
static int begin(gull_run *run, ascent *a, double radius) {
    const gull_problem *p = gull_run_problem(run);
    a->radius = radius;
    confine(p, a, a->x);
    TRY(look(run, a));
    keep_best(p, a);
    return GULL_OK;
}

static int shrinking_balls(gull_run *run, ascent *a) {
    const double third = ceil(0.3 * a->o->steps);
    a->radius = 3 * a->asked;
    random_start(run, a);
    for (int times = 3; times > 0 && isinf(a->distance); times--) {
        TRY(begin(run, a, times * a->asked));
        TRY(climb_few(run, a, times > 1 ? third : fmax(a->o->steps - 2 * third, 1)));
        copy(gull_run_problem(run), a->x, a->best);
    }
    return GULL_OK;
}

static int one_start(gull_run *run, ascent *a) {
    if (gull_run_problem(run)->cost == gull_costs[GULL_L1]) return shrinking_balls(run, a);
    a->radius = a->asked;
    random_start(run, a);
    TRY(begin(run, a, a->asked));
    return climb(run, a, a->o->steps);
}

static int starts(gull_run *run, ascent *a, gull_loss loss) {
    a->loss = loss;
    for (double i = 0; i < a->o->restarts && isinf(a->distance); i++) TRY(one_start(run, a));
    return GULL_OK;
}

static int towards(gull_run *run, ascent *a, int rival) {
    const gull_problem *p = gull_run_problem(run);
    const gull_pair pair = {rival, p->goal.label};
    const gull_goal goal = {GULL_TARGET, p->goal.label, rival, 0};
    if (a->o->loss == CE) return starts(run, a, gull__loss(&goal, GULL_LOSS_CE));
    if (a->o->loss == MARGIN) return starts(run, a, gull__pair_loss(&pair));
    return starts(run, a, gull__pair_ratio(&pair));
}

static int every_target(gull_run *run, ascent *a, int *rival) {
    int count = 0;
    TRY(gull__rivals(run, a->scores, (int)fmin(a->o->targets, gull_run_classes(run)), rival,
                     &count));
    for (int k = 0; k < count && isinf(a->distance); k++) TRY(towards(run, a, rival[k]));
    return GULL_OK;
}

static int attack(gull_run *run, ascent *a, int *rival) {
    const gull_problem *p = gull_run_problem(run);
    const bool choose = a->o->targets > 0 && p->goal.kind == GULL_MISS;
    const int automatic = a->o->targets > 0 ? GULL_LOSS_DLR : GULL_LOSS_CE;
    if (!p->space.dim || !(a->asked > 0)) return GULL_OK;
    if (p->cost == gull_costs[GULL_LINF]) find_ends(p, a);
    if (choose) return every_target(run, a, rival);
    const int word = a->o->loss == AUTO ? automatic : (int)a->o->loss - CE;
    return starts(run, a, gull__loss(&p->goal, word));
}

static int attempt(gull_run *run, void *payload, double radius, double *distance) {
    const size_t dim = gull_run_problem(run)->space.dim;
    const size_t classes = (size_t)gull_run_classes(run);
    double *v = malloc((8 * dim + classes + 1) * sizeof *v);
    int *rival = malloc((classes + 1) * sizeof *rival), status = GULL_ENOMEM;
    ascent a = {.o = payload, .asked = radius, .distance = INFINITY};
    if (v && rival) {
        a.x = v;
        a.old = v + dim;
        a.best = v + 2 * dim;
        a.g = v + 3 * dim;
        a.best_g = v + 4 * dim;
        a.y = v + 5 * dim;
        a.high = v + 6 * dim;
        a.low = v + 7 * dim;
        a.scores = v + 8 * dim;
        status = attack(run, &a, rival);
    }
    *distance = a.distance;
    free(v);
    free(rival);
    return status;
}

static int run(gull_run *run, const void *opt) {
    options o = *(const options *)opt;
    const bool l1 = gull_run_problem(run)->cost == gull_costs[GULL_L1];
    if (o.restarts == 0) o.restarts = l1 && o.targets == 0 ? 5 : 1;
    return gull__search_radii(run, &(gull_radii){.refine = (int)o.refine}, attempt, &o);
}

const gull_method gull_attack_apgd = {
    .name = "apgd",
    .summary = "auto-PGD: steps that adapt, momentum; with targets: APGD-T",
    .cite = "Croce and Hein 2020, arXiv:2003.01690, algorithm 1; 2021, arXiv:2103.01208",
    .needs = GULL_CAN_LABELS | GULL_CAN_SCORES | GULL_CAN_GRADIENT,
    .goals = GULL_ANY,
    .costs = GULL_COST(GULL_L1) | GULL_COST(GULL_L2) | GULL_COST(GULL_LINF),
    .stage = 0,
    .params = params,
    .options_size = sizeof(options),
    .run = run};
