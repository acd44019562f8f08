/* networks.h - for tests: small random networks built by hand, and their values in double. */
#ifndef GULL_TEST_NETWORKS_H
#define GULL_TEST_NETWORKS_H
#include "core/random.h"
#include "graph/graph.h"
#include "tap.h"

#define MAYBE __attribute__((unused))
static gull_stream stream = {12345, 0};
MAYBE static double uniform(double lo, double hi) {
    return lo + (hi - lo) * gull__stream_uniform(&stream);
}
MAYBE static double normal(void) { return gull__stream_normal(&stream); }

/* ---- Small networks, built by hand ---- */

typedef struct build {
    gull_graph *g;
    int top;   /* the last tensor */
    int count; /* of nodes */
} build;

MAYBE static double *normals(size_t n, double scale) {
    double *v = malloc((n ? n : 1) * sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = (double)(float)(scale * normal());
    return v;
}

MAYBE static int constant(build *b, int rank, const int64_t *dims, double scale) {
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= (size_t)dims[i];
    return gull__graph_constant(b->g, "c", rank, dims, normals(n, scale));
}

MAYBE static build begin(int rank, const int64_t *dims) {
    build b = {gull__graph_new(13), 0, 0};
    b.top = gull__graph_input(b.g, "x", rank, dims);
    return b;
}

MAYBE static int add_node(build *b, const char *op, const int *in, int count,
                    const gull_attributes *a) {
    gull_error err = {0, ""};
    const int t = gull__graph_node(b->g, op, op, b->count++, in, count, a, &err);
    if (t < 0) printf("# %s\n", err.text);
    return b->top = t;
}

MAYBE static int unary(build *b, const char *op) { return add_node(b, op, &b->top, 1, NULL); }

MAYBE static int gemm(build *b, int64_t out) {
    const int64_t in = (int64_t)b->g->tensor[b->top].size, dims[2] = {in, out};
    const int w = constant(b, 2, dims, 1 / sqrt((double)in)), c = constant(b, 1, dims + 1, 0.3);
    const int ins[3] = {b->top, w, c};
    return add_node(b, "Gemm", ins, 3, NULL);
}

MAYBE static int conv(build *b, int64_t out, int64_t kernel, int64_t stride, int64_t pad) {
    const int64_t in = b->g->tensor[b->top].dims[0], dims[4] = {out, in, kernel, kernel};
    const int w = constant(b, 4, dims, 1 / sqrt((double)(in * kernel * kernel)));
    const int c = constant(b, 1, dims, 0.2), ins[3] = {b->top, w, c};
    const int64_t strides[2] = {stride, stride}, pads[4] = {pad, pad, pad, pad};
    const gull_attribute item[2] = {{.name = "strides", .kind = 'I', .ints = strides, .count = 2},
                                    {.name = "pads", .kind = 'I', .ints = pads, .count = 4}};
    return add_node(b, "Conv", ins, 3, &(gull_attributes){item, 2});
}

MAYBE static int pool(build *b, const char *op, int64_t kernel, int64_t stride, int64_t pad) {
    const int64_t k[2] = {kernel, kernel}, s[2] = {stride, stride}, p[4] = {pad, pad, pad, pad};
    const gull_attribute item[3] = {{.name = "kernel_shape", .kind = 'I', .ints = k, .count = 2},
                                    {.name = "strides", .kind = 'I', .ints = s, .count = 2},
                                    {.name = "pads", .kind = 'I', .ints = p, .count = 4}};
    return add_node(b, op, &b->top, 1, &(gull_attributes){item, 3});
}

MAYBE static int with_constant(build *b, const char *op, bool first) {
    const int64_t n = (int64_t)b->g->tensor[b->top].size;
    double *v = normals((size_t)n, 1);
    for (int64_t i = 0; i < n; i++) v[i] += v[i] >= 0 ? 0.5 : -0.5;
    const int c = gull__graph_constant(b->g, "c", 1, &n, v);
    const int in[2] = {first ? c : b->top, first ? b->top : c};
    return add_node(b, op, in, 2, NULL);
}

MAYBE static int batch_norm(build *b) {
    const int64_t n = b->g->tensor[b->top].dims[0];
    double *variance = normals((size_t)n, 1);
    for (int64_t i = 0; i < n; i++) variance[i] = 0.2 + variance[i] * variance[i];
    const int scale = constant(b, 1, &n, 1), shift = constant(b, 1, &n, 1);
    const int mean = constant(b, 1, &n, 1);
    const int in[5] = {b->top, scale, shift, mean,
                       gull__graph_constant(b->g, "v", 1, &n, variance)};
    return add_node(b, "BatchNormalization", in, 5, NULL);
}

MAYBE static gull_graph *end(build *b) {
    gull_error err = {0, ""};
    if (gull__graph_finish(b->g, b->top, &err) < 0) printf("# %s\n", err.text);
    return b->g;
}

MAYBE static gull_graph *net_relu(void) {
    build b = begin(1, (int64_t[]){6});
    gemm(&b, 12), unary(&b, "Relu"), gemm(&b, 10), unary(&b, "Relu"), gemm(&b, 4);
    return end(&b);
}
MAYBE static gull_graph *net_smooth(void) {
    build b = begin(1, (int64_t[]){5});
    gemm(&b, 9), unary(&b, "Sigmoid"), gemm(&b, 8), unary(&b, "Tanh"), gemm(&b, 3);
    return end(&b);
}
MAYBE static gull_graph *net_conv(void) {
    build b = begin(3, (int64_t[]){2, 6, 6});
    conv(&b, 4, 3, 1, 1), unary(&b, "Relu"), conv(&b, 4, 3, 2, 0), unary(&b, "Relu");
    unary(&b, "Flatten"), gemm(&b, 8), unary(&b, "Relu"), gemm(&b, 5);
    return end(&b);
}
MAYBE static gull_graph *net_residual(void) {
    build b = begin(1, (int64_t[]){6});
    const int skip = (gemm(&b, 8), unary(&b, "Relu"));
    const int branch = (gemm(&b, 8), unary(&b, "Tanh"), gemm(&b, 8));
    add_node(&b, "Add", (int[]){skip, branch}, 2, NULL), unary(&b, "Relu");
    const int again = b.top;
    add_node(&b, "Sub", (int[]){again, skip}, 2, NULL);
    unary(&b, "Relu"), gemm(&b, 3);
    return end(&b);
}
MAYBE static gull_graph *net_constants(void) {
    build b = begin(1, (int64_t[]){6});
    with_constant(&b, "Sub", false), with_constant(&b, "Mul", true);
    with_constant(&b, "Div", false), gemm(&b, 8), with_constant(&b, "Sub", true);
    unary(&b, "Relu"), gemm(&b, 4);
    return end(&b);
}

MAYBE static gull_graph *net_pools(void) {
    build b = begin(3, (int64_t[]){2, 8, 8});
    conv(&b, 3, 3, 1, 1), batch_norm(&b), pool(&b, "MaxPool", 2, 2, 0);
    unary(&b, "Relu"), conv(&b, 4, 3, 1, 1), unary(&b, "Relu");
    pool(&b, "MaxPool", 3, 1, 1), pool(&b, "AveragePool", 2, 2, 0);
    conv(&b, 4, 1, 1, 0), unary(&b, "Tanh"), unary(&b, "GlobalAveragePool");
    unary(&b, "Flatten"), gemm(&b, 4);
    return end(&b);
}

/* One window alone, so that corners of its box reach its lines. */
MAYBE static gull_graph *net_window(void) {
    build b = begin(3, (int64_t[]){1, 2, 2});
    pool(&b, "MaxPool", 2, 2, 0), unary(&b, "Flatten");
    return end(&b);
}

/* Gemm's attributes, and operators that only move numbers. */
MAYBE static gull_graph *net_moves(void) {
    build b = begin(2, (int64_t[]){2, 4});
    const int64_t perm[3] = {0, 2, 1}, dims[2] = {6, 8}, one = 6;
    const gull_attribute turn = {.name = "perm", .kind = 'I', .ints = perm, .count = 3};
    const gull_attribute item[3] = {{.name = "alpha", .kind = 'f', .f = -0.75},
                                    {.name = "beta", .kind = 'f', .f = -2},
                                    {.name = "transB", .kind = 'i', .i = 1}};
    add_node(&b, "Transpose", &b.top, 1, &(gull_attributes){&turn, 1}), unary(&b, "Flatten");
    const int w = constant(&b, 2, dims, 0.5), c = constant(&b, 1, &one, 0.5);
    add_node(&b, "Gemm", (int[]){b.top, w, c}, 3, &(gull_attributes){item, 3});
    unary(&b, "Tanh"), unary(&b, "Identity"), gemm(&b, 5), unary(&b, "Relu"), gemm(&b, 3);
    return end(&b);
}

/* Numbers that are copied, repeated, left out and put beside constants. */
MAYBE static gull_graph *net_copies(void) {
    build b = begin(2, (int64_t[]){2, 3});
    const gull_attribute last = {.name = "axis", .kind = 'i', .i = 2};
    const int64_t one = 1, two = 2, three = 3, box[3] = {1, 2, 2};
    double *index = malloc(3 * sizeof *index), *pads = malloc(2 * sizeof *pads);
    double *axis = malloc(sizeof *axis), *value = malloc(sizeof *value);
    index[0] = 2, index[1] = 0, index[2] = 2, pads[0] = 1, pads[1] = 2, *axis = 2, *value = -.3;
    const int x = b.top, beside = constant(&b, 3, box, 1);
    const int which = gull__graph_constant(b.g, "i", 1, &three, index);
    const int width = gull__graph_constant(b.g, "p", 1, &two, pads);
    const int where = gull__graph_constant(b.g, "a", 1, &one, axis);
    const int fixed = gull__graph_constant(b.g, "v", 0, NULL, value);
    const gull_attributes along = {&last, 1};
    const int again = add_node(&b, "Gather", (int[]){x, which}, 2, &along);
    add_node(&b, "Pad", (int[]){x, width, fixed, where}, 4, NULL);
    add_node(&b, "Concat", (int[]){b.top, beside, again, x}, 4, &along);
    unary(&b, "Flatten"), gemm(&b, 7), unary(&b, "Relu");
    const int flat = b.top, turned = (gemm(&b, 7), unary(&b, "Tanh"));
    add_node(&b, "Concat", (int[]){flat, turned}, 2,
             &(gull_attributes){&(gull_attribute){.name = "axis", .kind = 'i', .i = 1}, 1});
    gemm(&b, 6), unary(&b, "Relu"), gemm(&b, 3);
    return end(&b);
}

/* Numbers that are compared, chosen, ranked and truncated. */
MAYBE static gull_graph *net_choices(void) {
    build b = begin(1, (int64_t[]){5});
    double *two = malloc(sizeof *two);
    const int64_t one = 1;
    const gull_attribute whole = {.name = "to", .kind = 'i', .i = 7};
    const gull_attribute real = {.name = "to", .kind = 'i', .i = 1};
    const gull_attribute last = {.name = "axis", .kind = 'i', .i = -1};
    *two = 2;
    const int x = (gemm(&b, 6), b.top), k = gull__graph_constant(b.g, "k", 1, &one, two);
    const int under = with_constant(&b, "Less", false), tanh = (b.top = x, unary(&b, "Tanh"));
    const int chosen = add_node(&b, "Where", (int[]){under, x, tanh}, 3, NULL);
    const int best = add_node(&b, "TopK", (int[]){chosen, k}, 2, &(gull_attributes){&last, 1});
    const int at = add_node(&b, "ArgMax", (int[]){x}, 1, &(gull_attributes){&last, 1});
    add_node(&b, "Cast", (int[]){at}, 1, &(gull_attributes){&real, 1});
    const int place = b.top;
    add_node(&b, "Cast", (int[]){x}, 1, &(gull_attributes){&whole, 1});
    const int steps = add_node(&b, "Cast", &b.top, 1, &(gull_attributes){&real, 1});
    const int not_under = add_node(&b, "Not", (int[]){under}, 1, NULL);
    const int both = add_node(&b, "Or", (int[]){under, not_under}, 2, NULL);
    add_node(&b, "Cast", (int[]){both}, 1, &(gull_attributes){&real, 1});
    add_node(&b, "Concat", (int[]){best, place, steps, b.top}, 4, &(gull_attributes){&last, 1});
    gemm(&b, 6), unary(&b, "Relu"), gemm(&b, 3);
    return end(&b);
}

/* Activations of all bends: kinks, steps, waves, functions with one least value. */
MAYBE static gull_graph *net_bends(void) {
    build b = begin(1, (int64_t[]){6});
    b.g->opset = 24;
    gemm(&b, 9), unary(&b, "LeakyRelu"), gemm(&b, 8), unary(&b, "Gelu"), gemm(&b, 8);
    unary(&b, "Elu"), with_constant(&b, "Max", false), gemm(&b, 6), unary(&b, "Sin");
    gemm(&b, 5), unary(&b, "HardSwish"), unary(&b, "Abs"), gemm(&b, 4);
    return end(&b);
}

/* Numbers that are taken together: reductions, a normalization, products of activations. */
MAYBE static gull_graph *net_groups(void) {
    build b = begin(2, (int64_t[]){3, 4});
    b.g->opset = 18;
    const int64_t axes[1] = {2}, four = 4;
    const gull_attribute item[2] = {{.name = "axes", .kind = 'I', .ints = axes, .count = 1},
                                    {.name = "keepdims", .kind = 'i', .i = 0}};
    const gull_attributes a = {item, 2};
    const int scale = constant(&b, 1, &four, 1);
    const int x = b.top, norm = add_node(&b, "LayerNormalization", (int[]){x, scale}, 2, NULL);
    const int most = add_node(&b, "ReduceMax", (int[]){x}, 1, &a);
    const int least = add_node(&b, "ReduceMin", (int[]){x}, 1, &a);
    const int mean = add_node(&b, "ReduceMean", (int[]){norm}, 1, &a);
    const int spread = add_node(&b, "Sub", (int[]){most, least}, 2, NULL);
    const int gate = (unary(&b, "Neg"), unary(&b, "Sigmoid"));
    const int gated = add_node(&b, "Mul", (int[]){spread, gate}, 2, NULL);
    const int length = add_node(&b, "ReduceL2", (int[]){norm}, 1, &a);
    add_node(&b, "Sum", (int[]){mean, gated, length}, 3, NULL);
    gemm(&b, 5), unary(&b, "Softmax"), gemm(&b, 4);
    return end(&b);
}

/* ---- Values of all tensors at a point, in double ---- */

typedef struct values {
    const gull_graph *g;
    double **at;
} values;

MAYBE static values values_new(const gull_graph *g) {
    values v = {g, calloc(g->tensor_count, sizeof *v.at)};
    for (size_t t = 0; t < g->tensor_count; t++)
        if (g->tensor[t].producer >= -1) v.at[t] = calloc(g->tensor[t].size, sizeof(double));
    return v;
}
MAYBE static void values_free(values *v) {
    for (size_t t = 0; t < v->g->tensor_count; t++) free(v->at[t]);
    free(v->at);
}
MAYBE static void evaluate(values *v, const double *x) {
    const gull_pass64 pass = {v->g, 1, v->at, NULL, false, NULL};
    memcpy(v->at[v->g->input], x, v->g->tensor[v->g->input].size * sizeof *x);
    for (size_t i = 0; i < v->g->node_count; i++)
        v->g->node[i].op64->forward(&v->g->node[i], &pass);
}
#undef MAYBE
#endif
