/* maximum.h - the greatest number of each window: value, gradient (to the first of equals)
 * and bounds. */
#include "graph/lines.h"
#include "graph/ops/pool.h"

static unsigned maximum_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

/* Where the first greatest number of a window is; SIZE_MAX: the window is empty. */
static size_t greatest(const gull_window *w, const taps *y, const taps *x, const real *map) {
    size_t best = SIZE_MAX;
    for (size_t i = y->first; i < y->last; i++)
        for (size_t j = x->first; j < x->last; j++) {
            const size_t k = tap_index(w, y, x, i, j);
            if (best == SIZE_MAX || map[k] > map[best]) best = k;
        }
    return best;
}

static int maximum_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const real *x = p->value[n->in[0]];
    real *y = p->value[n->out];
    for (size_t c = 0; c < p->n * s->channels; c++, x += w->in[0] * w->in[1])
        for (size_t i = 0; i < w->out[0]; i++)
            for (size_t j = 0; j < w->out[1]; j++) {
                const taps a = taps_inside(w, 0, i), b = taps_inside(w, 1, j);
                const size_t k = greatest(w, &a, &b, x);
                *y++ = k == SIZE_MAX ? (real)-INFINITY : x[k];
            }
    return GULL_OK;
}

static int maximum_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const pool_state *s = n->state;
    const gull_window *w = &s->window;
    const size_t area = w->in[0] * w->in[1];
    const real *x = p->value[n->in[0]], *dy = p->grad[n->out];
    real *dx = p->grad[n->in[0]];
    for (size_t c = 0; c < p->n * s->channels; c++, x += area, dx += area)
        for (size_t i = 0; i < w->out[0]; i++)
            for (size_t j = 0; j < w->out[1]; j++, dy++) {
                const taps a = taps_inside(w, 0, i), b = taps_inside(w, 1, j);
                const size_t k = greatest(w, &a, &b, x);
                if (k != SIZE_MAX) dx[k] += *dy;
            }
    return GULL_OK;
}

/* ---- Bounds ---- */

enum { TERMS_AT_MOST = 4 };

typedef struct window_bounds {
    ptrdiff_t low;    /* the number with the greatest lower bound */
    double top;       /* the greatest upper bound */
    int open;         /* numbers that may exceed that lower bound */
} window_bounds;

typedef struct window_walk { /* the numbers of one window */
    size_t base, width;
    taps y, x;
} window_walk;

static size_t window_count(const pool_state *s) {
    return s->channels * s->window.out[0] * s->window.out[1];
}

static window_walk walk_of(const pool_state *s, size_t k) {
    const gull_window *w = &s->window;
    const size_t pixels = w->out[0] * w->out[1], at = k % pixels;
    const taps y = taps_inside(w, 0, at / w->out[1]), x = taps_inside(w, 1, at % w->out[1]);
    return (window_walk){k / pixels * w->in[0] * w->in[1], x.last - x.first, y, x};
}

static size_t window_size(const window_walk *v) {
    return (v->y.last - v->y.first) * v->width;
}

/* The index of the i-th number of the window. */
static size_t number_at(const pool_state *s, const window_walk *v, size_t i) {
    return v->base + tap_index(&s->window, &v->y, &v->x, v->y.first + i / v->width,
                               v->x.first + i % v->width);
}

static window_bounds look(const pool_state *s, size_t k, const double *lo,
                          const double *hi) {
    const window_walk v = walk_of(s, k);
    const size_t size = window_size(&v);
    window_bounds w = {-1, INFINITY, 0};
    for (size_t i = 0; i < size; i++) {
        const size_t j = number_at(s, &v, i);
        if (w.low < 0 || lo[j] > lo[w.low]) w.low = (ptrdiff_t)j;
        if (!i || hi[j] > w.top) w.top = hi[j];
    }
    for (size_t i = 0; i < size; i++) {
        const size_t j = number_at(s, &v, i);
        w.open += (ptrdiff_t)j == w.low || hi[j] > lo[w.low];
    }
    return w;
}

typedef struct upper_line {
    double slope[TERMS_AT_MOST], shift;
    size_t at[TERMS_AT_MOST];
    int count;
} upper_line;

/* With L the greatest lower bound, the maximum is at most L + sum max(x_j - L, 0) over the
 * numbers that may exceed L, and each term at most its chord.  The number at L itself, when
 * no other exceeds it, is the maximum; where the constant is lower in the middle, that. */
static upper_line upper(const pool_state *s, size_t k, const window_bounds *w,
                        const double *lo, const double *hi) {
    const double least = lo[w->low];
    const upper_line constant = {.shift = w->top};
    const window_walk v = walk_of(s, k);
    upper_line line = {.shift = least};
    double middle = least, size = fabs(least);
    if (w->open == 1) return (upper_line){{1}, 0, {(size_t)w->low}, 1};
    if (w->open > TERMS_AT_MOST) return constant;
    for (size_t i = 0; i < window_size(&v); i++) {
        const size_t j = number_at(s, &v, i);
        double shift;
        if (!(hi[j] > least)) continue;
        const double off = (fabs(hi[j]) + fabs(lo[j]) + fabs(least)) * 0x1p-50 + 1e-300;
        double *slope = &line.slope[line.count];
        gull__relu_chord(fmin(lo[j] - least, 0) - off, hi[j] - least + off, slope, &shift);
        line.shift += shift - *slope * least;
        line.at[line.count++] = j;
        middle += (hi[j] - least) / 2;
        size += shift + fabs(least);
    }
    line.shift += size * 0x1p-48;
    return middle < w->top ? line : constant;
}

static int maximum_interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const double *l = lo[n->in[0]], *u = hi[n->in[0]];
    const pool_state *s = n->state;
    (void)g;
    for (size_t k = 0; k < window_count(s); k++) {
        const window_bounds w = look(s, k, l, u);
        out_lo[k] = w.low < 0 ? -INFINITY : l[w.low];
        out_hi[k] = w.top;
    }
    return GULL_OK;
}

static int maximum_backward_lines(const gull_node *n, const gull_graph *g, const double *lo,
                          const double *hi, size_t rows, const double *a, double *in_a,
                          double *shift) {
    const gull_tensor *in = gull_in(g, n, 0), *out = &g->tensor[n->out];
    for (size_t k = 0; k < out->size; k++) {
        const window_bounds w = look(n->state, k, lo, hi);
        const upper_line line = upper(n->state, k, &w, lo, hi);
        for (size_t r = 0; r < rows; r++) {
            const double v = a[r * out->size + k];
            double *to = in_a + r * in->size;
            if (v >= 0) {
                to[w.low] += v;
                continue;
            }
            shift[r] += v * line.shift;
            for (int i = 0; i < line.count; i++) to[line.at[i]] += v * line.slope[i];
        }
    }
    return GULL_OK;
}

static bool maximum_layer(const gull_graph *g, const gull_node *n, gull_layer *l) {
    (void)g;
    l->kind = GULL_LAYER_MAXIMUM;
    return pool_layer(n->state, l);
}

#define GULL_MAXIMUM_OP(id, title, text, how)                                            \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = 1,                                                                      \
        .until = GULL_OPSET_LATEST,                                                      \
        .state_size = sizeof(pool_state),                                                \
        .prepare = how,                                                                  \
        .traits = maximum_traits,                                                        \
        .forward = maximum_forward,                                                      \
        .gradient = maximum_gradient,                                                    \
        .interval = maximum_interval,                                                    \
        .backward_lines = maximum_backward_lines,                                        \
        .layer = maximum_layer,                                                          \
    };
