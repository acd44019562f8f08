/* test_crown.c - the proofs ibp and crown through a run: closed forms, grids, asked
 * distances, time-outs, operators without a bound. */
#include "core/model.h"
#include "core/registry.h"
#include "core/run.h"
#include "model/network.h"
#include "networks.h"
#include "prove/radius.h"

extern const gull_method gull_proof_ibp, gull_proof_crown;

typedef struct trial { /* one row's question and its answer */
    const gull_model *model;
    gull_space space;
    gull_goal goal;
    const gull_cost *cost;
    const double *eps;
    size_t eps_count;
    const gull_method *method;
    gull_radius_options options;
    double start, timeout; /* a known upper bound; seconds */
    double lower;
    int status;
    bool asked, contradiction;
} trial;

static size_t once(void *payload) {
    trial *t = payload;
    return t->asked ? SIZE_MAX : (t->asked = true, 0);
}

static void answer_row(void *payload, size_t i, gull_seat *seat) {
    trial *t = payload;
    const size_t dim = t->space.dim;
    gull_question q = {.granted = ~0u, .timeout = t->timeout};
    gull_plan plan = {.count = 1};
    gull_outcome outcome = {0};
    double *room = calloc(2 * dim + (size_t)t->model->facts.classes, sizeof *room);
    gull_row row = {.question = &q, .plan = &plan, .model = t->model, .seat = seat,
                    .upper = t->start, .lower_by = -1, .upper_by = -1, .witness = room,
                    .trial = room + dim, .scores = room + 2 * dim, .outcome = &outcome};
    (void)i;
    plan.spec[0] = (gull_spec){.method = t->method, .text = (char *)(uintptr_t) "proof",
                               .options = &t->options, .proof = true};
    row.problem = (gull_problem){t->space, t->goal, t->cost, t->eps, t->eps_count};
    gull__run_method(&row, 0);
    t->lower = row.lower_by < 0 ? -1 : row.lower;
    t->status = outcome.status;
    t->contradiction = row.contradiction;
    free(room);
}

static void answer(trial *t) {
    gull_error err;
    t->asked = false;
    t->status = gull__batch_run(t->model, 1, once, answer_row, t, &err) < 0 ? -99 : t->status;
}

static gull_model *model_of(gull_graph *g) {
    gull_model *m = NULL;
    const gull_model_facts facts = {.classes = (int)g->tensor[g->output].size,
                                    .dim = g->tensor[g->input].size, .f32 = false,
                                    .scores = "logits"};
    if (gull__network_new(&m, &facts, g, "f64", NULL) < 0) return NULL;
    return m;
}

static const gull_graph *graph_of(const gull_model *m) {
    return m->family->structure(m->state, GULL_CAN_GRAPH);
}

typedef struct place { /* a row and its box */
    double x0[8], lo[8], hi[8], weight[8];
} place;

static place place_new(bool box) {
    place p;
    for (int i = 0; i < 8; i++) {
        p.x0[i] = uniform(0, 1);
        p.lo[i] = box ? 0 : -INFINITY;
        p.hi[i] = box ? 1 : INFINITY;
        p.weight[i] = uniform(0.5, 2);
    }
    return p;
}

static int best_class(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}

static trial trial_new(const gull_model *m, const place *p, int cost, const double *scores) {
    trial t = {.model = m, .cost = gull_costs[cost], .method = &gull_proof_crown,
               .options = {GULL_BOUNDS_CROWN, 1, 40, 1e-4, 1e9}, .start = INFINITY};
    t.space = (gull_space){p->x0, p->lo, p->hi, p->weight, m->facts.dim, false, NULL};
    t.goal = (gull_goal){GULL_MISS, best_class(scores, m->facts.classes), 0, 0};
    return t;
}

/* scores[win] - scores[lose] of an affine network: its gradient. */
static void slopes(values *v, int win, int lose, size_t dim, double *a) {
    double x[8] = {0};
    const double *s = v->at[v->g->output];
    evaluate(v, x);
    const double zero = s[win] - s[lose];
    for (size_t j = 0; j < dim; j++) {
        x[j] = 1;
        evaluate(v, x);
        a[j] = s[win] - s[lose] - zero;
        x[j] = 0;
    }
}

/* The exact distance of an affine network: the nearest half-space. */
static double exact_distance(const gull_model *m, const trial *t, values *v) {
    double least = INFINITY, a[8];
    const double *s = v->at[v->g->output];
    for (int c = 0; c < m->facts.classes; c++) {
        if (c == t->goal.label) continue;
        slopes(v, c, t->goal.label, t->space.dim, a);
        evaluate(v, t->space.x0);
        least = fmin(least, t->cost->halfspace(&t->space, a, s[t->goal.label] - s[c], NULL));
    }
    return least;
}

