/* resample.h - Resize and Upsample: each axis by itself is a fixed sparse matrix of a few
 * taps per output number; coordinates and nearest neighbours in float as in ONNX Runtime.
 * Cubic convolution: Keys, "Cubic Convolution Interpolation for Digital Image Processing"
 * (1981). */
#include "graph/real.h"

enum { MOST_TAPS = 4 };

typedef struct resample_axis {
    int axis; /* of the row */
    size_t outer, in, out, inner, taps;
    size_t *from;   /* out x taps */
    double *weight; /* the same */
} resample_axis;

typedef struct resample_state {
    resample_axis axis[GULL_RANK];
    int count; /* axes that change */
    size_t largest; /* numbers of a row between two axes */
} resample_state;

typedef enum { NEAREST, LINEAR, CUBIC } resample_mode;
typedef enum {
    HALF_PIXEL, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC, HALF_PIXEL_SYMMETRIC,
    TF_HALF_PIXEL
} resample_coordinates;
typedef enum { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL, SIMPLE } resample_nearest;

typedef struct resample_rule {
    resample_mode mode;
    resample_coordinates coordinates;
    resample_nearest nearest;
    bool exclude_outside;
    double cubic;
} resample_rule;

static void resample_release(void *state) {
    resample_state *s = state;
    for (int i = 0; i < s->count; i++) {
        free(s->axis[i].from);
        free(s->axis[i].weight);
    }
}

/* Where output i lies among the inputs. */
static float place_of(const resample_rule *r, size_t i, size_t in, size_t out, float scale) {
    const float at = (float)i, half = (at + 0.5f) / scale - 0.5f;
    switch (r->coordinates) {
    case PYTORCH_HALF_PIXEL: return out > 1 ? half : 0;
    case ALIGN_CORNERS: return out > 1 ? at * (float)(in - 1) / (float)(out - 1) : 0;
    case ASYMMETRIC: return at / scale;
    case TF_HALF_PIXEL: return (at + 0.5f) / scale;
    case HALF_PIXEL_SYMMETRIC:
        return (float)in / 2 * (1 - (float)out / (scale * (float)in)) + half;
    default: return half;
    }
}

static float nearest_of(const resample_rule *r, float at, float scale) {
    switch (r->nearest) {
    case PREFER_CEIL: return floorf(at) == at - 0.5f ? ceilf(at) : roundf(at);
    case FLOOR: return floorf(at);
    case CEIL: return ceilf(at);
    case SIMPLE: return scale < 1 ? ceilf(at) : truncf(at);
    default: return floorf(at) == at - 0.5f ? floorf(at) : roundf(at);
    }
}

static size_t clamp(double v, size_t size) {
    return v <= 0 ? 0 : v >= (double)(size - 1) ? size - 1 : (size_t)v;
}

/* Of a neighbour at distance d. */
static double cubic_weight(double a, double d) {
    d = fabs(d);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static void cubic_taps(const resample_rule *r, float at, size_t in, size_t *from,
                       double *weight) {
    const double first = floor(at) - 1;
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        const double where = first + k;
        const bool outside = where < 0 || where > (double)(in - 1);
        weight[k] = outside && r->exclude_outside ? 0 : cubic_weight(r->cubic, at - where);
        from[k] = clamp(where, in);
        sum += weight[k];
    }
    for (int k = 0; k < 4 && r->exclude_outside; k++) weight[k] /= sum;
}

static void taps_of(const resample_rule *r, float at, float scale, size_t in, size_t *from,
                    double *weight) {
    if (r->mode == NEAREST) {
        from[0] = clamp(nearest_of(r, at, scale), in);
        weight[0] = 1;
    } else if (r->mode == LINEAR) {
        const float inside = fminf(fmaxf(at, 0), (float)(in - 1));
        from[0] = clamp(floorf(inside), in);
        from[1] = clamp((double)from[0] + 1, in);
        weight[1] = (double)inside - (double)from[0];
        weight[0] = 1 - weight[1];
    } else {
        cubic_taps(r, at, in, from, weight);
    }
}

