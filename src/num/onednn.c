/* onednn.c - the `onednn` backend (oneDNN 2.6 to 3.x, C API).  Convolutions run in chunks
 * of CONV_ROWS rows and dense layers in chunks of DENSE_ROWS, padded with zeros, so that a
 * row always meets the same code.  User scratchpad: a primitive may be made in one thread
 * and run in another. */
#ifdef GULL_HAVE_ONEDNN
#include "num/backend.h"
#include "num/onednn_shim.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { CONV_ROWS = 4, DENSE_ROWS = 16, NOMEM = -8, FAILED = -4 };

/* One argument: the caller's plain layout and the one the primitive wants. */
typedef struct port {
    dnnl_memory_t plain, inner; /* the same handle when the layouts agree */
    dnnl_primitive_t reorder;
    float *plain_data, *inner_data;
    size_t row; /* numbers per row */
} port;

typedef struct pass {
    dnnl_primitive_t primitive;
    dnnl_memory_t scratch, weights;
    float *scratch_data, *weights_data;
    port in, out;
    int in_arg, out_arg;
} pass;

struct gull_primitive {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    size_t chunk;
    void (*set_threads)(int); /* of oneDNN's OpenMP, or NULL */
    pass forward, backward;
    const float *w;
    shape_desc shape;
    gull_primitive *plain; /* of `ref`, where oneDNN refuses the shape */
};

static void (*openmp_setter(void))(int) {
    void (*f)(int) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    memcpy(&f, &symbol, sizeof f);
    return f;
}

/* The setting is per thread: each worker runs its primitives on itself alone. */
static void use_one_thread(const gull_primitive *g) {
    if (g->set_threads) g->set_threads(1);
}

static float *new_floats(size_t bytes) {
    const size_t room = (bytes + 127) / 64 * 64;
    float *p = aligned_alloc(64, room);
    if (p) memset(p, 0, room);
    return p;
}

static void free_port(port *p) {
    if (p->reorder) dnnl_primitive_destroy(p->reorder);
    if (p->inner && p->inner != p->plain) dnnl_memory_destroy(p->inner);
    if (p->plain) dnnl_memory_destroy(p->plain);
    free(p->plain_data);
    free(p->inner_data);
}

static void free_pass(pass *p) {
    free_port(&p->in);
    free_port(&p->out);
    if (p->primitive) dnnl_primitive_destroy(p->primitive);
    if (p->scratch) dnnl_memory_destroy(p->scratch);
    if (p->weights) dnnl_memory_destroy(p->weights);
    free(p->scratch_data);
    free(p->weights_data);
}

static void onednn_free(gull_primitive *p) {
    if (!p) return;
    gull__backend("ref")->free(p->plain);
    free_pass(&p->forward);
    free_pass(&p->backward);
    if (p->stream) dnnl_stream_destroy(p->stream);
    if (p->engine) dnnl_engine_destroy(p->engine);
    free(p);
}

static int reorder_new(dnnl_engine_t engine, desc_ref from, desc_ref to,
                       dnnl_primitive_t *out) {
    dnnl_primitive_desc_t pd;
    if (dnnl_reorder_primitive_desc_create(&pd, from, engine, to, engine, NULL))
        return FAILED;
    const int bad = dnnl_primitive_create(out, pd) != dnnl_success;
    dnnl_primitive_desc_destroy(pd);
    return bad ? FAILED : 0;
}

static int run(dnnl_stream_t stream, dnnl_primitive_t p, int count,
               const dnnl_exec_arg_t *arg) {
    return dnnl_primitive_execute(p, stream, count, arg) ? FAILED : 0;
}

