/* test_plan.c - whole networks in a backend's own layouts: scores and gradients against
 * double and against the same backend node by node; a row's bits wherever it stands, in
 * tiles of any size and on several threads; no reference code inside. */
#include "core/random.h"
#include "graph/graph.h"
#include "graph/runs.h"
#include "tap.h"
#include <pthread.h>

enum { ROWS = 16 };

static gull_stream stream = {11, 0};

static double uniform(double lo, double hi) {
    return (float)(lo + (hi - lo) * gull__stream_uniform(&stream));
}

static int constant(gull_graph *g, int rank, const int64_t *dims, double size) {
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= (size_t)dims[i];
    double *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = uniform(-size, size);
    return gull__graph_constant(g, "c", rank, dims, v);
}

static int node(gull_graph *g, const char *op, const int *in, int count,
                const gull_attribute *a, size_t attributes) {
    gull_error err = {0, ""};
    const gull_attributes all = {a, attributes};
    const int t = gull__graph_node(g, op, op, (int)g->node_count, in, count, &all, &err);
    if (t < 0) printf("# %s\n", err.text);
    return t;
}

static int op(gull_graph *g, const char *name, int x) { return node(g, name, &x, 1, NULL, 0); }

static int add(gull_graph *g, int x, int y) {
    return node(g, "Add", (int[]){x, y}, 2, NULL, 0);
}

static int conv(gull_graph *g, int x, int64_t out, int64_t kernel, int64_t stride,
                int64_t group) {
    const int64_t in = g->tensor[x].dims[0], pad = kernel / 2;
    const int64_t w[] = {out, in / group, kernel, kernel};
    const int64_t strides[] = {stride, stride}, pads[] = {pad, pad, pad, pad};
    const gull_attribute a[] = {{"strides", 'I', 0, 0, NULL, strides, 2},
                                {"pads", 'I', 0, 0, NULL, pads, 4},
                                {"group", 'i', group, 0, NULL, NULL, 0}};
    const double size = 1.7 / sqrt((double)(in / group * kernel * kernel));
    const int c[] = {x, constant(g, 4, w, size), constant(g, 1, &out, 0.3)};
    return node(g, "Conv", c, 3, a, 3);
}

static int pool(gull_graph *g, const char *name, int x, int64_t kernel, int64_t stride,
                int64_t ceil_mode) {
    const int64_t k[] = {kernel, kernel}, s[] = {stride, stride};
    const gull_attribute a[] = {{"kernel_shape", 'I', 0, 0, NULL, k, 2},
                                {"strides", 'I', 0, 0, NULL, s, 2},
                                {"ceil_mode", 'i', ceil_mode, 0, NULL, NULL, 0}};
    return node(g, name, &x, 1, a, 3);
}

static int gemm(gull_graph *g, int x, int64_t out, int transposed) {
    const int64_t in = g->tensor[x].dims[0], w[] = {transposed ? out : in, transposed ? in : out};
    const gull_attribute a = {"transB", 'i', transposed, 0, NULL, NULL, 0};
    const int c[] = {x, constant(g, 2, w, 1.7 / sqrt((double)in)), constant(g, 1, &out, 0.3)};
    return node(g, "Gemm", c, 3, &a, 1);
}

static int matmul_bias(gull_graph *g, int x, int64_t out) {
    const int64_t w[] = {g->tensor[x].dims[0], out};
    const int y = node(g, "MatMul", (int[]){x, constant(g, 2, w, 0.2)}, 2, NULL, 0);
    return add(g, y, constant(g, 1, &out, 0.3));
}

static int relu_conv(gull_graph *g, int x, int64_t out, int64_t kernel, int64_t stride) {
    return op(g, "Relu", conv(g, x, out, kernel, stride, 1));
}

static int small(gull_graph *g, int x) {
    x = relu_conv(g, relu_conv(g, x, 32, 3, 1), 48, 3, 2);
    return gemm(g, op(g, "Relu", gemm(g, op(g, "Flatten", x), 33, 1)), 10, 0);
}

/* Two blocks, the second with a strided shortcut. */
static int residual(gull_graph *g, int x) {
    x = relu_conv(g, x, 16, 3, 1);
    x = op(g, "Relu", add(g, conv(g, relu_conv(g, x, 16, 3, 1), 16, 3, 1, 1), x));
    const int a = conv(g, relu_conv(g, x, 32, 3, 2), 32, 3, 1, 1);
    x = op(g, "Relu", add(g, conv(g, x, 32, 1, 2, 1), a));
    return gemm(g, op(g, "Flatten", op(g, "GlobalAveragePool", x)), 10, 1);
}

static int relu6(gull_graph *g, int x) {
    const gull_attribute a[] = {{"min", 'f', 0, 0, NULL, NULL, 0},
                                {"max", 'f', 0, 0.4, NULL, NULL, 0}};
    return node(g, "Clip", &x, 1, a, 2);
}

