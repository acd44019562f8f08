/* window.h - kernel_shape, strides, pads, dilations, auto_pad and ceil_mode of
 * convolutions and pools over one or two axes.  One axis becomes the second of two. */
#include "graph/real.h"

enum { WINDOW_LIMIT = 1 << 24 };

/* Fills out[0..count-1] from an attribute; absent: preset. */
static int window_ints(const gull_attributes *a, const char *name, size_t count,
                       int64_t preset, int64_t least, size_t *out, gull_error *err) {
    const int64_t *given;
    const size_t n = gull_attr_ints(a, name, &given);
    if (n && n != count)
        return gull__fail(err, GULL_EFORMAT, "%s has %zu numbers, expected %zu", name, n,
                          count);
    for (size_t i = 0; i < count; i++) {
        const int64_t v = n ? given[i] : preset;
        if (v < least || v > WINDOW_LIMIT)
            return gull__fail(err, GULL_EFORMAT, "%s is %lld", name, (long long)v);
        out[i] = (size_t)v;
    }
    return GULL_OK;
}

static void same_padding(gull_window *w, int axis, bool upper) {
    const size_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1;
    const size_t out = (w->in[axis] + w->stride[axis] - 1) / w->stride[axis];
    const size_t need = (out - 1) * w->stride[axis] + reach;
    const size_t pad = need > w->in[axis] ? need - w->in[axis] : 0;
    w->before[axis] = upper ? pad / 2 : pad - pad / 2;
    w->after[axis] = pad - w->before[axis];
}

static int set_padding(gull_window *w, const gull_attributes *a, int first,
                       gull_error *err) {
    const char *how = gull_attr_string(a, "auto_pad", "NOTSET");
    const int count = 2 - first;
    size_t pads[4];
    TRY(window_ints(a, "pads", (size_t)count * 2, 0, 0, pads, err));
    for (int i = first; i < 2; i++) {
        w->before[i] = w->after[i] = 0;
        if (!strcmp(how, "NOTSET")) {
            w->before[i] = pads[i - first];
            w->after[i] = pads[i - first + count];
        } else if (!strcmp(how, "SAME_UPPER") || !strcmp(how, "SAME_LOWER")) {
            same_padding(w, i, how[5] == 'U');
        } else if (strcmp(how, "VALID")) {
            return gull__fail(err, GULL_EFORMAT, "auto_pad is '%s'", how);
        }
    }
    return GULL_OK;
}

static int set_output(gull_window *w, int axis, bool ceil_mode, gull_error *err) {
    const size_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1;
    const size_t padded = w->in[axis] + w->before[axis] + w->after[axis];
    if (reach > padded)
        return gull__fail(err, GULL_EFORMAT, "a window of %zu on an input of %zu", reach,
                          padded);
    const size_t room = padded - reach, s = w->stride[axis];
    w->out[axis] = (ceil_mode ? (room + s - 1) / s : room / s) + 1;
    /* a window may not start in the padding behind the input */
    if (ceil_mode && (w->out[axis] - 1) * s >= w->in[axis] + w->before[axis]) w->out[axis]--;
    return GULL_OK;
}

/* x: channels x (one or two axes); kernel: 2 - first numbers. */
static inline int set_window(gull_window *w, const gull_tensor *x, const size_t *kernel,
                      const gull_attributes *a, gull_error *err) {
    const int first = 3 - x->rank;
    const size_t count = (size_t)(2 - first);
    *w = (gull_window){{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 0}, {0, 0}};
    for (int i = first; i < 2; i++) {
        w->in[i] = (size_t)x->dims[i - first + 1];
        w->kernel[i] = kernel[i - first];
    }
    TRY(window_ints(a, "strides", count, 1, 1, w->stride + first, err));
    TRY(window_ints(a, "dilations", count, 1, 1, w->dilation + first, err));
    TRY(set_padding(w, a, first, err));
    for (int i = first; i < 2; i++)
        TRY(set_output(w, i, gull_attr_int(a, "ceil_mode", 0) != 0, err));
    return GULL_OK;
}

static inline int set_window_shape(gull_graph *g, const gull_node *n, const gull_window *w,
                            int64_t channels, int rank, gull_error *err) {
    const int64_t two[] = {channels, (int64_t)w->out[0], (int64_t)w->out[1]};
    const int64_t one[] = {channels, (int64_t)w->out[1]};
    return gull__graph_shape(g, n, rank, rank == 3 ? two : one, err);
}