static void affine_networks(const gull_method *method) {
    for (int c = GULL_L1; gull_costs[c]; c++) {
        double worst = 0, over = 0;
        for (int k = 0; k < 20; k++) {
            build b = begin(1, (int64_t[]){8});
            gemm(&b, 3);
            gull_model *m = model_of(end(&b));
            const place p = place_new(k & 1);
            values v = values_new(graph_of(m));
            evaluate(&v, p.x0);
            trial t = trial_new(m, &p, c, v.at[v.g->output]);
            t.method = method;
            if (k & 2) t.start = 2 * exact_distance(m, &t, &v);
            answer(&t);
            const double want = exact_distance(m, &t, &v);
            if (isfinite(want)) worst = fmax(worst, (want - t.lower) / want);
            over = fmax(over, (t.lower - want) / want);
            if (t.status < 0 || t.contradiction) worst = INFINITY;
            values_free(&v);
            gull_model_close(&m);
        }
        tap_ok(worst < 1e-3 && over <= 0, "%s, affine, %s: the exact distance (%g, %g)",
               method->name, gull_costs[c]->name, worst, over);
    }
}

/* The i-th of the places on an axis of the box; the first is x0. */
static double place_at(const trial *t, int axis, int i) {
    const double lo = t->space.lo[axis], hi = t->space.hi[axis];
    return i ? lo + (hi - lo) * ((i - 1) / 150.) : t->space.x0[axis];
}

/* The distance to the nearest grid point of another class, two inputs. */
static double grid_distance(const trial *t, values *v) {
    double least = INFINITY;
    for (int i = 0; i <= 151; i++)
        for (int j = 0; j <= 151; j++) {
            const double x[2] = {place_at(t, 0, i), place_at(t, 1, j)};
            evaluate(v, x);
            if (best_class(v->at[v->g->output], 3) == t->goal.label) continue;
            least = fmin(least, t->cost->measure(&t->space, x));
        }
    return least;
}

static void grids(void) {
    int wrong = 0, weaker = 0, moved = 0;
    for (int k = 0; k < 60; k++) {
        build b = begin(1, (int64_t[]){2});
        gemm(&b, 8), unary(&b, k & 1 ? "Relu" : "Sigmoid"), gemm(&b, 6), unary(&b, "Relu");
        gemm(&b, 3);
        gull_model *m = model_of(end(&b));
        place p = place_new(true);
        for (int i = 0; i < 2; i++) p.lo[i] = -3, p.hi[i] = 4;
        values v = values_new(graph_of(m));
        evaluate(&v, p.x0);
        trial t = trial_new(m, &p, GULL_L0 + k % 4, v.at[v.g->output]);
        if (k % 3) t.space.weight = NULL;
        const double least = grid_distance(&t, &v);
        answer(&t);
        const double crown = t.lower;
        t.method = &gull_proof_ibp;
        answer(&t);
        wrong += crown > least || t.lower > least || crown < 0;
        weaker += crown < t.lower * 0.99;
        moved += crown > 0;
        values_free(&v);
        gull_model_close(&m);
    }
    tap_ok(!wrong, "two inputs: no proof is above the grid's distance");
    tap_ok(moved > 30 && weaker < 6, "two inputs: %d proofs of 60, crown weaker %d times", moved,
           weaker);
}

static void asked_and_stopped(void) {
    gull_model *m = model_of(net_relu());
    const place p = place_new(true);
    values v = values_new(graph_of(m));
    evaluate(&v, p.x0);
    trial t = trial_new(m, &p, GULL_LINF, v.at[v.g->output]);
    answer(&t);
    const double most = t.lower;
    const double eps[3] = {most / 4, most / 2, most * 4};
    t.eps = eps;
    t.eps_count = 3;
    t.options.steps = 0;
    answer(&t);
    tap_ok(t.lower == most / 2, "asked distances: the last that is proved");
    t.timeout = 1e-9;
    answer(&t);
    tap_ok(t.status == GULL_ETIME && t.lower <= 0, "a time-out moves no bound");
    t.timeout = 0;
    t.start = most / 3;
    t.options.steps = 10;
    answer(&t);
    tap_ok(t.lower <= t.start && t.lower > most / 4, "never above a known witness");
    t = trial_new(m, &p, GULL_LINF, v.at[v.g->output]);
    t.goal = (gull_goal){GULL_TARGET, t.goal.label, (t.goal.label + 1) % 4, 0};
    answer(&t);
    tap_ok(t.lower >= most * 0.999, "a target is at least as far as any other class");
    t.goal.target = t.goal.label;
    answer(&t);
    tap_ok(t.lower == 0, "a target that is reached already is at distance 0");
    values_free(&v);
    gull_model_close(&m);
}