/* Adds the step for one axis of the row. */
static int resample_add(resample_state *s, const resample_rule *r, const int64_t *dims, int rank,
                        int axis, size_t out, float scale) {
    resample_axis *a = &s->axis[s->count];
    *a = (resample_axis){.axis = axis, .outer = 1, .in = (size_t)dims[axis], .out = out,
                         .inner = 1, .taps = r->mode == CUBIC ? 4 : r->mode == LINEAR ? 2 : 1};
    for (int i = 0; i < axis; i++) a->outer *= (size_t)dims[i];
    for (int i = axis + 1; i < rank; i++) a->inner *= (size_t)dims[i];
    a->from = calloc(out * a->taps + 1, sizeof *a->from);
    a->weight = calloc(out * a->taps + 1, sizeof *a->weight);
    s->count++;
    if (!a->from || !a->weight) return GULL_ENOMEM;
    for (size_t i = 0; i < out; i++)
        taps_of(r, place_of(r, i, a->in, out, scale), scale, a->in, a->from + i * a->taps,
                a->weight + i * a->taps);
    const size_t size = a->outer * out * a->inner;
    if (size > s->largest) s->largest = size;
    return GULL_OK;
}

/* wanted: sizes of the row's axes; scale: of each (as the coordinates use it). */
static int resample_prepare(gull_graph *g, gull_node *n, const resample_rule *r,
                            const int64_t *wanted, const float *scale, gull_error *err) {
    const gull_tensor x = *gull_in(g, n, 0);
    resample_state *s = n->state;
    int64_t dims[GULL_RANK] = {0};
    size_t terms = 2;
    memcpy(dims, x.dims, sizeof dims);
    TRY(gull__graph_shape(g, n, x.rank, wanted, err)); /* a row that is not too large */
    for (int i = x.rank; i-- > 0;) {
        if (wanted[i] == dims[i] && scale[i] == 1) continue;
        double size = 1;
        for (int k = 0; k < x.rank; k++) size *= (double)(k == i ? wanted[k] : dims[k]);
        if (size > 1 << 28)
            return gull__fail(err, GULL_EUNSUPPORTED, "more than 2^28 numbers between axes");
        TRY(resample_add(s, r, dims, x.rank, i, (size_t)wanted[i], scale[i]));
        dims[i] = wanted[i];
        terms += s->axis[s->count - 1].taps + 1;
    }
    gull__graph_sum(g, terms);
    return GULL_OK;
}

static unsigned resample_traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return GULL_OP_AFFINE;
}

static real weight_of(const resample_axis *a, size_t i, bool absolute) {
    return gull_abs_if(absolute, (real)a->weight[i]);
}

/* y += the axis of x */
static void spread(const resample_axis *a, bool absolute, const real *x, real *y) {
    for (size_t o = 0; o < a->outer; o++, x += a->in * a->inner)
        for (size_t i = 0; i < a->out; i++, y += a->inner)
            for (size_t k = 0; k < a->taps; k++) {
                const real *from = x + a->from[i * a->taps + k] * a->inner;
                const real w = weight_of(a, i * a->taps + k, absolute);
                for (size_t q = 0; q < a->inner; q++) y[q] += w * from[q];
            }
}

/* dx += the transposed axis of dy */
static void gather(const resample_axis *a, bool absolute, const real *dy, real *dx) {
    for (size_t o = 0; o < a->outer; o++, dx += a->in * a->inner)
        for (size_t i = 0; i < a->out; i++, dy += a->inner)
            for (size_t k = 0; k < a->taps; k++) {
                real *to = dx + a->from[i * a->taps + k] * a->inner;
                const real w = weight_of(a, i * a->taps + k, absolute);
                for (size_t q = 0; q < a->inner; q++) to[q] += w * dy[q];
            }
}

