/* test_graph.c - each operator by itself: float against double, one backend against the
 * other, gradients against central differences, `absolute` against unit vectors, and a
 * row's answer bit by bit wherever it stands in its tile. */
#include "core/random.h"
#include "graph/graph.h"
#include "num/backend.h"
#include "tap.h"

enum { ROWS = 16, MOST_IN = 4, MOST_ATTRIBUTES = 4 };

typedef struct input { /* a constant of the node, or the activation */
    int rank;          /* -1: the activation */
    int64_t dims[4];
    double low, high;  /* its numbers are drawn from */
} input;
typedef struct ints {
    const char *name;
    int64_t v[4];
    size_t count;
} ints;
typedef struct spec {
    const char *name, *onnx;
    int rank;
    int64_t dims[3];
    int in_count;
    input in[MOST_IN + 1];
    ints lists[MOST_ATTRIBUTES];
    gull_attribute other[2];
    double low, high; /* of x; 0, 0: -2, 2 */
} spec;

#define X {-1, {0}, 0, 0}
#define INT(name, value) {name, 'i', value, 0, NULL, NULL, 0}
#define FLOAT(name, value) {name, 'f', 0, value, NULL, NULL, 0}

static const spec specs[] = {
    {"gemm", "Gemm", 1, {37}, 3, {X, {2, {37, 21}, -1, 1}, {1, {21}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"gemm transposed, scaled", "Gemm", 1, {19}, 3, {X, {2, {33, 19}, -1, 1}, {2, {1, 33}, -1, 1}},
     {{0}}, {INT("transB", 1), FLOAT("alpha", -.5)}, 0, 0},
    {"matmul", "MatMul", 2, {3, 17}, 2, {X, {2, {17, 5}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"matmul, constant first", "MatMul", 2, {6, 5}, 2, {{2, {4, 6}, -1, 1}, X}, {{0}}, {{0}}, 0, 0},
    {"matmul of x by x", "MatMul", 2, {5, 5}, 2, {X, X}, {{0}}, {{0}}, 0, 0},
    {"conv", "Conv", 3, {3, 9, 8}, 3, {X, {4, {5, 3, 3, 3}, -1, 1}, {1, {5}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"conv, all attributes", "Conv", 3, {4, 11, 12}, 2, {X, {4, {6, 2, 3, 2}, -1, 1}},
     {{"strides", {2, 1}, 2}, {"pads", {1, 2, 0, 1}, 4}, {"dilations", {2, 3}, 2}},
     {INT("group", 2)}, 0, 0},
    {"conv, depthwise", "Conv", 3, {6, 8, 8}, 2, {X, {4, {6, 1, 3, 3}, -1, 1}},
     {{"strides", {2, 2}, 2}, {"pads", {1, 1, 1, 1}, 4}}, {INT("group", 6)}, 0, 0},
    {"conv, 32 channels", "Conv", 3, {32, 8, 8}, 2, {X, {4, {16, 32, 3, 3}, -1, 1}},
     {{"pads", {1, 1, 1, 1}, 4}}, {{0}}, 0, 0},
    {"conv over one axis", "Conv", 2, {3, 20}, 2, {X, {3, {4, 3, 5}, -1, 1}},
     {{"strides", {2}, 1}, {"pads", {2, 1}, 2}}, {{0}}, 0, 0},
    {"add", "Add", 3, {3, 4, 5}, 2, {X, {3, {3, 1, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"add, growing", "Add", 2, {1, 5}, 2, {X, {2, {3, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"add x to x", "Add", 2, {3, 5}, 2, {X, X}, {{0}}, {{0}}, 0, 0},
    {"sub from a constant", "Sub", 2, {3, 4}, 2, {{2, {3, 4}, -1, 1}, X}, {{0}}, {{0}}, 0, 0},
    {"mul", "Mul", 2, {3, 4}, 2, {X, {1, {4}, -2, 2}}, {{0}}, {{0}}, 0, 0},
    {"mul x by x", "Mul", 2, {3, 4}, 2, {X, X}, {{0}}, {{0}}, 0, 0},
    {"div", "Div", 2, {3, 4}, 2, {X, {2, {3, 1}, 1, 2}}, {{0}}, {{0}}, 0, 0},
    {"div of a constant", "Div", 1, {9}, 2, {{1, {9}, 1, 2}, X}, {{0}}, {{0}}, 1, 3},
    {"relu", "Relu", 2, {3, 7}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"sigmoid", "Sigmoid", 1, {9}, 1, {X}, {{0}}, {{0}}, -4, 4},
    {"tanh", "Tanh", 1, {9}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"softmax", "Softmax", 2, {3, 5}, 1, {X}, {{0}}, {INT("axis", 1)}, 0, 0},
    {"logsoftmax", "LogSoftmax", 2, {3, 5}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"maxpool", "MaxPool", 3, {2, 7, 8}, 1, {X},
     {{"kernel_shape", {3, 2}, 2}, {"strides", {2, 1}, 2}, {"pads", {1, 0, 1, 1}, 4}}, {{0}}, 0, 0},
    {"averagepool", "AveragePool", 3, {2, 7, 8}, 1, {X},
     {{"kernel_shape", {3, 2}, 2}, {"strides", {2, 2}, 2}, {"pads", {1, 0, 1, 1}, 4}},
     {INT("ceil_mode", 1)}, 0, 0},
    {"averagepool with padding", "AveragePool", 3, {2, 6, 6}, 1, {X},
     {{"kernel_shape", {3, 3}, 2}, {"pads", {1, 1, 1, 1}, 4}}, {INT("count_include_pad", 1)}, 0, 0},
    {"globalaveragepool", "GlobalAveragePool", 3, {3, 5, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"batchnorm", "BatchNormalization", 3, {3, 4, 4}, 5,
     {X, {1, {3}, -1, 1}, {1, {3}, -1, 1}, {1, {3}, -1, 1}, {1, {3}, 1, 2}}, {{0}}, {{0}}, 0, 0},
    {"flatten", "Flatten", 3, {2, 3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"transpose", "Transpose", 3, {2, 3, 4}, 1, {X}, {{"perm", {0, 3, 1, 2}, 4}}, {{0}}, 0, 0},
    {"identity", "Identity", 1, {4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"neg", "Neg", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"abs", "Abs", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"exp", "Exp", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"sqrt", "Sqrt", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, .1, 3},
    {"leakyrelu", "LeakyRelu", 2, {3, 4}, 1, {X}, {{0}}, {FLOAT("alpha", .25)}, 0, 0},
    {"clip", "Clip", 2, {3, 4}, 3, {X, {0, {0}, -1, 0}, {0, {0}, .5, 1}}, {{0}}, {{0}}, 0, 0},
    {"pow", "Pow", 2, {3, 4}, 2, {X, {1, {4}, -2, 2}}, {{0}}, {{0}}, .1, 3},
    {"pow 2", "Pow", 2, {3, 4}, 2, {X, {0, {0}, 2, 2}}, {{0}}, {{0}}, 0, 0},
    {"pow of a constant", "Pow", 2, {3, 4}, 2, {{1, {4}, .2, 2}, X}, {{0}}, {{0}}, 0, 0},
    {"pow x to x", "Pow", 2, {3, 4}, 2, {X, X}, {{0}}, {{0}}, .1, 3},
    {"reducesum", "ReduceSum", 3, {3, 4, 5}, 2, {X, {1, {1}, 2, 2}}, {{0}}, {{0}}, 0, 0},
    {"reducemean", "ReduceMean", 3, {3, 4, 5}, 1, {X}, {{"axes", {1, 3}, 2}}, {INT("keepdims", 0)}, 0, 0},
    {"reducemax", "ReduceMax", 3, {3, 4, 5}, 1, {X}, {{"axes", {-1, -3}, 2}}, {{0}}, 0, 0},
    {"reducemin", "ReduceMin", 3, {3, 4, 5}, 1, {X}, {{"axes", {2}, 1}}, {{0}}, 0, 0},
    {"log", "Log", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0.1, 3},
    {"erf", "Erf", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"elu", "Elu", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"selu", "Selu", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"celu", "Celu", 2, {3, 4}, 1, {X}, {{0}}, {FLOAT("alpha", 2)}, 0, 0},
    {"hardsigmoid", "HardSigmoid", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"hardswish", "HardSwish", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, -4, 4},
    {"softplus", "Softplus", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"softsign", "Softsign", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"mish", "Mish", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"swish", "Swish", 2, {3, 4}, 1, {X}, {{0}}, {FLOAT("alpha", 1.5)}, 0, 0},
    {"gelu", "Gelu", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"gelu, tanh", "Gelu", 2, {3, 4}, 1, {X}, {{0}}, {{"approximate", 's', 0, 0, "tanh", NULL, 0}}, 0, 0},
    {"thresholdedrelu", "ThresholdedRelu", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"reciprocal", "Reciprocal", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0.5, 2},
    {"sin", "Sin", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"cos", "Cos", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"floor", "Floor", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, -5, 5},
    {"ceil", "Ceil", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, -5, 5},
    {"round", "Round", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, -5, 5},
    {"sign", "Sign", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"prelu", "PRelu", 3, {3, 4, 5}, 2, {X, {3, {3, 1, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"prelu x by x", "PRelu", 2, {3, 4}, 2, {X, X}, {{0}}, {{0}}, 0, 0},
    {"sum", "Sum", 2, {3, 4}, 3, {X, {2, {3, 1}, -1, 1}, {1, {4}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"mean", "Mean", 2, {3, 4}, 3, {{1, {4}, -1, 1}, X, X}, {{0}}, {{0}}, 0, 0},
    {"mean, growing", "Mean", 2, {1, 4}, 2, {X, {2, {3, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"max", "Max", 2, {3, 4}, 3, {{1, {4}, -1, 1}, X, {2, {3, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"min", "Min", 2, {1, 4}, 2, {X, {2, {3, 1}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"reducel1", "ReduceL1", 2, {3, 4}, 1, {X}, {{"axes", {2}, 1}}, {{0}}, 0, 0},
    {"reducel2", "ReduceL2", 2, {3, 4}, 1, {X}, {{"axes", {2}, 1}}, {{0}}, 0, 0},
    {"reducesumsquare", "ReduceSumSquare", 2, {3, 4}, 1, {X}, {{"axes", {1}, 1}}, {{0}}, 0, 0},
    {"reducelogsum", "ReduceLogSum", 2, {3, 4}, 1, {X}, {{"axes", {2}, 1}}, {{0}}, .1, 2},
    {"reducelogsumexp", "ReduceLogSumExp", 2, {3, 4}, 1, {X}, {{"axes", {2}, 1}}, {{0}}, 0, 0},
    {"reduceprod", "ReduceProd", 2, {3, 4}, 1, {X}, {{"axes", {1, 2}, 2}}, {{0}}, 0, 0},
    {"lpnormalization", "LpNormalization", 2, {3, 4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"lpnormalization, p 1", "LpNormalization", 2, {3, 4}, 1, {X}, {{0}}, {INT("p", 1), INT("axis", 1)}, 0, 0},
    {"lrn", "LRN", 3, {5, 2, 3}, 1, {X}, {{0}}, {INT("size", 4), FLOAT("alpha", .5)}, 0, 0},
    {"instancenorm", "InstanceNormalization", 3, {2, 3, 4}, 3,
     {X, {1, {2}, -1, 1}, {1, {2}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"layernorm", "LayerNormalization", 3, {2, 3, 4}, 3,
     {X, {2, {3, 4}, -1, 1}, {1, {4}, -1, 1}}, {{0}}, {INT("axis", -2)}, 0, 0},
    {"rmsnorm", "RMSNormalization", 2, {3, 4}, 2, {X, {1, {4}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"groupnorm", "GroupNormalization", 3, {4, 3, 2}, 3,
     {X, {1, {2}, -1, 1}, {1, {2}, -1, 1}}, {{0}}, {INT("num_groups", 2)}, 0, 0},
    {"meanvariancenorm", "MeanVarianceNormalization", 3, {3, 4, 2}, 1, {X}, {{"axes", {1, 3}, 2}},
     {{0}}, 0, 0},
    {"cumsum", "CumSum", 2, {3, 4}, 2, {X, {0, {0}, 1, 1}}, {{0}}, {{0}}, 0, 0},
    {"cumsum, exclusive, reverse", "CumSum", 2, {3, 4}, 2, {X, {1, {1}, 2, 2}}, {{0}},
     {INT("exclusive", 1), INT("reverse", 1)}, 0, 0},
    {"dropout", "Dropout", 1, {4}, 1, {X}, {{0}}, {{0}}, 0, 0},
    {"squeeze", "Squeeze", 3, {1, 3, 4}, 2, {X, {1, {1}, 1, 1}}, {{0}}, {{0}}, 0, 0},
    {"unsqueeze", "Unsqueeze", 2, {3, 4}, 2, {X, {1, {1}, 2, 2}}, {{0}}, {{0}}, 0, 0},
    {"concat with a constant", "Concat", 2, {3, 4}, 3, {X, {3, {1, 2, 4}, -1, 1}, X}, {{0}},
     {INT("axis", 1)}, 0, 0},
    {"concat of the last axis", "Concat", 2, {3, 4}, 2, {{3, {1, 3, 1}, -1, 1}, X}, {{0}},
     {INT("axis", -1)}, 0, 0},
    {"split, second part", "Split", 2, {3, 6}, 1, {X}, {{0}},
     {INT("axis", 2), INT("num_outputs", 1)}, 0, 0},
    {"slice", "Slice", 2, {5, 6}, 5, {X, {1, {1}, 4, 4}, {1, {1}, -6, -6}, {1, {1}, 1, 1}, {1, {1}, -2, -2}},
     {{0}}, {{0}}, 0, 0},
    {"gather, twice the same", "Gather", 2, {2, 5}, 2, {X, {2, {3, 2}, -4.99, 4.99}}, {{0}},
     {INT("axis", 2)}, 0, 0},
    {"expand", "Expand", 2, {4, 1}, 2, {X, {1, {1}, 3, 3}}, {{0}}, {{0}}, 0, 0},
    {"tile", "Tile", 1, {4}, 2, {X, {1, {2}, 1, 1}}, {{0}}, {{0}}, 0, 0},
    {"gatherelements", "GatherElements", 2, {3, 4}, 2, {X, {3, {1, 2, 3}, -2.99, 2.99}}, {{0}},
     {INT("axis", 1)}, 0, 0},
    {"depthtospace", "DepthToSpace", 3, {8, 2, 3}, 1, {X}, {{0}}, {INT("blocksize", 2)}, 0, 0},
    {"depthtospace, crd", "DepthToSpace", 3, {8, 2, 3}, 1, {X}, {{0}},
     {INT("blocksize", 2), {"mode", 's', 0, 0, "CRD", NULL, 0}}, 0, 0},
    {"spacetodepth", "SpaceToDepth", 3, {2, 4, 6}, 1, {X}, {{0}}, {INT("blocksize", 2)}, 0, 0},
    {"where", "Where", 2, {3, 4}, 3, {{2, {3, 4}, -.5, 1}, X, {1, {4}, -1, 1}}, {{0}}, {{0}}, 0, 0},
    {"topk", "TopK", 2, {3, 5}, 2, {X, {1, {1}, 3, 3}}, {{0}}, {INT("axis", 2)}, 0, 0},
    {"topk, least", "TopK", 2, {3, 5}, 2, {X, {1, {1}, 2, 2}}, {{0}},
     {INT("axis", 1), INT("largest", 0)}, 0, 0},
    {"pad", "Pad", 2, {2, 3}, 4, {X, {1, {2}, 1, 2.99}, {0, {0}, -2, -1}, {1, {1}, 2, 2}}, {{0}},
     {{0}}, 0, 0},
    {"pad, reflecting", "Pad", 2, {2, 4}, 4, {X, {1, {2}, 1, 2.99}, {0, {0}, 1, 2}, {1, {1}, -1, -1}},
     {{0}}, {{"mode", 's', 0, 0, "reflect", NULL, 0}}, 0, 0},
};

static gull_stream stream = {7, 0};

static double uniform(double lo, double hi) {
    return (float)(lo + (hi - lo) * gull__stream_uniform(&stream));
}

static int add_constant(gull_graph *g, const input *c) {
    size_t n = 1;
    for (int i = 0; i < c->rank; i++) n *= (size_t)c->dims[i];
    double *v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = uniform(c->low, c->high);
    return gull__graph_constant(g, "c", c->rank, c->dims, v);
}

static bool is_new(const char *onnx) {
    return !strcmp(onnx, "Gelu") || !strcmp(onnx, "Swish") || !strcmp(onnx, "RMSNormalization");
}

static gull_graph *build(const spec *s) {
    gull_graph *g = gull__graph_new(is_new(s->onnx) ? 24 : 19);
    gull_attribute item[MOST_ATTRIBUTES + 2];
    size_t count = 0;
    int in[MOST_IN + 1];
    gull_error err;
    const int x = gull__graph_input(g, "x", s->rank, s->dims);
    for (int i = 0; i < s->in_count; i++)
        in[i] = s->in[i].rank < 0 ? x : add_constant(g, &s->in[i]);
    for (int i = 0; i < MOST_ATTRIBUTES && s->lists[i].name; i++)
        item[count++] = (gull_attribute){s->lists[i].name, 'I', 0, 0, NULL, s->lists[i].v,
                                         s->lists[i].count};
    for (int i = 0; i < 2 && s->other[i].name; i++) item[count++] = s->other[i];
    const gull_attributes a = {item, count};
    const int out = gull__graph_node(g, s->onnx, "n", 0, in, s->in_count, &a, &err);
    if (out >= 0 && gull__graph_finish(g, out, &err) == GULL_OK) return g;
    printf("# %s\n", err.text);
    gull_graph_free(g);
    return NULL;
}

/* The loss is u . scores for a fixed u. */
static double dot_loss(const void *arg, const double *scores, int classes, double *w) {
    const double *u = arg;
    double sum = 0;
    for (int i = 0; i < classes; i++) {
        sum += u[i] * scores[i];
        if (w) w[i] = u[i];
    }
    return sum;
}

typedef struct answer {
    double *scores, *gradient; /* ROWS x classes, ROWS x dim */
} answer;

typedef struct sizes {
    size_t dim, classes;
} sizes;

static sizes sizes_of(const gull_graph *g) {
    return (sizes){g->tensor[g->input].size, g->tensor[g->output].size};
}

/* n rows in one call. */
static int ask(const gull_graph *g, const char *backend, const double *x, size_t n,
               const double *u, answer *out) {
    const sizes z = sizes_of(g);
    gull_evaluator *e;
    gull_loss loss[ROWS];
    double value[ROWS];
    for (size_t i = 0; i < n; i++) loss[i] = (gull_loss){dot_loss, u};
    out->scores = calloc(ROWS * z.classes, sizeof(double));
    out->gradient = calloc(ROWS * z.dim, sizeof(double));
    if (gull_evaluator_new(&e, g, ROWS, backend, NULL) < 0) return -1;
    const int status =
        gull_evaluator_gradient(e, x, n, loss, out->scores, value, out->gradient);
    gull_evaluator_free(e);
    return status;
}

static void free_answer(answer *a) {
    free(a->scores);
    free(a->gradient);
}

/* Greatest difference relative to the greatest number of b. */
static double far(const double *a, const double *b, size_t n) {
    double difference = 0, size = 1e-30;
    for (size_t i = 0; i < n; i++) {
        difference = fmax(difference, fabs(a[i] - b[i]));
        size = fmax(size, fabs(b[i]));
    }
    return difference / size;
}

static void check_precisions(const spec *s, const gull_graph *g, const double *x,
                             const double *u, const answer *exact) {
    const sizes z = sizes_of(g);
    for (size_t i = 0; gull_backends[i]; i++) {
        answer a;
        const int status = ask(g, gull_backends[i]->name, x, ROWS, u, &a);
        const double f = far(a.scores, exact->scores, ROWS * z.classes);
        const double d = far(a.gradient, exact->gradient, ROWS * z.dim);
        tap_ok(status == 0 && f < 2e-6 && d < 4e-6,
               "%s, %s against double: scores %.1e, gradient %.1e", s->name,
               gull_backends[i]->name, f, d);
        free_answer(&a);
    }
}

/* Steps that cross a kink of Relu or MaxPool would show: x is drawn at random, and the
 * step is small enough that none does. */
static void check_gradient(const spec *s, const gull_graph *g, const double *x,
                           const double *u, const answer *exact) {
    const sizes z = sizes_of(g);
    const double step = 1e-5;
    double worst = 0, size = 1e-30, *moved = malloc(z.dim * sizeof *moved);
    for (size_t i = 0; i < z.dim; i++) {
        answer up, down;
        memcpy(moved, x, z.dim * sizeof *moved);
        moved[i] = x[i] + step;
        ask(g, "f64", moved, 1, u, &up);
        moved[i] = x[i] - step;
        ask(g, "f64", moved, 1, u, &down);
        const double slope = (dot_loss(u, up.scores, (int)z.classes, NULL) -
                              dot_loss(u, down.scores, (int)z.classes, NULL)) / (2 * step);
        worst = fmax(worst, fabs(slope - exact->gradient[i]));
        size = fmax(size, fabs(slope));
        free_answer(&up);
        free_answer(&down);
    }
    tap_ok(worst / size < 1e-7, "%s: gradient against differences: %.1e", s->name,
           worst / size);
    free(moved);
}

/* Each row alone in slot 0, and all rows in reverse: the same bits. */
static void check_places(const spec *s, const gull_graph *g, const char *backend,
                         const double *x, const double *u) {
    const sizes z = sizes_of(g);
    answer all, turned;
    double *reverse = malloc(ROWS * z.dim * sizeof *reverse);
    bool same = ask(g, backend, x, ROWS, u, &all) == 0;
    for (size_t r = 0; r < ROWS; r++)
        memcpy(reverse + r * z.dim, x + (ROWS - 1 - r) * z.dim, z.dim * sizeof *x);
    ask(g, backend, reverse, ROWS, u, &turned);
    for (size_t r = 0; r < ROWS; r++) {
        answer alone;
        const size_t t = ROWS - 1 - r;
        ask(g, backend, x + r * z.dim, 1, u, &alone);
        same &= !memcmp(alone.scores, all.scores + r * z.classes, z.classes * sizeof *x) &&
                !memcmp(turned.scores + t * z.classes, alone.scores, z.classes * sizeof *x) &&
                !memcmp(alone.gradient, all.gradient + r * z.dim, z.dim * sizeof *x) &&
                !memcmp(turned.gradient + t * z.dim, alone.gradient, z.dim * sizeof *x);
        free_answer(&alone);
    }
    tap_ok(same, "%s, %s: the same bits wherever the row stands", s->name, backend);
    free_answer(&all);
    free_answer(&turned);
    free(reverse);
}

/* One row of the node's forward in double, plain or absolute. */
static void run_forward(const gull_graph *g, double *x, bool absolute, double *y) {
    double **value = calloc(g->tensor_count, sizeof *value);
    value[g->input] = x;
    value[g->output] = y;
    const gull_pass64 pass = {g, 1, value, NULL, absolute, NULL};
    g->node[0].op64->forward(&g->node[0], &pass);
    free(value);
}

/* |A| |x| + |c| from f(e_i) - f(0); an upper bound of it is right as well. */
static void check_absolute(const spec *s, const gull_graph *g, const double *row) {
    const sizes z = sizes_of(g);
    double *x = calloc(z.dim, sizeof *x), *zero = calloc(z.classes, sizeof *x);
    double *y = calloc(z.classes, sizeof *y), *want = calloc(z.classes, sizeof *y);
    double least = 1e300, most = 0;
    run_forward(g, x, false, zero);
    for (size_t k = 0; k < z.classes; k++) want[k] = fabs(zero[k]);
    for (size_t i = 0; i < z.dim; i++) {
        x[i] = 1;
        run_forward(g, x, false, y);
        for (size_t k = 0; k < z.classes; k++) want[k] += fabs(y[k] - zero[k]) * fabs(row[i]);
        x[i] = 0;
    }
    for (size_t i = 0; i < z.dim; i++) x[i] = fabs(row[i]);
    run_forward(g, x, true, y);
    for (size_t k = 0; k < z.classes; k++) {
        least = fmin(least, y[k] - want[k]);
        most = fmax(most, fabs(y[k] - want[k]) / (1 + want[k]));
    }
    const bool loose = !strcmp(s->onnx, "BatchNormalization") || /* counts a shift's parts */
                       !strcmp(s->onnx, "Sum");
    tap_ok(least > -1e-9 && (loose || most < 1e-12), "%s: absolute: %.1e", s->name, most);
    free(x);
    free(zero);
    free(y);
    free(want);
}

static void check(const spec *s) {
    gull_graph *g = build(s);
    if (!tap_ok(g != NULL, "%s is built", s->name)) return;
    const sizes z = sizes_of(g);
    double *x = malloc(ROWS * z.dim * sizeof *x), *u = malloc(z.classes * sizeof *u);
    const bool given = s->low != s->high;
    answer exact;
    for (size_t i = 0; i < ROWS * z.dim; i++)
        x[i] = uniform(given ? s->low : -2, given ? s->high : 2);
    for (size_t i = 0; i < z.classes; i++) u[i] = uniform(-1, 1);
    if (tap_ok(ask(g, "f64", x, ROWS, u, &exact) == 0, "%s runs in double", s->name)) {
        check_precisions(s, g, x, u, &exact);
        if (!(g->node[0].op64->traits(g, &g->node[0]) & GULL_OP_STRAIGHT))
            check_gradient(s, g, x, u, &exact);
    }
    for (size_t i = 0; gull_backends[i]; i++)
        check_places(s, g, gull_backends[i]->name, x, u);
    check_places(s, g, "f64", x, u);
    if (g->node[0].op64->traits(g, &g->node[0]) & GULL_OP_AFFINE) check_absolute(s, g, x);
    free_answer(&exact);
    free(x);
    free(u);
    gull_graph_free(g);
}

int main(void) {
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) check(&specs[i]);
    return tap_done();
}
