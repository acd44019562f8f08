/* test_ranges.c - intervals of operators that mix numbers: values at sampled points and at
 * corners of random boxes never leave them, boxes of one point are almost points, and the
 * intervals of small boxes are small. */
#include "core/random.h"
#include "graph/graph.h"
#include "tap.h"
#include <float.h>

enum { POINTS = 60 };

typedef struct ints {
    const char *name;
    int64_t v[4];
    size_t count;
} ints;
typedef struct spec {
    const char *name, *onnx;
    int opset, rank;
    int64_t dims[3];
    ints list;
    gull_attribute other[2];
    int kind;           /* 0: of x; 1: x twice; 2: x and Neg(x); 3: x and a constant shape of x */
    double low, high;   /* where x is drawn from */
    double gain;        /* a box of width w gives intervals of at most gain w */
} spec;

#define INT(name, value) {name, 'i', value, 0, NULL, NULL, 0}
#define FLOAT(name, value) {name, 'f', 0, value, NULL, NULL, 0}
#define AXES(...) {"axes", {__VA_ARGS__}, sizeof (int64_t[]){__VA_ARGS__} / 8}

static const spec specs[] = {
    {"mul", "Mul", 13, 1, {6}, {0}, {{0}}, 2, -3, 3, 20},
    {"square", "Mul", 13, 1, {6}, {0}, {{0}}, 1, -3, 3, 20},
    {"div", "Div", 13, 1, {6}, {0}, {{0}}, 2, .5, 3, 20},
    {"div through 0", "Div", 13, 1, {6}, {0}, {{0}}, 2, -3, 3, INFINITY},
    {"prelu of two", "PRelu", 13, 1, {6}, {0}, {{0}}, 2, -3, 3, 20},
    {"pow of two", "Pow", 13, 1, {6}, {0}, {{0}}, 2, .5, 3, INFINITY},
    {"max of two", "Max", 13, 1, {6}, {0}, {{0}}, 2, -3, 3, 2},
    {"min of two", "Min", 13, 1, {6}, {0}, {{0}}, 2, -3, 3, 2},
    {"max and a constant", "Max", 13, 1, {6}, {0}, {{0}}, 3, -3, 3, 2},
    {"reducemax", "ReduceMax", 13, 2, {4, 5}, AXES(2), {{0}}, 0, -3, 3, 2},
    {"reducemin", "ReduceMin", 13, 2, {4, 5}, AXES(1), {{0}}, 0, -3, 3, 2},
    {"reducel1", "ReduceL1", 13, 2, {4, 5}, AXES(1, 2), {{0}}, 0, -3, 3, 25},
    {"reducel2", "ReduceL2", 13, 2, {4, 5}, AXES(1), {{0}}, 0, -3, 3, 20},
    {"reducesumsquare", "ReduceSumSquare", 13, 2, {4, 5}, AXES(2), {{0}}, 0, -3, 3, 50},
    {"reducelogsum", "ReduceLogSum", 13, 2, {4, 5}, AXES(2), {{0}}, 0, .1, 3, 50},
    {"reducelogsum below 0", "ReduceLogSum", 13, 2, {4, 5}, AXES(2), {{0}}, 0, -3, 3, INFINITY},
    {"reducelogsumexp", "ReduceLogSumExp", 13, 2, {4, 5}, AXES(2), {{0}}, 0, -3, 3, 2},
    {"reduceprod", "ReduceProd", 13, 2, {4, 5}, AXES(2), {{0}}, 0, -3, 3, 2000},
    {"softmax", "Softmax", 13, 2, {4, 5}, {0}, {{0}}, 0, -3, 3, 5},
    {"softmax, old", "Softmax", 11, 2, {4, 5}, {0}, {{0}}, 0, -3, 3, 5},
    {"logsoftmax", "LogSoftmax", 13, 2, {4, 5}, {0}, {INT("axis", 1)}, 0, -3, 3, 5},
    {"lpnormalization", "LpNormalization", 13, 2, {4, 5}, {0}, {{0}}, 0, -3, 3, 50},
    {"lpnormalization, 1", "LpNormalization", 13, 2, {4, 5}, {0}, {INT("p", 1)}, 0, -3, 3, 50},
    {"lrn", "LRN", 13, 2, {6, 3}, {0}, {INT("size", 4), FLOAT("alpha", .7)}, 0, -3, 3, 20},
    {"layernorm", "LayerNormalization", 17, 2, {4, 5}, {0}, {{0}}, 3, -3, 3, 300},
    {"layernorm of all", "LayerNormalization", 17, 2, {4, 5}, {0}, {INT("axis", 1)}, 3, -3, 3, 300},
    {"rmsnorm", "RMSNormalization", 23, 2, {4, 5}, {0}, {{0}}, 3, -3, 3, 300},
    {"meanvariancenorm", "MeanVarianceNormalization", 13, 2, {4, 5}, AXES(1), {{0}}, 0, -3, 3, 300},
};