static void operators_without_a_bound(void) {
    build b = begin(1, (int64_t[]){4});
    gemm(&b, 4), unary(&b, "RandomNormalLike"), gemm(&b, 3);
    gull_model *m = model_of(end(&b));
    const place p = place_new(true);
    trial t = trial_new(m, &p, GULL_LINF, (double[]){1, 0, 0});
    gull_error err = {0, ""};
    gull_bounds *bounds;
    answer(&t);
    tap_ok(t.status < 0 && t.lower < 0, "no bound of a random number: %s", gull_status_text(t.status));
    gull_bounds_new(&bounds, graph_of(m), &err);
    tap_ok(strstr(err.text, "node 1 (RandomNormalLike") != NULL, "it is named: %s", err.text);
    gull_model_close(&m);
}

/* ---- VNN-COMP's mnist_fc: verdicts that several programs agree on ---- */

typedef struct property { /* a box, and the class that shall win in it */
    double x0[784], lo[784], hi[784];
    int label;
} property;

static bool read_property(const char *path, property *p) {
    char line[4000];
    int i, rivals[10] = {0}, other;
    double v;
    FILE *f = fopen(path, "r");
    if (!f) return false;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "(assert (<= X_%d %lf", &i, &v) == 2) p->hi[i % 784] = v;
        if (sscanf(line, "(assert (>= X_%d %lf", &i, &v) == 2) p->lo[i % 784] = v;
        const char *at = strstr(line, "(>= Y_");
        if (at && sscanf(at, "(>= Y_%d Y_%d", &i, &other) == 2) rivals[other % 10]++;
    }
    fclose(f);
    for (p->label = 0; p->label < 9 && rivals[p->label] < 2;) p->label++;
    for (i = 0; i < 784; i++) p->x0[i] = p->lo[i] / 2 + p->hi[i] / 2;
    return true;
}

/* 1: the whole box is proved. */
static int proves(const gull_graph *g, const property *p) {
    const gull_space s = {p->x0, p->lo, p->hi, NULL, 784, true, NULL};
    const gull_region region = {&s, gull_costs[GULL_LINF], 1};
    const gull_goal goal = {GULL_MISS, p->label, 0, 0};
    double lower[10];
    gull_bounds *b;
    if (gull_bounds_new(&b, g, NULL) < 0) return -1;
    int status = gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
    if (status >= 0) status = gull_bounds_margins(b, &goal, 10, false, lower);
    gull_bounds_free(b);
    return status < 0 ? status : gull_bounds_proved(&goal, 10, lower);
}

static void published_verdicts(const char *dir) {
    char path[600], line[300], net[100], spec[100], verdict[20];
    int wrong = 0, proved = 0, unsat = 0, sat = 0;
    snprintf(path, sizeof path, "%s/vnncomp/mnist_fc/consensus.csv", dir);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        static property p;
        gull_model *m;
        if (sscanf(line, "%99[^,],%99[^,],%19[^,]", net, spec, verdict) != 3) continue;
        snprintf(path, sizeof path, "%s/vnncomp/mnist_fc/%s", dir, spec);
        if (!strstr(net, "256x2") || !read_property(path, &p)) continue;
        snprintf(path, sizeof path, "%s/vnncomp/mnist_fc/%s", dir, net);
        if (gull_model_open(&m, path, NULL) < 0) continue;
        const int yes = proves(graph_of(m), &p);
        wrong += yes < 0 || (yes && !strcmp(verdict, "sat"));
        proved += yes == 1;
        unsat += !strcmp(verdict, "unsat");
        sat += !strcmp(verdict, "sat");
        gull_model_close(&m);
    }
    if (f) fclose(f);
    tap_ok(!wrong && sat > 0, "mnist_fc 256x2: none of %d with a counterexample is proved", sat);
    tap_ok(proved >= 8, "mnist_fc 256x2: %d of %d others are proved", proved, unsat);
}

int main(void) {
    affine_networks(&gull_proof_ibp);
    affine_networks(&gull_proof_crown);
    grids();
    asked_and_stopped();
    operators_without_a_bound();
    if (tap_data()) published_verdicts(tap_data());
    else tap_skip("published verdicts", "no test data");
    return tap_done();
}