/* Depthwise blocks with a top, as in MobileNet. */
static int mobile(gull_graph *g, int x) {
    x = relu6(g, conv(g, x, 16, 3, 2, 1));
    for (int i = 0; i < 2; i++) {
        const int y = relu6(g, conv(g, relu6(g, conv(g, x, 48, 1, 1, 1)), 48, 3, 1, 48));
        x = add(g, x, conv(g, y, 16, 1, 1, 1));
    }
    x = relu6(g, add(g, relu6(g, x), x));
    return gemm(g, op(g, "Flatten", op(g, "GlobalAveragePool", x)), 10, 1);
}

/* Sums read twice and not masked, a ReLU that does not own its input. */
static int preactivation(gull_graph *g, int x) {
    x = conv(g, x, 16, 3, 1, 1);
    for (int i = 0; i < 3; i++) {
        const int y = op(g, "Relu", x);
        x = add(g, x, conv(g, relu_conv(g, y, 16, 3, 1), 16, 3, 1, 1));
    }
    x = add(g, x, x);
    return gemm(g, op(g, "Flatten", pool(g, "AveragePool", x, 3, 2, 0)), 5, 1);
}

static int pooled(gull_graph *g, int x) {
    x = pool(g, "MaxPool", relu_conv(g, x, 20, 5, 1), 2, 2, 0);
    x = pool(g, "MaxPool", op(g, "Relu", conv(g, x, 40, 3, 1, 1)), 3, 2, 1);
    return matmul_bias(g, op(g, "Relu", gemm(g, op(g, "Flatten", x), 31, 1)), 7);
}

/* Nodes that no plan knows, between plans and beside them. */
static int mixed(gull_graph *g, int x) {
    x = op(g, "Tanh", relu_conv(g, x, 32, 3, 2));
    const int y = conv(g, x, 32, 3, 1, 32);
    x = op(g, "Relu", add(g, op(g, "Sigmoid", y), conv(g, y, 32, 1, 1, 1)));
    return op(g, "Tanh", gemm(g, op(g, "Flatten", x), 6, 1));
}

static int dense(gull_graph *g, int x) {
    x = op(g, "Flatten", x);
    for (int i = 0; i < 3; i++) x = op(g, "Relu", gemm(g, x, 50, i % 2));
    return matmul_bias(g, x, 5);
}

/* Sizes of `dense`: no block fits. */
static int odd(gull_graph *g, int x) {
    x = relu_conv(g, relu_conv(g, x, 5, 3, 2), 7, 3, 1);
    return gemm(g, op(g, "Flatten", x), 3, 1);
}

typedef struct spec {
    const char *name;
    int (*build)(gull_graph *, int x);
    int64_t dims[3];
    size_t plans; /* of the `onednn` backend; 0: not asked */
} spec;
static const spec specs[] = {
    {"small, 1 channel", small, {1, 20, 20}, 1},
    {"small, 2 channels", small, {2, 9, 11}, 1},
    {"small, 4 channels", small, {4, 12, 9}, 1},
    {"residual, 3 channels", residual, {3, 16, 16}, 1},
    {"preactivation", preactivation, {3, 10, 10}, 1},
    {"mobile", mobile, {3, 17, 15}, 1},
    {"pools", pooled, {1, 28, 28}, 0},
    {"mixed", mixed, {3, 13, 13}, 0},
    {"dense", dense, {1, 4, 5}, 0},
    {"odd sizes", odd, {3, 9, 7}, 0},
};

static double dot(const void *arg, const double *scores, int classes, double *w) {
    const double *u = arg;
    double sum = 0;
    for (int i = 0; i < classes; i++) sum += scores[i] * (w[i] = u[i]);
    return sum;
}

typedef struct answer {
    double *scores, *gradient;
    size_t classes, dim;
} answer;

static answer new_answer(const gull_graph *g) {
    answer a = {NULL, NULL, g->tensor[g->output].size, g->tensor[g->input].size};
    a.scores = calloc(ROWS * a.classes, sizeof *a.scores);
    a.gradient = calloc(ROWS * a.dim, sizeof *a.gradient);
    return a;
}

static void free_answer(answer *a) {
    free(a->scores);
    free(a->gradient);
}

static int ask(gull_evaluator *e, const double *x, const double *u, size_t first, size_t n,
               answer *a) {
    gull_loss loss[ROWS];
    for (size_t i = 0; i < n; i++) loss[i] = (gull_loss){dot, u};
    return gull_evaluator_gradient(e, x + first * a->dim, n, loss,
                                   a->scores + first * a->classes, NULL,
                                   a->gradient + first * a->dim);
}

static answer ask_all(const gull_graph *g, const char *backend, const double *x,
                      const double *u, size_t step) {
    answer a = new_answer(g);
    gull_evaluator *e;
    if (!tap_ok(gull_evaluator_new(&e, g, ROWS, backend, NULL) == GULL_OK, "%s", backend))
        return a;
    for (size_t r = 0; r < ROWS; r += step)
        ask(e, x, u, r, ROWS - r < step ? ROWS - r : step, &a);
    gull_evaluator_free(e);
    return a;
}

