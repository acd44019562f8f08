/* variadic.h - a broadcasting operator of any number of inputs, activations and constants.
 * The including file defines, after including this file, forward, gradient and its table;
 * operand_at tells where output number k reads input i. */
#include "graph/real.h"

typedef struct variadic {
    int rank;
    size_t dims[GULL_RANK];  /* of the output */
    size_t *step;            /* inputs x GULL_RANK; 0: broadcast */
    bool *whole;             /* per input: number k is at k */
} variadic;

static void variadic_release(void *state) {
    free(((variadic *)state)->step);
    free(((variadic *)state)->whole);
}

/* The dims of input i aligned to the right of `rank` axes; constants may have a batch axis. */
static int operand_dims(const gull_graph *g, const gull_node *n, int i, int rank,
                        int64_t *dims, gull_error *err) {
    const gull_tensor *t = gull_in(g, n, i);
    const int extra = t->rank - rank;
    if (extra > gull_batch_axes(g) || (extra == 1 && t->dims[0] != 1))
        return gull__fail(err, GULL_EUNSUPPORTED, "input %d of %d dimensions does not "
                          "broadcast to rows of %d", i + 1, t->rank, rank);
    if (extra && !gull__is_constant(g, n->in[i]) && !g->unbatched)
        return gull__fail(err, GULL_EUNSUPPORTED, "inputs of %d and %d dimensions, expected "
                          "the same", t->rank + 1, rank + 1);
    for (int k = 0; k < rank; k++) dims[k] = k + extra < 0 ? 1 : t->dims[k + extra];
    return GULL_OK;
}

/* The rank of rows: of an activation, or where no batch axis is in the way of any input. */
static int variadic_rank(const gull_graph *g, const gull_node *n) {
    int rank = 0;
    for (int i = 0; i < n->in_count; i++)
        if (!gull__is_constant(g, n->in[i]) || g->unbatched)
            rank = gull_in(g, n, i)->rank > rank ? gull_in(g, n, i)->rank : rank;
    return rank;
}

static int broadcast_dims(const gull_graph *g, const gull_node *n, int rank, int64_t *out,
                          gull_error *err) {
    for (int k = 0; k < rank; k++) out[k] = 1;
    for (int i = 0; i < n->in_count; i++) {
        int64_t dims[GULL_RANK];
        TRY(operand_dims(g, n, i, rank, dims, err));
        for (int k = 0; k < rank; k++) {
            if (dims[k] == out[k] || dims[k] == 1) continue;
            if (out[k] != 1)
                return gull__fail(err, GULL_EFORMAT,
                                  "sizes %lld and %lld do not broadcast in dimension %d",
                                  (long long)out[k], (long long)dims[k], k + 1);
            out[k] = dims[k];
        }
    }
    return GULL_OK;
}

static int variadic_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                            gull_error *err) {
    variadic *s = n->state;
    int64_t out[GULL_RANK], dims[GULL_RANK];
    (void)attributes;
    s->rank = variadic_rank(g, n);
    TRY(broadcast_dims(g, n, s->rank, out, err));
    s->step = calloc((size_t)n->in_count * GULL_RANK, sizeof *s->step);
    s->whole = calloc((size_t)n->in_count, sizeof *s->whole);
    if (!s->step || !s->whole) return GULL_ENOMEM;
    for (int i = 0; i < n->in_count; i++) {
        size_t size = 1;
        TRY(operand_dims(g, n, i, s->rank, dims, err));
        s->whole[i] = true;
        for (int k = s->rank; k-- > 0; size *= (size_t)dims[k]) {
            s->whole[i] &= dims[k] == out[k];
            s->dims[k] = (size_t)out[k];
            s->step[i * GULL_RANK + k] = dims[k] == 1 ? 0 : size;
        }
    }
    gull__graph_sum(g, (size_t)n->in_count + 1);
    return gull__graph_shape(g, n, s->rank, out, err);
}

static inline size_t operand_at(const variadic *s, int i, size_t k) {
    size_t at = 0, left = k;
    if (s->whole[i]) return k;
    for (int d = s->rank; d-- > 0; left /= s->dims[d])
        at += left % s->dims[d] * s->step[i * GULL_RANK + d];
    return at;
}

/* Input i of row r of a pass. */
static const real *operand(const gull_pass *p, const gull_node *n, int i, size_t r) {
    const gull_tensor *t = gull_in(p->graph, n, i);
    return t->producer == -2 ? GULL_PAYLOAD(t) : p->value[n->in[i]] + r * t->size;
}

/* The only activation, when all its numbers stay in place; else -1. */
static inline int only_activation(const gull_graph *g, const gull_node *n) {
    const variadic *s = n->state;
    int only = -1;
    for (int i = 0; i < n->in_count; i++) {
        if (gull__is_constant(g, n->in[i])) continue;
        if (only >= 0 || !s->whole[i]) return -1;
        only = i;
    }
    return only;
}

#define GULL_VARIADIC_OP(id, title, text, ...)                                           \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 6,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .state_size = sizeof(variadic),                                                  \
        .prepare = variadic_prepare,                                                     \
        .release = variadic_release,                                                     \
        .traits = traits,                                                                \
        .forward = forward,                                                              \
        .gradient = gradient,                                                            \
        __VA_ARGS__};
