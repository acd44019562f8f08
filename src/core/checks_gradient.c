/* checks_gradient.c - is there a gradient, and is it the model's?  Finite differences of the
 * second evaluator, zero gradients counted, and scores so far apart that a softmax in float32
 * has none (Carlini et al. 2019, section 4; Athalye et al. 2018, section 3.1). */
#include "core/checks.h"
#include "core/model.h"
#include "core/random.h"
#include "graph/graph.h"
#include <stdlib.h>
#include <string.h>

static double margin(const void *goal, const double *scores, int classes, double *w) {
    return gull_goal_value(goal, scores, classes, w);
}

typedef struct slopes {
    const gull_result *r;
    const gull_model *m;
    size_t row[GULL_SAMPLE], count, next;
    size_t good, flat, saturated;
    double worst;
} slopes;

static size_t next_slope(void *payload) {
    slopes *c = payload;
    return c->next < c->count ? c->next++ : SIZE_MAX;
}

/* The goal's value at x + step d, by the second evaluator; y: room for dim + classes. */
static double along(slopes *c, gull_seat *seat, const gull_goal *goal, const double *x,
                    const double *d, double step, double *y) {
    const size_t dim = c->r->task.dim;
    double *scores = y + dim;
    for (size_t i = 0; i < dim; i++) y[i] = x[i] + step * d[i];
    if (gull__seat_reference(seat, y, scores) < 0) return NAN;
    return gull_goal_value(goal, scores, c->m->facts.classes, NULL);
}

/* A point beside the row: on it, flat backgrounds tie the inputs of a maximum, and there is no
 * gradient to compare. */
static void step_aside(const gull_task *t, size_t row, uint64_t seed, double *x) {
    const double *x0 = t->x + row * t->dim;
    gull_stream random = gull__stream(seed, row, "gradient check");
    double most = 0;
    for (size_t i = 0; i < t->dim; i++) most = fmax(most, fabs(x0[i]));
    for (size_t i = 0; i < t->dim; i++) {
        const double v = x0[i] + 0.02 * most * (gull__stream_uniform(&random) - 0.5);
        x[i] = (double)(float)fmin(fmax(v, t->lo[i]), t->hi[i]);
    }
}

/* float32 softmax is exactly 1 where every other class is e^17 behind. */
static bool saturates(const gull_goal *goal, const double *scores, int classes) {
    gull_goal miss = *goal;
    miss.kind = GULL_MISS;
    return gull_goal_value(&miss, scores, classes, NULL) < -17;
}

/* g: room for 4 dim + 2 classes. */
static void compare_slopes(slopes *c, size_t k, gull_seat *seat, double *g) {
    const gull_task *t = &c->r->task;
    double *d = g + t->dim, *x = d + t->dim, *y = x + t->dim, length = 0, size = 0;
    double *scores = y + t->dim + c->m->facts.classes;
    step_aside(t, c->row[k], c->r->asked.seed, x);
    const gull_goal goal = {c->r->asked.goal, t->label[c->row[k]], c->r->asked.target, 0};
    if (gull__seat_gradient(seat, x, (gull_loss){margin, &goal}, scores, NULL, g) < 0) return;
    c->saturated += saturates(&goal, scores, c->m->facts.classes);
    for (size_t i = 0; i < t->dim; i++) {
        length += g[i] * g[i];
        size += x[i] * x[i];
    }
    length = sqrt(length);
    c->flat += !(length > 0);
    if (!(length > 0)) return;
    for (size_t i = 0; i < t->dim; i++) d[i] = g[i] / length;
    const double h = 1e-6 * fmax(1, sqrt(size)), up = along(c, seat, &goal, x, d, h, y),
                 down = along(c, seat, &goal, x, d, -h, y);
    const double off = fabs((up - down) / (2 * h) - length) / length;
    c->good += off < 0.05; /* a float gradient of a hundred layers is good to a few percent */
    c->worst = fmax(c->worst, off);
}