static double far(const double *a, const double *b, size_t n) {
    double difference = 0, size = 1e-30;
    for (size_t i = 0; i < n; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        size += b[i] * b[i];
    }
    return sqrt(difference / size);
}

static bool same(const answer *a, const answer *b) {
    return !memcmp(a->scores, b->scores, ROWS * a->classes * sizeof *a->scores) &&
           !memcmp(a->gradient, b->gradient, ROWS * a->dim * sizeof *a->gradient);
}

/* Each thread asks all rows of its own evaluator, in another order of questions. */
typedef struct shard {
    const gull_graph *graph;
    const char *backend;
    const double *x, *u;
    size_t step;
    answer answer;
    pthread_t thread;
} shard;

static void *ask_shard(void *arg) {
    shard *s = arg;
    gull_evaluator *e;
    s->answer = new_answer(s->graph);
    if (gull_evaluator_new(&e, s->graph, ROWS, s->backend, NULL) < 0) return NULL;
    for (size_t r = 0; r < ROWS; r += s->step)
        ask(e, s->x, s->u, r, ROWS - r < s->step ? ROWS - r : s->step, &s->answer);
    gull_evaluator_free(e);
    return NULL;
}

static void check_threads(const spec *s, const gull_graph *g, const char *backend,
                          const double *x, const double *u, const answer *whole) {
    shard shards[2] = {{.step = 16}, {.step = 5}};
    bool good = true;
    for (int i = 0; i < 2; i++) {
        shards[i] = (shard){.graph = g, .backend = backend, .x = x, .u = u,
                            .step = shards[i].step};
        pthread_create(&shards[i].thread, NULL, ask_shard, &shards[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(shards[i].thread, NULL);
        good &= same(&shards[i].answer, whole);
        free_answer(&shards[i].answer);
    }
    tap_ok(good, "%s, %s: the same bits on two threads", s->name, backend);
}

static void check_backend(const spec *s, const gull_graph *g, const char *backend,
                          const double *x, const double *u, const answer *exact) {
    answer whole = ask_all(g, backend, x, u, ROWS);
    const double f = far(whole.scores, exact->scores, ROWS * whole.classes);
    const double d = far(whole.gradient, exact->gradient, ROWS * whole.dim);
    tap_ok(f < 2e-6 && d < 2e-4, "%s, %s against double: scores %.1e, gradient %.1e", s->name,
           backend, f, d);
    for (size_t step = 1; step < ROWS; step += step < 5 ? 1 : 4) {
        answer part = ask_all(g, backend, x, u, step);
        tap_ok(same(&part, &whole), "%s, %s: the same bits %zu rows at a time", s->name, backend,
               step);
        free_answer(&part);
    }
    check_threads(s, g, backend, x, u, &whole);
    free_answer(&whole);
}

/* Plans refuse reference code, so that one plan for all nodes has none of it. */
static void check_plans(const spec *s, const gull_graph *g) {
    const gull_backend *b = gull__backend("onednn");
    float **value = calloc(g->tensor_count, sizeof *value);
    gull_runs runs;
    if (!b || !s->plans) {
        free(value);
        return;
    }
    const int status = gull__runs_new(g, b, ROWS, value, &runs);
    size_t plans = 0;
    for (size_t i = 0; i < runs.count; i++) plans += runs.run[i].plan != NULL;
    tap_ok(status == GULL_OK && runs.count == s->plans && plans == s->plans,
           "%s: %zu of %zu runs are plans", s->name, plans, runs.count);
    gull__runs_free(b, &runs);
    for (size_t t = 0; t < g->tensor_count; t++) free(value[t]);
    free(value);
}

static void check(const spec *s) {
    gull_graph *g = gull__graph_new(17);
    gull_error err = {0, ""};
    const int x0 = gull__graph_input(g, "x", 3, s->dims), out = s->build(g, x0);
    if (!tap_ok(out >= 0 && gull__graph_finish(g, out, &err) == GULL_OK, "%s is built", s->name))
        return;
    const size_t dim = g->tensor[g->input].size, classes = g->tensor[g->output].size;
    double *x = malloc(ROWS * dim * sizeof *x), *u = malloc(classes * sizeof *u);
    for (size_t i = 0; i < ROWS * dim; i++) x[i] = uniform(-1, 1);
    for (size_t i = 0; i < classes; i++) u[i] = uniform(-1, 1);
    answer exact = ask_all(g, "f64", x, u, ROWS);
    for (size_t i = 0; gull_backends[i]; i++)
        check_backend(s, g, gull_backends[i]->name, x, u, &exact);
    check_plans(s, g);
    free_answer(&exact);
    free(x);
    free(u);
    gull_graph_free(g);
}

int main(void) {
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) check(&specs[i]);
    return tap_done();
}
