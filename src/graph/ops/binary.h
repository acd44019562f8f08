/* binary.h - a broadcasting operator of two inputs.  The including file defines
 *   COMBINE(x, y)  the value;  MAGNITUDE(x, y)  the same for `absolute`, x, y >= 0
 *   SLOPE_X(x, y), SLOPE_Y(x, y)  derivatives, naming only what they need
 *   AFFINE_IF(x_constant, y_constant)
 * and, after including this file, its table with the functions below and, if it has bounds
 * (binary_bounds.h), those. */
#include "graph/real.h"

typedef struct binary_state {
    int rank; /* after merging axes that both operands run through alike */
    size_t dims[GULL_RANK], step_x[GULL_RANK], step_y[GULL_RANK];
} binary_state;

/* dims of an operand aligned to the right of `rank` axes; constants may have a batch axis. */
static int align(const gull_graph *g, int tensor, int rank, int64_t *dims,
                 gull_error *err) {
    const gull_tensor *t = &g->tensor[tensor];
    int skip = t->rank - rank;
    for (int i = 0; i < rank; i++) dims[i] = 1;
    if (skip > gull_batch_axes(g) || (skip == 1 && t->dims[0] != 1))
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "a %d-dimensional constant does not broadcast to rows of %d "
                          "dimensions", t->rank, rank);
    if (skip < 0) skip = 0;
    for (int i = skip; i < t->rank; i++) dims[i - skip + rank - (t->rank - skip)] = t->dims[i];
    return GULL_OK;
}

static int row_rank(const gull_graph *g, const gull_node *n, int *rank, gull_error *err) {
    const gull_tensor *x = gull_in(g, n, 0), *y = gull_in(g, n, 1);
    const bool cx = gull__is_constant(g, n->in[0]), cy = gull__is_constant(g, n->in[1]);
    if (g->unbatched) {
        *rank = x->rank > y->rank ? x->rank : y->rank;
        return GULL_OK;
    }
    if (!cx && !cy && x->rank != y->rank)
        return gull__fail(err, GULL_EUNSUPPORTED, "inputs of %d and %d dimensions, expected "
                          "the same", x->rank + 1, y->rank + 1);
    *rank = cx ? y->rank : x->rank;
    return GULL_OK;
}

static void steps_of_operand(int rank, const int64_t *dims, const int64_t *out,
                             size_t *step) {
    size_t s = 1;
    for (int i = rank; i-- > 0;) {
        step[i] = dims[i] == 1 && out[i] != 1 ? 0 : s;
        s *= (size_t)dims[i];
    }
}

/* Joins axis i + 1 to axis i where both operands allow it. */
static void merge_axes(binary_state *s) {
    for (int i = s->rank - 2; i >= 0; i--) {
        const size_t d = s->dims[i + 1];
        const bool unit = s->dims[i] == 1;
        if (!unit && (s->step_x[i] != s->step_x[i + 1] * d ||
                      s->step_y[i] != s->step_y[i + 1] * d))
            continue;
        s->dims[i] *= d;
        s->step_x[i] = s->step_x[i + 1];
        s->step_y[i] = s->step_y[i + 1];
        for (int k = i + 1; k + 1 < s->rank; k++) {
            s->dims[k] = s->dims[k + 1];
            s->step_x[k] = s->step_x[k + 1];
            s->step_y[k] = s->step_y[k + 1];
        }
        s->rank--;
    }
}

static int binary_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                          gull_error *err) {
    binary_state *s = n->state;
    int64_t x[GULL_RANK], y[GULL_RANK], out[GULL_RANK];
    int rank = 0;
    (void)attributes;
    if (n->in_count != 2)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 2", n->in_count);
    TRY(row_rank(g, n, &rank, err));
    TRY(align(g, n->in[0], rank, x, err));
    TRY(align(g, n->in[1], rank, y, err));
    for (int i = 0; i < rank; i++) {
        out[i] = x[i] > y[i] ? x[i] : y[i];
        if ((x[i] != out[i] && x[i] != 1) || (y[i] != out[i] && y[i] != 1))
            return gull__fail(err, GULL_EFORMAT,
                              "sizes %lld and %lld do not broadcast in dimension %d",
                              (long long)x[i], (long long)y[i], i + 1);
        s->dims[i] = (size_t)out[i];
    }
    s->rank = rank;
    steps_of_operand(rank, x, out, s->step_x);
    steps_of_operand(rank, y, out, s->step_y);
    merge_axes(s);
    gull__graph_sum(g, 2);
    return gull__graph_shape(g, n, rank, out, err);
}

static unsigned binary_traits(const gull_graph *g, const gull_node *n) {
    const bool cx = gull__is_constant(g, n->in[0]), cy = gull__is_constant(g, n->in[1]);
    const size_t in = gull_in(g, n, cx ? 1 : 0)->size;
    const bool one = cx != cy && in == g->tensor[n->out].size;
    return (AFFINE_IF(cx, cy) ? GULL_OP_AFFINE : 0u) | (one ? GULL_OP_ELEMENTWISE : 0u);
}

/* Where the next run of the last axis starts in x and y; false after the last run. */
typedef struct walk {
    size_t at[GULL_RANK], x, y, out;
} walk;