/* One row through all axes, forward or (transposed, backward); two rooms of s->largest. */
static void resample_row(const resample_state *s, bool backward, bool absolute, real *room,
                         const real *x, real *y) {
    const real *from = x;
    for (int i = 0; i < s->count; i++) {
        const resample_axis *a = &s->axis[backward ? s->count - 1 - i : i];
        const size_t size = a->outer * a->inner * (backward ? a->in : a->out);
        real *to = i + 1 == s->count ? y : room + (i & 1 ? s->largest : 0);
        if (to != y) memset(to, 0, size * sizeof *to);
        (backward ? gather : spread)(a, absolute, from, to);
        from = to;
    }
}

static int resample(const gull_node *n, const gull_pass *p, bool backward, const real *x,
                    real *y) {
    const resample_state *s = n->state;
    const size_t in = gull_in(p->graph, n, 0)->size, out = p->graph->tensor[n->out].size;
    const size_t step_x = backward ? out : in, step_y = backward ? in : out;
    if (!s->count) {
        for (size_t i = 0; i < p->n * in; i++) y[i] += x[i];
        return GULL_OK;
    }
    real *room = malloc((2 * (s->largest > in ? s->largest : in) + 1) * sizeof *room);
    if (!room) return GULL_ENOMEM;
    for (size_t r = 0; r < p->n; r++)
        resample_row(s, backward, GULL_ABSOLUTE(p), room, x + r * step_x, y + r * step_y);
    free(room);
    return GULL_OK;
}

static int resample_forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    real *y = p->value[n->out];
    memset(y, 0, p->n * p->graph->tensor[n->out].size * sizeof *y);
    return resample(n, p, false, p->value[n->in[0]], y);
}

static int resample_gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    return resample(n, p, true, p->grad[n->out], p->grad[n->in[0]]);
}

#define GULL_RESAMPLE_OP(id, title, text, first_opset, last_opset)                       \
    const gull_op GULL_OP(id);                                                           \
    const gull_op GULL_OP(id) = {                                                        \
        .onnx = title,                                                                   \
        .summary = text,                                                                 \
        .since = first_opset,                                                            \
        .until = last_opset,                                                             \
        .optional = 1,                                                                   \
        .unbatched = true,                                                               \
        .state_size = sizeof(resample_state),                                            \
        .prepare = prepare,                                                              \
        .release = resample_release,                                                     \
        .traits = resample_traits,                                                       \
        .forward = resample_forward,                                                     \
        .gradient = resample_gradient,                                                   \
    };

/* ---- Scales and sizes ---- */

/* A list for the axes of the file, as those of the row; the batch must stay as it is, and
 * with `whole` the sizes come out without a rest. */
static int row_scales(const gull_graph *g, const gull_tensor *x, const gull_tensor *given,
                      bool whole, float *scale, int64_t *wanted, gull_error *err) {
    const int skip = gull_batch_axes(g);
    if (given->size != (size_t)(x->rank + skip))
        return gull__fail(err, GULL_EFORMAT, "%zu scales for %d dimensions", given->size,
                          x->rank + skip);
    if (skip && given->f64[0] != 1)
        return gull__fail(err, GULL_EUNSUPPORTED, "the batch is scaled");
    for (int i = 0; i < x->rank; i++) {
        scale[i] = (float)given->f64[i + skip];
        const double size = floor((double)((float)x->dims[i] * scale[i]));
        if (!(scale[i] > 0) || !(size >= 1 && size <= 1 << 28))
            return gull__fail(err, GULL_EUNSUPPORTED, "a scale of %g", (double)scale[i]);
        wanted[i] = (int64_t)size;
        if (whole && (double)((float)x->dims[i] * scale[i]) != size)
            return gull__fail(err, GULL_EUNSUPPORTED, "align_corners of %lld numbers scaled by "
                              "%g, which runtimes read in two ways",
                              (long long)x->dims[i], (double)scale[i]);
    }
    return GULL_OK;
}
