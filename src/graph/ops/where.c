/* where.c - ONNX Where: x where the condition is not 0, else y, broadcasting; the gradient
 * goes to the chosen one. */
#include "graph/real.h"

enum { CONDITION, X, Y, OPERANDS };
typedef struct where_state {
    int rank;
    size_t dims[GULL_RANK], step[OPERANDS][GULL_RANK];
} where_state;

/* An operand's dims as `rank` row axes; a constant may have a batch axis of 1. */
static int align(const gull_graph *g, const gull_node *n, int k, int rank, int64_t *dims,
                 gull_error *err) {
    const gull_tensor *t = gull_in(g, n, k);
    const int skip = t->rank > rank ? t->rank - rank : 0;
    if (skip > 1 || (skip && (!gull_batch_axes(g) || t->dims[0] != 1)))
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "a %d-dimensional constant does not broadcast to rows of %d "
                          "dimensions", t->rank, rank);
    for (int i = 0; i < rank; i++) {
        const int from = i + t->rank - rank;
        dims[i] = from < skip ? 1 : t->dims[from];
    }
    return GULL_OK;
}

static int row_rank(const gull_graph *g, const gull_node *n, int *rank, gull_error *err) {
    *rank = -1;
    for (int k = 0; k < OPERANDS; k++) {
        const int one = gull_in(g, n, k)->rank;
        if (gull__is_constant(g, n->in[k]) && !g->unbatched) continue;
        if (*rank >= 0 && one != *rank && !g->unbatched)
            return gull__fail(err, GULL_EUNSUPPORTED, "inputs of %d and %d dimensions, "
                              "expected the same", *rank + 1, one + 1);
        if (one > *rank) *rank = one;
    }
    return GULL_OK;
}

static int broadcast(where_state *s, int64_t dims[OPERANDS][GULL_RANK], int64_t *out,
                     gull_error *err) {
    for (int i = 0; i < s->rank; i++) {
        out[i] = 1;
        for (int k = 0; k < OPERANDS; k++)
            if (dims[k][i] > out[i]) out[i] = dims[k][i];
        for (int k = 0; k < OPERANDS; k++)
            if (dims[k][i] != 1 && dims[k][i] != out[i])
                return gull__fail(err, GULL_EFORMAT, "sizes %lld and %lld do not broadcast",
                                  (long long)dims[k][i], (long long)out[i]);
        s->dims[i] = (size_t)out[i];
    }
    for (int k = 0; k < OPERANDS; k++)
        for (size_t i = (size_t)s->rank, step = 1; i-- > 0; step *= (size_t)dims[k][i])
            s->step[k][i] = dims[k][i] == 1 ? 0 : step;
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    where_state *s = n->state;
    int64_t dims[OPERANDS][GULL_RANK], out[GULL_RANK];
    (void)attributes;
    if (n->in_count != OPERANDS)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 3", n->in_count);
    TRY(row_rank(g, n, &s->rank, err));
    for (int k = 0; k < OPERANDS; k++) TRY(align(g, n, k, s->rank, dims[k], err));
    TRY(broadcast(s, dims, out, err));
    g->tensor[n->out].type = gull_in(g, n, X)->type;
    TRY(gull__graph_shape(g, n, s->rank, out, err));
    for (int k = X; k < OPERANDS; k++)
        gull__graph_sum(g, g->tensor[n->out].size / gull_in(g, n, k)->size + 1);
    return GULL_OK;
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    return gull__is_constant(g, n->in[CONDITION]) ? GULL_OP_AFFINE | GULL_OP_INDEX : 0u;
}

/* Where output number i, at place `at`, reads its operands; `at` moves on. */
static void next(const where_state *s, size_t *at, size_t *from) {
    for (int i = s->rank; i-- > 0;) {
        for (int k = 0; k < OPERANDS; k++) from[k] += s->step[k][i];
        if (++at[i] < s->dims[i]) return;
        for (int k = 0; k < OPERANDS; k++) from[k] -= s->step[k][i] * s->dims[i];
        at[i] = 0;
    }
}

static const real *operand(const gull_pass *p, const gull_node *n, int k, size_t row) {
    const gull_tensor *t = gull_in(p->graph, n, k);
    if (t->producer == -2) return GULL_PAYLOAD(t);
    return p->value ? p->value[n->in[k]] + row * t->size : NULL;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gull_graph *g = p->graph;
    const size_t size = g->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++) {
        const real *in[OPERANDS];
        size_t at[GULL_RANK] = {0}, from[OPERANDS] = {0};
        real *y = p->value[n->out] + r * size;
        for (int k = 0; k < OPERANDS; k++) in[k] = operand(p, n, k, r);
        for (size_t i = 0; i < size; i++, next(n->state, at, from)) {
            const int k = in[CONDITION][from[CONDITION]] != 0 ? X : Y;
            y[i] = gull_abs_if(GULL_ABSOLUTE(p) && gull__is_constant(g, n->in[k]),
                               in[k][from[k]]);
        }
    }
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gull_graph *g = p->graph;
    const size_t size = g->tensor[n->out].size;
    for (size_t r = 0; r < p->n; r++) {
        const real *condition = operand(p, n, CONDITION, r);
        const real *dy = p->grad[n->out] + r * size;
        size_t at[GULL_RANK] = {0}, from[OPERANDS] = {0};
        for (size_t i = 0; i < size; i++, next(n->state, at, from)) {
            const int k = condition[from[CONDITION]] != 0 ? X : Y;
            if (gull__is_constant(g, n->in[k])) continue;
            p->grad[n->in[k]][r * gull_in(g, n, k)->size + from[k]] += dy[i];
        }
    }
    return GULL_OK;
}

/* The chosen one's bounds, or the hull of both. */
static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    size_t at[GULL_RANK] = {0}, from[OPERANDS] = {0};
    const double *l[OPERANDS], *h[OPERANDS];
    for (int k = 0; k < OPERANDS; k++) {
        const bool constant = gull__is_constant(g, n->in[k]);
        l[k] = constant ? gull_in(g, n, k)->f64 : lo[n->in[k]];
        h[k] = constant ? gull_in(g, n, k)->f64 : hi[n->in[k]];
    }
    for (size_t i = 0; i < g->tensor[n->out].size; i++, next(n->state, at, from)) {
        const double cl = l[CONDITION][from[CONDITION]], ch = h[CONDITION][from[CONDITION]];
        const bool yes = cl > 0 || ch < 0, no = cl == 0 && ch == 0;
        const double xl = l[X][from[X]], xh = h[X][from[X]];
        const double yl = l[Y][from[Y]], yh = h[Y][from[Y]];
        out_lo[i] = yes ? xl : no ? yl : xl < yl ? xl : yl;
        out_hi[i] = yes ? xh : no ? yh : xh > yh ? xh : yh;
    }
    return GULL_OK;
}

const gull_op GULL_OP(where);
const gull_op GULL_OP(where) = {
    .onnx = "Where",
    .summary = "x where a condition holds, else y, broadcasting",
    .since = 9,
    .until = GULL_OPSET_LATEST,
    .unbatched = true,
    .state_size = sizeof(where_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