static void do_slope(void *payload, size_t k, gull_seat *seat) {
    slopes *c = payload;
    const size_t classes = (size_t)c->m->facts.classes;
    double *room = malloc((4 * c->r->task.dim + 2 * classes) * sizeof *room);
    if (room) compare_slopes(c, k, seat, room);
    free(room);
}

/* Of all gradients that the attacks asked for, how many were zero in every feature. */
static void check_zero(gull_result *r) {
    static const char name[] = "gradients are not zero";
    uint64_t asked = 0, flat = 0;
    for (size_t i = 0; i < r->task.rows; i++)
        for (size_t k = 0; k < r->plan.count; k++) {
            const gull_outcome *o = &r->answer[i].outcome[k];
            if (r->answer[i].status == GULL_NOT_DONE || !o->ran || r->plan.spec[k].is_part) continue;
            asked += o->gradients;
            flat += o->flat;
        }
    if (!asked) gull__check_add(r, name, "not run", "no gradient was asked for");
    else
        gull__check_add(r, name, flat * 20 > asked ? "fail" : "pass",
                        "%llu of %llu gradients that the attacks asked for were zero (%.2g%%)",
                        (unsigned long long)flat, (unsigned long long)asked,
                        100 * (double)flat / (double)asked);
}

/* Operators whose gradient is a stand-in: the first one's name, or NULL. */
static const char *straight_through(const gull_model *m) {
    const bool network = m->family->can(m->state) & GULL_CAN_GRAPH;
    const gull_graph *g = network ? m->family->structure(m->state, GULL_CAN_GRAPH) : NULL;
    for (size_t i = 0; g && i < g->node_count; i++) {
        const gull_node *n = &g->node[i];
        if (n->op64->traits && n->op64->traits(g, n) & GULL_OP_STRAIGHT) return n->op64->onnx;
    }
    return NULL;
}

static void check_straight(gull_result *r, const gull_model *m) {
    const char *op = straight_through(m);
    gull__check_add(r, "no gradient is a stand-in", op ? "fail" : "pass",
                    op ? "%s has no gradient of its own: attacks climb that of a straight line "
                         "through it, and may miss what is there"
                       : "the gradients are the network's own%s",
                    op ? op : "");
}

static void judge(gull_result *r, const slopes *c, bool logits) {
    const size_t sloped = c->count - c->flat;
    gull__check_add(r, "gradient agrees with finite differences",
                    !sloped ? "not run" : (sloped - c->good) * 4 > sloped ? "fail" : "pass",
                    "of %zu inputs with a gradient %zu agree to 5%%, the worst differs by %.2g "
                    "(float against double)",
                    sloped, c->good, c->worst);
    gull__check_add(r, "scores leave the softmax a gradient",
                    c->saturated * 2 > c->count && !logits ? "fail" : "pass",
                    "on %zu of %zu inputs a softmax in float32 is exactly 1%s", c->saturated,
                    c->count, c->saturated && logits
                                  ? "; gull's losses are taken of the scores before it"
                                  : "");
}

void gull__check_gradients(gull_result *r, const gull_model *m) {
    slopes c = {.r = r, .m = m};
    check_zero(r);
    c.count = gull__check_rows(r, c.row);
    if (m->facts.randomised)
        gull__check_add(r, "gradient agrees with finite differences", "not run",
                        "the model is randomised");
    else if (!(gull__model_can(m) & r->asked.granted & GULL_CAN_GRADIENT) || !c.count)
        gull__check_add(r, "gradient agrees with finite differences", "not run", "%s",
                        c.count ? "no gradient is used" : "no input is left to doubt");
    else if (gull__batch_run(m, 1, next_slope, do_slope, &c, NULL) >= 0)
        judge(r, &c, strcmp(m->facts.scores, "probabilities") != 0);
    if (gull__model_can(m) & r->asked.granted & GULL_CAN_GRADIENT && c.count) check_straight(r, m);
}
