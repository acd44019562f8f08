/* pool.h - windows of MaxPool and AveragePool over each channel's map. */
#include "graph/ops/window.h"

typedef struct pool_state {
    gull_window window;
    size_t channels; /* per row */
    bool count_padding;
} pool_state;

static int check_window_rank(const gull_tensor *x, gull_error *err) {
    if (x->rank == 2 || x->rank == 3) return GULL_OK;
    return gull__fail(err, GULL_EUNSUPPORTED, "%d-dimensional input, expected 3 or 4",
                      x->rank + 1);
}

static inline int pool_prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                        gull_error *err) {
    pool_state *s = n->state;
    size_t kernel[2];
    if (n->in_count != 1)
        return gull__fail(err, GULL_EFORMAT, "%d inputs, expected 1", n->in_count);
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(check_window_rank(&x, err));
    const size_t axes = (size_t)x.rank - 1;
    TRY(window_ints(attributes, "kernel_shape", axes, 0, 0, kernel, err));
    for (size_t i = 0; i < axes; i++)
        if (!kernel[i]) return gull__fail(err, GULL_EFORMAT, "no kernel_shape");
    TRY(set_window(&s->window, &x, kernel, attributes, err));
    for (int i = 0; i < 2; i++)
        if (s->window.before[i] >= (s->window.kernel[i] - 1) * s->window.dilation[i] + 1)
            return gull__fail(err, GULL_EFORMAT, "a window that sees only padding");
    s->channels = (size_t)x.dims[0];
    s->count_padding = gull_attr_int(attributes, "count_include_pad", 0) != 0;
    return set_window_shape(g, n, &s->window, x.dims[0], x.rank, err);
}

/* The window as a layer's: the padding behind as long as the windows reach. */
static bool pool_layer(const pool_state *s, gull_layer *l) {
    gull_window *w = &l->conv.window;
    *w = s->window;
    for (int i = 0; i < 2; i++) {
        const size_t reach = (w->out[i] - 1) * w->stride[i] + w->kernel[i];
        const size_t seen = w->in[i] + w->before[i];
        const size_t behind = reach > seen ? reach - seen : 0;
        if (w->dilation[i] != 1 || (s->count_padding && behind > w->after[i])) return false;
        w->after[i] = behind;
    }
    return true;
}

/* Taps [first, last) of the window at `out` that fall inside the input, and the place of
 * tap 0, which may be negative. */
typedef struct taps {
    size_t first, last;
    ptrdiff_t origin;
} taps;

static taps taps_inside(const gull_window *w, int axis, size_t out) {
    const ptrdiff_t origin = (ptrdiff_t)(out * w->stride[axis]) - (ptrdiff_t)w->before[axis];
    const ptrdiff_t d = (ptrdiff_t)w->dilation[axis], in = (ptrdiff_t)w->in[axis];
    const ptrdiff_t k = (ptrdiff_t)w->kernel[axis];
    const ptrdiff_t first = origin < 0 ? (-origin + d - 1) / d : 0;
    ptrdiff_t last = origin < in ? (in - origin + d - 1) / d : 0;
    if (last > k) last = k;
    return (taps){(size_t)first, (size_t)(last < first ? first : last), origin};
}

/* The index in the map of tap (i, j). */
static inline size_t tap_index(const gull_window *w, const taps *y, const taps *x, size_t i,
                               size_t j) {
    return (size_t)((y->origin + (ptrdiff_t)(i * w->dilation[0])) * (ptrdiff_t)w->in[1] +
                    x->origin + (ptrdiff_t)(j * w->dilation[1]));
}
