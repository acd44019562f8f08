/* onednn.c - the `onednn` backend (oneDNN 2.6 to 3.x, C API).  A single product is a plan
 * of one layer: convolutions in tiles of CONV_ROWS rows and dense layers of DENSE_ROWS,
 * padded with zeros, so that a row always meets the same code. */
#ifdef GULL_HAVE_ONEDNN
#include "num/backend.h"
#include "num/onednn_plan.h"
#include <stdlib.h>
#include <string.h>

enum { CONV_ROWS = 4, DENSE_ROWS = 16, NOMEM = -8, FAILED = -4 };

struct gull_primitive {
    gull_plan *plan;
    size_t tile, in, out;     /* rows; numbers of a row */
    float *x, *y, *dx, *dy;   /* of a tile */
    gull_primitive *plain;    /* of `ref`, where oneDNN has no fast code */
};

static void onednn_free(gull_primitive *p) {
    if (!p) return;
    gull__backend("ref")->free(p->plain);
    gull__onednn_plan_free(p->plan);
    free(p->x);
    free(p->y);
    free(p->dx);
    free(p->dy);
    free(p);
}

static float *new_rows(size_t rows, size_t row) {
    const size_t bytes = (rows * row * sizeof(float) + 127) / 64 * 64;
    float *p = aligned_alloc(64, bytes);
    if (p) memset(p, 0, bytes);
    return p;
}

static int plan_one(gull_primitive *p, const gull_layer *l, gull_blob blob[2]) {
    size_t bad;
    blob[0].given = blob[1].wanted = true;
    blob[0].plain = p->x;
    blob[1].plain = p->y;
    float *gradient[] = {p->dx, p->dy};
    const int status = gull__onednn_plan_new(l, 1, blob, 2, p->tile, NULL, &p->plan,
                                             &bad);
    return status ? status : gull__onednn_plan_gradient(p->plan, gradient);
}

static int primitive_new(size_t tile, const gull_layer *l, gull_blob blob[2],
                         gull_primitive **out) {
    gull_primitive *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) return NOMEM;
    p->tile = tile;
    p->in = blob[0].channels * blob[0].height * blob[0].width;
    p->out = blob[1].channels * blob[1].height * blob[1].width;
    p->x = new_rows(tile, p->in);
    p->y = new_rows(tile, p->out);
    p->dx = new_rows(tile, p->in);
    p->dy = new_rows(tile, p->out);
    int status = p->x && p->y && p->dx && p->dy ? plan_one(p, l, blob) : NOMEM;
    if (status == FAILED) {
        const gull_backend *ref = gull__backend("ref");
        status = l->kind == GULL_LAYER_CONV ? ref->conv_new(&l->conv, l->weights, &p->plain)
                                            : ref->dense_new(&l->dense, l->weights, &p->plain);
    }
    if (status)
        onednn_free(p);
    else
        *out = p;
    return status;
}

static int onednn_conv_new(const gull_conv_shape *s, const float *w, gull_primitive **out) {
    const gull_window *v = &s->window;
    const gull_layer layer = {
        .kind = GULL_LAYER_CONV, .in = {0, -1}, .out = 1, .conv = *s, .weights = w};
    gull_blob blob[] = {{.channels = s->in_channels, .height = v->in[0], .width = v->in[1]},
                        {.channels = s->out_channels, .height = v->out[0], .width = v->out[1]}};
    return primitive_new(CONV_ROWS, &layer, blob, out);
}

static int onednn_dense_new(const gull_dense_shape *s, const float *w,
                            gull_primitive **out) {
    const gull_layer layer = {
        .kind = GULL_LAYER_DENSE, .in = {0, -1}, .out = 1, .dense = *s, .weights = w};
    gull_blob blob[] = {{.channels = s->in, .height = 1, .width = 1, .flat = true},
                        {.channels = s->out, .height = 1, .width = 1, .flat = true}};
    return primitive_new(DENSE_ROWS, &layer, blob, out);
}

/* Copies n rows into a tile, zeros behind them. */
static void fill(const gull_primitive *p, size_t n, size_t row, const float *from,
                 float *to) {
    memcpy(to, from, n * row * sizeof *to);
    memset(to + n * row, 0, (p->tile - n) * row * sizeof *to);
}

static void add(size_t n, const float *from, float *to) {
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}

static size_t rows_here(const gull_primitive *p, size_t rows, size_t done) {
    return rows - done < p->tile ? rows - done : p->tile;
}

static int onednn_forward(gull_primitive *p, size_t rows, const float *x, float *y) {
    if (p->plain) return gull__backend("ref")->forward(p->plain, rows, x, y);
    for (size_t r = 0; r < rows; r += p->tile) {
        const size_t n = rows_here(p, rows, r);
        fill(p, n, p->in, x + r * p->in, p->x);
        const int status = gull__onednn_plan_forward(p->plan);
        if (status) return status;
        add(n * p->out, p->y, y + r * p->out);
    }
    return 0;
}

static int onednn_backward(gull_primitive *p, size_t rows, const float *dy, float *dx) {
    if (p->plain) return gull__backend("ref")->backward(p->plain, rows, dy, dx);
    for (size_t r = 0; r < rows; r += p->tile) {
        const size_t n = rows_here(p, rows, r);
        fill(p, n, p->out, dy + r * p->out, p->dy);
        memset(p->dx, 0, p->tile * p->in * sizeof *p->dx);
        const int status = gull__onednn_plan_backward(p->plan);
        if (status) return status;
        add(n * p->in, p->dx, dx + r * p->in);
    }
    return 0;
}

extern const gull_backend gull_backend_onednn;
const gull_backend gull_backend_onednn = {
    "onednn",
    "oneDNN, one thread per worker",
    onednn_conv_new,
    onednn_dense_new,
    onednn_forward,
    onednn_backward,
    onednn_free,
    gull__onednn_plan_new,
    gull__onednn_plan_gradient,
    gull__onednn_plan_forward,
    gull__onednn_plan_backward,
    gull__onednn_plan_free,
};
#else
typedef int gull__onednn_is_absent;
#endif