static int reorder_run(dnnl_stream_t s, dnnl_primitive_t p, dnnl_memory_t from,
                       dnnl_memory_t to) {
    const dnnl_exec_arg_t arg[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    return run(s, p, 2, arg);
}

static int port_new(const gull_primitive *g, desc_ref plain, desc_ref inner, bool is_input,
                    port *p) {
    const size_t bytes = dnnl_memory_desc_get_size(plain);
    p->row = bytes / sizeof(float) / g->chunk;
    p->plain_data = new_floats(bytes);
    if (!p->plain_data) return NOMEM;
    if (dnnl_memory_create(&p->plain, plain, g->engine, p->plain_data)) return FAILED;
    if (dnnl_memory_desc_equal(plain, inner)) {
        p->inner = p->plain;
        return 0;
    }
    p->inner_data = new_floats(dnnl_memory_desc_get_size(inner));
    if (!p->inner_data) return NOMEM;
    if (dnnl_memory_create(&p->inner, inner, g->engine, p->inner_data)) return FAILED;
    return reorder_new(g->engine, is_input ? plain : inner, is_input ? inner : plain,
                       &p->reorder);
}

/* Packs the weights once into the layout that this pass wants. */
static int weights_new(const gull_primitive *g, desc_ref plain, desc_ref inner, pass *p) {
    dnnl_memory_t from = NULL;
    dnnl_primitive_t reorder = NULL;
    p->weights_data = new_floats(dnnl_memory_desc_get_size(inner));
    if (!p->weights_data) return NOMEM;
    int status = FAILED;
    if (!dnnl_memory_create(&p->weights, inner, g->engine, p->weights_data) &&
        !dnnl_memory_create(&from, plain, g->engine, (void *)(uintptr_t)g->w))
        status = reorder_new(g->engine, plain, inner, &reorder);
    if (!status) status = reorder_run(g->stream, reorder, from, p->weights);
    if (!status) status = dnnl_stream_wait(g->stream) ? FAILED : 0;
    if (reorder) dnnl_primitive_destroy(reorder);
    if (from) dnnl_memory_destroy(from);
    return status;
}

static int scratch_new(const gull_primitive *g, dnnl_primitive_desc_t pd, pass *p) {
    desc_ref md = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
    const size_t bytes = md ? dnnl_memory_desc_get_size(md) : 0;
    if (!bytes) return 0;
    p->scratch_data = new_floats(bytes);
    if (!p->scratch_data) return NOMEM;
    return dnnl_memory_create(&p->scratch, md, g->engine, p->scratch_data) ? FAILED : 0;
}

static int pass_new(const gull_primitive *g, dnnl_primitive_desc_t pd, bool forward,
                    pass *p) {
    const shape_desc *s = &g->shape;
    desc_ref in = dnnl_primitive_desc_query_md(
        pd, forward ? dnnl_query_src_md : dnnl_query_diff_dst_md, 0);
    desc_ref out = dnnl_primitive_desc_query_md(
        pd, forward ? dnnl_query_dst_md : dnnl_query_diff_src_md, 0);
    desc_ref w = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    p->in_arg = forward ? DNNL_ARG_SRC : DNNL_ARG_DIFF_DST;
    p->out_arg = forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_SRC;
    int status = port_new(g, forward ? DESC(s->src) : DESC(s->dst), in, true, &p->in);
    if (!status)
        status = port_new(g, forward ? DESC(s->dst) : DESC(s->src), out, false, &p->out);
    if (!status) status = weights_new(g, DESC(s->weights), w, p);
    if (!status) status = scratch_new(g, pd, p);
    if (!status && dnnl_primitive_create(&p->primitive, pd)) status = FAILED;
    return status;
}

static int passes_new(gull_primitive *g, const gull_conv_shape *conv) {
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t forward = NULL, backward = NULL;
    int status = FAILED;
    if (!dnnl_primitive_attr_create(&attr) &&
        !dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) &&
        !forward_desc(g->engine, &g->shape, conv, attr, &forward) &&
        !backward_desc(g->engine, &g->shape, conv, attr, forward, &backward))
        status = pass_new(g, forward, true, &g->forward);
    if (!status) status = pass_new(g, backward, false, &g->backward);
    if (backward) dnnl_primitive_desc_destroy(backward);
    if (forward) dnnl_primitive_desc_destroy(forward);
    if (attr) dnnl_primitive_attr_destroy(attr);
    return status;
}