static gull_stream stream = {5, 0};
static double uniform(double lo, double hi) {
    return lo + (hi - lo) * gull__stream_uniform(&stream);
}

static int second_input(const spec *s, gull_graph *g, int x, size_t size, gull_error *err) {
    if (s->kind == 1) return x;
    if (s->kind == 2) return gull__graph_node(g, s->low > 0 ? "Exp" : "Neg", "n", 0, &x, 1, NULL, err);
    double *v = malloc(size * sizeof *v);
    for (size_t i = 0; i < size; i++) v[i] = uniform(-1, 1);
    return gull__graph_constant(g, "c", s->rank, s->dims, v);
}

static gull_graph *build(const spec *s) {
    gull_graph *g = gull__graph_new(s->opset);
    gull_error err = {0, ""};
    gull_attribute item[3];
    size_t count = 0;
    int in[2];
    in[0] = gull__graph_input(g, "x", s->rank, s->dims);
    const size_t size = g->tensor[in[0]].size;
    if (s->kind) in[1] = second_input(s, g, in[0], size, &err);
    if (s->list.name)
        item[count++] = (gull_attribute){s->list.name, 'I', 0, 0, NULL, s->list.v, s->list.count};
    for (int i = 0; i < 2 && s->other[i].name; i++) item[count++] = s->other[i];
    const gull_attributes a = {item, count};
    const int out = gull__graph_node(g, s->onnx, "m", 1, in, s->kind ? 2 : 1, &a, &err);
    if (out >= 0 && gull__graph_finish(g, out, &err) == GULL_OK) return g;
    printf("# %s\n", err.text);
    gull_graph_free(g);
    return NULL;
}

typedef struct room { /* per tensor */
    double *lo[8], *hi[8], *value[8];
} room;

static room room_for(const gull_graph *g) {
    room r = {0};
    for (size_t t = 0; t < g->tensor_count; t++) {
        r.lo[t] = calloc(g->tensor[t].size, sizeof(double));
        r.hi[t] = calloc(g->tensor[t].size, sizeof(double));
        r.value[t] = calloc(g->tensor[t].size, sizeof(double));
    }
    return r;
}

static void free_room(const gull_graph *g, room *r) {
    for (size_t t = 0; t < g->tensor_count; t++) free(r->lo[t]), free(r->hi[t]), free(r->value[t]);
}

static void run(const gull_graph *g, room *r) {
    const gull_pass64 pass = {.graph = g, .n = 1, .value = r->value};
    for (size_t i = 0; i < g->node_count; i++) g->node[i].op64->forward(&g->node[i], &pass);
}

