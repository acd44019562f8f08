/* noise.h - operators that add nothing but noise to the network: the output has the shape of
 * the input and does not depend on its numbers.  The including file defines
 *   static double noise_at(const noise *, uint64_t key, int node, size_t i);
 *   static void read_noise(const gull_attributes *, noise *);
 * RandomNormal and RandomUniform have no input; the reader gives them the model's. */
#include "graph/noise.h"
#include "graph/real.h"

typedef struct noise {
    double a, b; /* mean and deviation, or the ends of an interval */
} noise;
static double noise_at(const noise *, uint64_t key, int node, size_t i);
static void read_noise(const gull_attributes *, noise *);

static inline int like_prepare(gull_graph *g, gull_node *n, const gull_attributes *given,
                               gull_error *err) {
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    read_noise(given, n->state);
    g->randomised = true;
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

/* The attribute `shape`; its first axis is the batch. */
static inline int shape_prepare(gull_graph *g, gull_node *n, const gull_attributes *given,
                                gull_error *err) {
    const int64_t *dims;
    const size_t rank = gull_attr_ints(given, "shape", &dims);
    if (!rank || rank > GULL_RANK + 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "a shape of %zu dimensions", rank);
    if (!g->unbatched && dims[0] != 1)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "noise of shape %lld,... for one row, expected 1,...",
                          (long long)dims[0]);
    read_noise(given, n->state);
    g->randomised = true;
    return g->unbatched ? gull__graph_shape(g, n, (int)rank, dims, err)
                        : gull__graph_shape(g, n, (int)rank - 1, dims + 1, err);
}

static unsigned noise_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

static int noise_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++)
        for (size_t i = 0; i < size; i++)
            p->value[n->out][r * size + i] =
                (real)noise_at(n->state, p->noise[r], n->number, i);
    return GULL_OK;
}

static int noise_gradient(const gull_node *n, const void *pass) {
    (void)n;
    (void)pass;
    return GULL_OK;
}

#define GULL_NOISE_OP(id, title, text, prepare_it)                                       \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 1,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .state_size = sizeof(noise),                                                     \
        .unbatched = true,                                                               \
        .prepare = prepare_it,                                                           \
        .traits = noise_traits,                                                          \
        .forward = noise_forward,                                                        \
        .gradient = noise_gradient,                                                      \
    };