static int primitive_new(const gull_conv_shape *conv, const gull_dense_shape *dense,
                         const float *w, gull_primitive **out) {
    gull_primitive *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g) return NOMEM;
    g->w = w;
    g->chunk = conv ? CONV_ROWS : DENSE_ROWS;
    g->set_threads = openmp_setter();
    use_one_thread(g);
    int status = FAILED;
    if (!dnnl_engine_create(&g->engine, dnnl_cpu, 0) &&
        !dnnl_stream_create(&g->stream, g->engine, dnnl_stream_default_flags) &&
        !(conv ? conv_shape_desc(conv, g->chunk, &g->shape)
               : dense_shape_desc(dense, g->chunk, &g->shape)))
        status = passes_new(g, conv);
    shape_desc_free(&g->shape);
    if (status == FAILED) {
        const gull_backend *ref = gull__backend("ref");
        status = conv ? ref->conv_new(conv, w, &g->plain)
                      : ref->dense_new(dense, w, &g->plain);
    }
    if (status)
        onednn_free(g);
    else
        *out = g;
    return status;
}

static int onednn_conv_new(const gull_conv_shape *s, const float *w, gull_primitive **out) {
    return primitive_new(s, NULL, w, out);
}

static int onednn_dense_new(const gull_dense_shape *s, const float *w,
                            gull_primitive **out) {
    return primitive_new(NULL, s, w, out);
}

static int run_chunk(const gull_primitive *g, const pass *p) {
    const dnnl_exec_arg_t arg[] = {{p->in_arg, p->in.inner},
                                   {DNNL_ARG_WEIGHTS, p->weights},
                                   {p->out_arg, p->out.inner},
                                   {DNNL_ARG_SCRATCHPAD, p->scratch}};
    int status = 0;
    if (p->in.reorder) status = reorder_run(g->stream, p->in.reorder, p->in.plain, p->in.inner);
    if (!status) status = run(g->stream, p->primitive, p->scratch ? 4 : 3, arg);
    if (!status && p->out.reorder)
        status = reorder_run(g->stream, p->out.reorder, p->out.inner, p->out.plain);
    if (!status && dnnl_stream_wait(g->stream)) status = FAILED;
    return status;
}

static int run_pass(const gull_primitive *g, const pass *p, size_t rows, const float *x,
                    float *y) {
    for (size_t r = 0; r < rows; r += g->chunk) {
        const size_t n = rows - r < g->chunk ? rows - r : g->chunk;
        memcpy(p->in.plain_data, x + r * p->in.row, n * p->in.row * sizeof *x);
        memset(p->in.plain_data + n * p->in.row, 0,
               (g->chunk - n) * p->in.row * sizeof *x);
        const int status = run_chunk(g, p);
        if (status) return status;
        float *to = y + r * p->out.row;
        for (size_t i = 0; i < n * p->out.row; i++) to[i] += p->out.plain_data[i];
    }
    return 0;
}

static int onednn_forward(gull_primitive *g, size_t rows, const float *x, float *y) {
    if (g->plain) return gull__backend("ref")->forward(g->plain, rows, x, y);
    use_one_thread(g);
    return run_pass(g, &g->forward, rows, x, y);
}

static int onednn_backward(gull_primitive *g, size_t rows, const float *dy, float *dx) {
    if (g->plain) return gull__backend("ref")->backward(g->plain, rows, dy, dx);
    use_one_thread(g);
    return run_pass(g, &g->backward, rows, dy, dx);
}

extern const gull_backend gull_backend_onednn;
const gull_backend gull_backend_onednn = {
    "onednn",         "oneDNN, one thread per worker",
    onednn_conv_new,  onednn_dense_new,
    onednn_forward,   onednn_backward,
    onednn_free,
};
#else
typedef int gull__onednn_is_absent;
#endif
