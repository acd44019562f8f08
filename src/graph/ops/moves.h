/* moves.h - operators whose output numbers are copies of input numbers or a fixed number:
 * a list of pieces, each a run of numbers that stay together.  The inputs may be
 * activations and constants. */
#ifndef GULL_MOVES_H
#define GULL_MOVES_H
#include "graph/real.h"

enum { MOVES_LIMIT = 1 << 26 }; /* of numbers that are looked at one by one */

typedef struct gull_piece {
    int32_t input; /* of the node; -1: the fixed number */
    uint32_t from, to, length;
} gull_piece;

typedef struct moves_state {
    gull_piece *piece;
    size_t count, size; /* pieces; output numbers so far */
    double value;       /* the fixed number */
    bool repeats;       /* some number is used more than once, or a fixed one is there */
} moves_state;

static void moves_release(void *state) { free(((moves_state *)state)->piece); }

/* The next `length` output numbers are those of the input from `from` on. */
static int moves_add(moves_state *s, int input, size_t from, size_t length) {
    gull_piece *last = s->count ? &s->piece[s->count - 1] : NULL;
    if (!length) return GULL_OK;
    if (last && last->input == input && (input < 0 || last->from + last->length == from)) {
        last->length += (uint32_t)length;
        s->size += length;
        return GULL_OK;
    }
    if (!(s->count & (s->count - 1))) {
        gull_piece *more = realloc(s->piece, (s->count ? 2 * s->count : 1) * sizeof *more);
        if (!more) return GULL_ENOMEM;
        s->piece = more;
    }
    s->piece[s->count++] = (gull_piece){input, input < 0 ? 0 : (uint32_t)from,
                                        (uint32_t)s->size, (uint32_t)length};
    s->size += length;
    return GULL_OK;
}

/* How many numbers from place `at` of the last axis on stay together. */
static inline int64_t moves_run(const int64_t *map, int64_t at, int64_t size) {
    int64_t n = 1;
    while (at + n < size && map[at + n] == map[at] + n) n++;
    return n;
}

/* Output number (i, j, ...) is the first input's (map[0][i], map[1][j], ...); -1: the fixed
 * number.  As many axes as x has. */
static inline int moves_by_axis(moves_state *s, const gull_tensor *x, const int64_t *dims,
                                int64_t *const *map, gull_error *err) {
    const int rank = x->rank;
    int64_t at[GULL_RANK] = {0};
    size_t step[GULL_RANK + 1], inner[GULL_RANK + 1]; /* of x, and of the output */
    step[rank] = inner[rank] = 1;
    for (int d = rank; d-- > 0;) {
        step[d] = step[d + 1] * (size_t)x->dims[d];
        inner[d] = inner[d + 1] * (size_t)dims[d];
    }
    if (inner[0] > MOVES_LIMIT)
        return gull__fail(err, GULL_EUNSUPPORTED, "a row of %zu numbers", inner[0]);
    if (!rank) return moves_add(s, 0, 0, 1);
    while (s->size < inner[0]) {
        size_t from = 0;
        int d = 0;
        for (; d < rank && map[d][at[d]] >= 0; d++) from += (size_t)map[d][at[d]] * step[d + 1];
        if (d < rank) { /* all numbers here are the fixed one */
            TRY(moves_add(s, -1, 0, inner[d + 1]));
        } else {
            d = rank - 1;
            const int64_t n = moves_run(map[d], at[d], dims[d]);
            TRY(moves_add(s, 0, from, (size_t)n));
            at[d] += n - 1;
        }
        for (; d >= 0 && ++at[d] == dims[d]; d--) at[d] = 0;
    }
    return GULL_OK;
}

static inline void moves_free_maps(int64_t **map) {
    for (int d = 0; d < GULL_RANK; d++) free(map[d]);
}

/* One map per axis of `dims`, each 0, 1, 2, ... at first. */
static inline int moves_new_maps(int rank, const int64_t *dims, int64_t **map) {
    for (int d = 0; d < rank; d++) {
        map[d] = malloc((size_t)(dims[d] + 1) * sizeof **map);
        if (!map[d]) {
            moves_free_maps(map);
            return GULL_ENOMEM;
        }
        for (int64_t i = 0; i < dims[d]; i++) map[d][i] = i;
    }
    return GULL_OK;
}

static unsigned moves_traits(const gull_graph *g, const gull_node *n) {
    const moves_state *s = n->state;
    (void)g;
    return GULL_OP_AFFINE | GULL_OP_INDEX | (s->repeats ? 0u : GULL_OP_RENAME);
}

static void moves_fill(real *y, size_t n, real value) {
    for (size_t i = 0; i < n; i++) y[i] = value;
}

static void moves_copy(real *y, const real *x, size_t n, bool absolute) {
    if (absolute)
        for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? -x[i] : x[i];
    else if (n > 8)
        memcpy(y, x, n * sizeof *y);
    else
        for (size_t i = 0; i < n; i++) y[i] = x[i];
}

static int moves_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gull_graph *g = p->graph;
    const moves_state *s = n->state;
    const bool absolute = GULL_ABSOLUTE(p);
    for (size_t r = 0; r < p->n; r++) {
        real *y = p->value[n->out] + r * g->tensor[n->out].size;
        for (const gull_piece *q = s->piece; q < s->piece + s->count; q++) {
            if (q->input < 0) {
                moves_fill(y + q->to, q->length, gull_abs_if(absolute, (real)s->value));
                continue;
            }
            const gull_tensor *t = gull_in(g, n, q->input);
            const bool constant = t->producer == -2;
            const real *x = constant ? GULL_PAYLOAD(t)
                                     : p->value[n->in[q->input]] + r * t->size;
            moves_copy(y + q->to, x + q->from, q->length, absolute && constant);
        }
    }
    return GULL_OK;
}

static int moves_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gull_graph *g = p->graph;
    const moves_state *s = n->state;
    for (size_t r = 0; r < p->n; r++) {
        const real *dy = p->grad[n->out] + r * g->tensor[n->out].size;
        for (const gull_piece *q = s->piece; q < s->piece + s->count; q++) {
            if (q->input < 0 || gull__is_constant(g, n->in[q->input])) continue;
            real *dx = p->grad[n->in[q->input]] + r * gull_in(g, n, q->input)->size + q->from;
            for (size_t i = 0; i < q->length; i++) dx[i] += dy[q->to + i];
        }
    }
    return GULL_OK;
}

#define GULL_MOVES_OP(id, title, text, ...)                                              \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                             \
        .state_size = sizeof(moves_state),                                               \
        .prepare = prepare,                                                              \
        .release = moves_release,                                                        \
        .traits = moves_traits,                                                          \
        .forward = moves_forward,                                                        \
        .gradient = moves_gradient,                                                      \
        __VA_ARGS__};
#endif