static bool next_run(const binary_state *s, walk *w) {
    w->out += s->rank ? s->dims[s->rank - 1] : 1;
    for (int i = s->rank - 2; i >= 0; i--) {
        w->x += s->step_x[i];
        w->y += s->step_y[i];
        if (++w->at[i] < s->dims[i]) return true;
        w->x -= s->step_x[i] * s->dims[i];
        w->y -= s->step_y[i] * s->dims[i];
        w->at[i] = 0;
    }
    return false;
}

typedef struct run_steps {
    size_t length, x, y;
} run_steps;

static run_steps last_axis(const binary_state *s) {
    const int k = s->rank - 1;
    return s->rank ? (run_steps){s->dims[k], s->step_x[k], s->step_y[k]}
                   : (run_steps){1, 0, 0};
}

static void combine_row(const binary_state *s, bool absolute, const real *x, const real *y,
                        real *out) {
    const run_steps r = last_axis(s);
    walk w = {{0}, 0, 0, 0};
    do {
        const real *a = x + w.x, *b = y + w.y;
        real *to = out + w.out;
        if (absolute)
            for (size_t i = 0; i < r.length; i++)
                to[i] = MAGNITUDE(gull_abs_if(true, a[i * r.x]), gull_abs_if(true, b[i * r.y]));
        else if (r.x == 1 && r.y == 1)
            for (size_t i = 0; i < r.length; i++) to[i] = COMBINE(a[i], b[i]);
        else
            for (size_t i = 0; i < r.length; i++) to[i] = COMBINE(a[i * r.x], b[i * r.y]);
    } while (next_run(s, &w));
}

/* The operand in row i of the pass; NULL for an activation whose value is not kept. */
static const real *operand(const gull_pass *p, int tensor, size_t row) {
    const gull_tensor *t = &p->graph->tensor[tensor];
    if (t->producer == -2) return GULL_PAYLOAD(t);
    return p->value && p->value[tensor] ? p->value[tensor] + row * t->size : NULL;
}

static int binary_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const size_t size = p->graph->tensor[n->out].size;
    for (size_t i = 0; i < p->n; i++)
        combine_row(n->state, GULL_ABSOLUTE(p), operand(p, n->in[0], i),
                    operand(p, n->in[1], i), p->value[n->out] + i * size);
    return GULL_OK;
}

static void slope_x_row(const binary_state *s, bool absolute, const real *x, const real *y,
                        const real *dout, real *dx) {
    const run_steps r = last_axis(s);
    walk w = {{0}, 0, 0, 0};
    (void)x;
    (void)y;
    do
        for (size_t i = 0; i < r.length; i++)
            dx[w.x + i * r.x] +=
                dout[w.out + i] *
                gull_abs_if(absolute, SLOPE_X(x[w.x + i * r.x], y[w.y + i * r.y]));
    while (next_run(s, &w));
}

static void slope_y_row(const binary_state *s, bool absolute, const real *x, const real *y,
                        const real *dout, real *dy) {
    const run_steps r = last_axis(s);
    walk w = {{0}, 0, 0, 0};
    (void)x;
    (void)y;
    do
        for (size_t i = 0; i < r.length; i++)
            dy[w.y + i * r.y] +=
                dout[w.out + i] *
                gull_abs_if(absolute, SLOPE_Y(x[w.x + i * r.x], y[w.y + i * r.y]));
    while (next_run(s, &w));
}

static int binary_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const gull_graph *g = p->graph;
    for (size_t i = 0; i < p->n; i++) {
        const real *x = operand(p, n->in[0], i), *y = operand(p, n->in[1], i);
        const real *dout = p->grad[n->out] + i * g->tensor[n->out].size;
        if (!gull__is_constant(g, n->in[0]))
            slope_x_row(n->state, GULL_ABSOLUTE(p), x, y, dout,
                        p->grad[n->in[0]] + i * gull_in(g, n, 0)->size);
        if (!gull__is_constant(g, n->in[1]))
            slope_y_row(n->state, GULL_ABSOLUTE(p), x, y, dout,
                        p->grad[n->in[1]] + i * gull_in(g, n, 1)->size);
    }
    return GULL_OK;
}

/* ---- Bounds, for operators that have them ---- */

/* Where output k reads an operand of these steps. */
static inline size_t operand_at(const binary_state *s, const size_t *step, size_t k) {
    size_t at = 0;
    for (int i = s->rank; i-- > 0;) {
        at += k % s->dims[i] * step[i];
        k /= s->dims[i];
    }
    return at;
}

/* The bounds of operand i in output k, a constant between itself and itself. */
static inline void operand_range(const gull_graph *g, const gull_node *n, int i, size_t k,
                                 const double *const *lo, const double *const *hi,
                                 double *range) {
    const binary_state *s = n->state;
    const size_t at = operand_at(s, i ? s->step_y : s->step_x, k);
    const int t = n->in[i];
    range[0] = gull__is_constant(g, t) ? g->tensor[t].f64[at] : lo[t][at];
    range[1] = gull__is_constant(g, t) ? g->tensor[t].f64[at] : hi[t][at];
}

#define GULL_BINARY_OP(id, title, text, ...)                                             \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 7,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .unbatched = true,                                                               \
        .state_size = sizeof(binary_state),                                              \
        .prepare = binary_prepare,                                                       \
        .traits = binary_traits,                                                         \
        .forward = binary_forward,                                                       \
        .gradient = binary_gradient,                                                     \
        __VA_ARGS__};