/* Neg and Exp in between: they are monotone. */
static void run_bounds(const gull_graph *g, room *r) {
    for (size_t i = 0; i + 1 < g->node_count; i++) {
        const bool neg = !strcmp(g->node[i].op64->onnx, "Neg");
        for (size_t k = 0; k < g->tensor[g->node[i].out].size; k++) {
            r->lo[g->node[i].out][k] = neg ? -r->hi[g->input][k] : exp(r->lo[g->input][k]) * (1 - 1e-15);
            r->hi[g->node[i].out][k] = neg ? -r->lo[g->input][k] : exp(r->hi[g->input][k]) * (1 + 1e-15);
        }
    }
    const gull_node *n = &g->node[g->node_count - 1];
    n->op64->interval(n, g, (const double *const *)r->lo, (const double *const *)r->hi,
                      r->lo[g->output], r->hi[g->output]);
}

static void draw_box(const spec *s, const gull_graph *g, room *r, double width) {
    for (size_t i = 0; i < g->tensor[g->input].size; i++) {
        const double u = uniform(s->low, s->high), w = uniform(0, width);
        r->lo[g->input][i] = u;
        r->hi[g->input][i] = s->low > 0 ? u + w : u + w * uniform(0, 2);
        if (gull__stream_next(&stream) % 8 == 0) r->hi[g->input][i] = u;
        if (s->low < 0 && gull__stream_next(&stream) % 16 == 0) r->lo[g->input][i] = fmin(0, u);
    }
}

static void draw_point(const gull_graph *g, room *r, int k) {
    for (size_t i = 0; i < g->tensor[g->input].size; i++) {
        const double lo = r->lo[g->input][i], hi = r->hi[g->input][i];
        const uint64_t side = gull__stream_next(&stream) % 3;
        const double x = k % 3 == 0 || side == 2 ? fmin(hi, fmax(lo, uniform(lo, hi)))
                                                 : side ? hi : lo;
        r->value[g->input][i] = x;
    }
}

static bool stays_inside(const gull_graph *g, room *r, double *excess) {
    const int t = g->output;
    for (size_t k = 0; k < g->tensor[t].size; k++) {
        const double y = r->value[t][k], lo = r->lo[t][k], hi = r->hi[t][k];
        const double slack = 4e-15 * (1 + fabs(y)); /* of the value itself */
        if (isnan(y) && (isinf(lo) || isinf(hi))) continue;
        if (isinf(y) && lo <= y && y <= hi) continue;
        *excess = fmax(*excess, fmax(lo - y, y - hi));
        if (!(lo <= y + slack && y - slack <= hi)) return false;
    }
    return true;
}

static void check(const spec *s) {
    static const double widths[] = {0, 1e-12, 1e-6, 1e-3, .1, 1, 10, 1000};
    gull_graph *g = build(s);
    bool good = true;
    double excess = -INFINITY, gain = 0, point = 0;
    if (!tap_ok(g != NULL, "%s is built", s->name)) return;
    room r = room_for(g);
    for (int b = 0; b < 400 && good; b++) {
        const double w = widths[b % 8];
        draw_box(s, g, &r, w);
        run_bounds(g, &r);
        for (int k = 0; k < POINTS && good; k++) {
            draw_point(g, &r, k);
            run(g, &r);
            good = stays_inside(g, &r, &excess);
        }
        for (size_t k = 0; k < g->tensor[g->output].size; k++) {
            const double wide = r.hi[g->output][k] - r.lo[g->output][k];
            double most = 0;
            for (size_t i = 0; i < g->tensor[g->input].size; i++)
                most = fmax(most, r.hi[g->input][i] - r.lo[g->input][i]);
            if (w == 0 && most == 0) point = fmax(point, wide);
            if (w == 1e-3 && most < .01) gain = fmax(gain, wide / most);
        }
    }
    tap_ok(good, "%s: 24,000 points stay inside (excess %g)", s->name, excess);
    tap_ok(isinf(s->gain) || (gain <= s->gain && point < 1e-9),
           "%s: small boxes give small intervals (%g times; %g of points)", s->name, gain, point);
    free_room(g, &r);
    gull_graph_free(g);
}

int main(void) {
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) check(&specs[i]);
    return tap_done();
}
