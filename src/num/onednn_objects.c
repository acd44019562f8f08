/* onednn_objects.c - see onednn_objects.h.  User scratchpad: a primitive may be made in
 * one thread and run in another. */
#ifdef GULL_HAVE_ONEDNN
#include "num/onednn_objects.h"
#include "num/elementwise.h"
#include "num/first_layer.h"
#include <dlfcn.h>
#include <string.h>

typedef enum kept_kind { BUFFER, DESC, ATTR, MEMORY, SCRATCH, PD, PRIMITIVE, FIRST } kept_kind;
typedef struct kept {
    kept_kind kind;
    void *object;
} kept;

static void (*openmp_setter(void))(int) {
    void (*f)(int) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    memcpy(&f, &symbol, sizeof f);
    return f;
}

/* The setting is per thread: each worker runs its primitives on itself alone. */
static void use_one_thread(const objects *o) {
    if (o->set_threads) o->set_threads(1);
}

static void check(objects *o, int bad) {
    if (bad && !o->status)
        o->status = bad == (int)dnnl_out_of_memory ? ONEDNN_NOMEM : ONEDNN_FAILED;
}

static int new_attr(dnnl_primitive_attr_t *out) {
    return dnnl_primitive_attr_create(out) ||
           dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
}

static int add_relu(dnnl_primitive_attr_t attr, float top) {
    dnnl_post_ops_t ops;
    if (dnnl_post_ops_create(&ops)) return 1;
    const int bad = append_relu(ops, top) || dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    return bad;
}

void onednn_open(objects *o) {
    o->set_threads = openmp_setter();
    use_one_thread(o);
    check(o, dnnl_engine_create(&o->engine, dnnl_cpu, 0) ||
                 dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags) ||
                 new_attr(&o->attr));
}

static void destroy(const kept *k) {
    switch (k->kind) {
    case BUFFER: free(k->object); break;
    case DESC: desc_destroy(k->object); break;
    case ATTR: dnnl_primitive_attr_destroy(k->object); break;
    case MEMORY: case SCRATCH: dnnl_memory_destroy(k->object); break;
    case PD: dnnl_primitive_desc_destroy(k->object); break;
    case PRIMITIVE: dnnl_primitive_destroy(k->object); break;
    case FIRST: gull__first_layer_free(k->object); break;
    }
}

void onednn_close(objects *o) {
    while (o->kept_count) destroy(&o->kept[--o->kept_count]);
    free(o->kept);
    free(o->scratch);
    if (o->attr) dnnl_primitive_attr_destroy(o->attr);
    if (o->stream) dnnl_stream_destroy(o->stream);
    if (o->engine) dnnl_engine_destroy(o->engine);
}

/* Room for one more in an array that doubles at powers of two. */
static void *grown(void *array, size_t count, size_t item) {
    return count & (count - 1) ? array : realloc(array, (count ? count * 2 : 1) * item);
}

/* Owns the object, also when that fails. */
static void *keep(objects *o, kept_kind kind, void *object) {
    kept *more = object ? grown(o->kept, o->kept_count, sizeof *more) : NULL;
    if (!more) {
        if (object) destroy(&(kept){kind, object});
        check(o, dnnl_out_of_memory);
        return NULL;
    }
    o->kept = more;
    o->kept[o->kept_count++] = (kept){kind, object};
    return object;
}

dnnl_primitive_attr_t onednn_relu(objects *o, float top) {
    dnnl_primitive_attr_t attr = NULL;
    if (o->status) return NULL;
    check(o, new_attr(&attr));
    if (!attr || !keep(o, ATTR, attr)) return NULL;
    check(o, add_relu(attr, top));
    return attr;
}

static float *new_block(size_t bytes) {
    const size_t room = (bytes + 127) / 64 * 64;
    float *p = aligned_alloc(64, room);
    if (p) memset(p, 0, room);
    return p;
}

float *onednn_floats(objects *o, size_t bytes) {
    return o->status ? NULL : keep(o, BUFFER, new_block(bytes));
}

desc_ref onednn_desc(objects *o, int rank, const int64_t *dims, dnnl_format_tag_t tag) {
    dnnl_dims_t full = {0};
    void *d = NULL;
    if (o->status) return NULL;
    memcpy(full, dims, (size_t)rank * sizeof *dims);
    const int bad = desc_create(rank, full, tag, &d);
    if (d) keep(o, DESC, d);
    check(o, bad);
    return o->status ? NULL : d;
}

desc_ref onednn_desc_of(objects *o, dnnl_primitive_desc_t pd, dnnl_query_t what) {
    void *d = NULL;
    if (o->status) return NULL;
    check(o, desc_copy(dnnl_primitive_desc_query_md(pd, what, 0), &d));
    return o->status ? NULL : keep(o, DESC, d);
}

dnnl_primitive_desc_t onednn_keep_pd(objects *o, int bad, dnnl_primitive_desc_t pd) {
    const char *name = "";
    if (o->status) return NULL;
    check(o, bad);
    if (bad || !keep(o, PD, pd)) return NULL;
    check(o, dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name));
    if (!o->status && !strncmp(name, "ref", 3)) o->status = ONEDNN_FAILED;
    return o->status ? NULL : pd;
}

void onednn_keep_first(objects *o, gull_first_layer *f) { keep(o, FIRST, f); }

step *onednn_step(objects *o, pass *p, step_kind kind) {
    static const step empty;
    step *more = o->status ? NULL : grown(p->step, p->count, sizeof *more);
    if (!more) {
        check(o, dnnl_out_of_memory);
        return NULL;
    }
    p->step = more;
    p->step[p->count] = empty;
    p->step[p->count].kind = kind;
    return &p->step[p->count++];
}

static void *new_memory(objects *o, kept_kind kind, desc_ref d, void *data) {
    dnnl_memory_t m = NULL;
    if (o->status) return NULL;
    check(o, dnnl_memory_create(&m, d, o->engine, data));
    return o->status ? NULL : keep(o, kind, m);
}

static dnnl_primitive_t new_primitive(objects *o, dnnl_primitive_desc_t pd) {
    dnnl_primitive_t p = NULL;
    if (o->status) return NULL;
    check(o, dnnl_primitive_create(&p, pd));
    return o->status ? NULL : keep(o, PRIMITIVE, p);
}

step *onednn_primitive_step(objects *o, pass *p, dnnl_primitive_desc_t pd) {
    step *s = onednn_step(o, p, STEP_PRIMITIVE);
    if (!s) return NULL;
    s->primitive = new_primitive(o, pd);
    const desc_ref d = onednn_desc_of(o, pd, dnnl_query_scratchpad_md);
    const size_t bytes = d ? dnnl_memory_desc_get_size(d) : 0;
    if (bytes > o->scratch_bytes) o->scratch_bytes = bytes;
    if (bytes)
        s->arg[s->args++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD,
                                              new_memory(o, SCRATCH, d, NULL)};
    return o->status ? NULL : s;
}

void onednn_argument(objects *o, step *s, int which, desc_ref d, const void *data) {
    if (!o->status)
        s->arg[s->args++] =
            (dnnl_exec_arg_t){which, new_memory(o, MEMORY, d, (void *)(uintptr_t)data)};
}

void onednn_reorder_into(objects *o, pass *p, desc_ref from, const float *data, desc_ref to,
                         float *out) {
    dnnl_primitive_desc_t pd = NULL;
    if (o->status) return;
    check(o, dnnl_reorder_primitive_desc_create(&pd, from, o->engine, to, o->engine, o->attr));
    if (o->status || !keep(o, PD, pd)) return;
    step *s = onednn_primitive_step(o, p, pd);
    onednn_argument(o, s, DNNL_ARG_FROM, from, data);
    onednn_argument(o, s, DNNL_ARG_TO, to, out);
}

float *onednn_as_layout(objects *o, pass *p, desc_ref from, float *data, desc_ref to) {
    if (o->status || dnnl_memory_desc_equal(from, to)) return data;
    float *out = onednn_floats(o, dnnl_memory_desc_get_size(to));
    onednn_reorder_into(o, p, from, data, to, out);
    return out;
}

static void pack_into(objects *o, desc_ref from, const float *data, desc_ref to,
                      float *out) {
    pass once = {NULL, 0};
    onednn_reorder_into(o, &once, from, data, to, out);
    onednn_end_pass(o);
    if (!o->status) check(o, onednn_run(o, &once) != 0);
    free(once.step);
}

static bool same_layout(const void *a, const void *b) {
    return dnnl_memory_desc_equal((desc_ref)a, (desc_ref)b) != 0;
}

/* Packs into a buffer of the store; its lock is held. */
static float *pack_for_all(objects *o, gull_packs *packs, desc_ref from, const float *data,
                           desc_ref to) {
    gull_pack p = {data, NULL, NULL, desc_destroy};
    check(o, desc_copy(to, &p.layout));
    if (o->status) return NULL;
    p.data = new_block(dnnl_memory_desc_get_size(to));
    if (p.data)
        pack_into(o, from, data, to, p.data);
    else
        check(o, dnnl_out_of_memory);
    if (!o->status) {
        check(o, gull__packs_add(packs, &p) ? dnnl_out_of_memory : 0);
        return o->status ? NULL : p.data;
    }
    desc_destroy(p.layout);
    free(p.data);
    return NULL;
}

const float *onednn_packed(objects *o, gull_packs *packs, desc_ref from, const float *data,
                           desc_ref to) {
    if (o->status || dnnl_memory_desc_equal(from, to)) return data;
    if (!packs) {
        float *own = onednn_floats(o, dnnl_memory_desc_get_size(to));
        pack_into(o, from, data, to, own);
        return own;
    }
    gull__packs_lock(packs);
    float *out = gull__packs_find(packs, data, to, same_layout);
    if (!out) out = pack_for_all(o, packs, from, data, to);
    gull__packs_unlock(packs);
    return out;
}

void onednn_end_pass(objects *o) {
    if (o->status || !o->scratch_bytes) return;
    if (o->scratch_bytes > o->scratch_room) {
        free(o->scratch);
        o->scratch = aligned_alloc(64, (o->scratch_bytes + 127) / 64 * 64);
        o->scratch_room = o->scratch ? o->scratch_bytes : 0;
    }
    if (!o->scratch) {
        check(o, dnnl_out_of_memory);
        return;
    }
    for (size_t i = 0; i < o->kept_count && !o->status; i++)
        if (o->kept[i].kind == SCRATCH)
            check(o, dnnl_memory_set_data_handle(o->kept[i].object, o->scratch));
}

int onednn_run(const objects *o, const pass *p) {
    int bad = 0;
    use_one_thread(o);
    for (size_t i = 0; i < p->count && !bad; i++) {
        const step *s = &p->step[i];
        switch (s->kind) {
        case STEP_PRIMITIVE:
            bad = dnnl_primitive_execute(s->primitive, o->stream, s->args, s->arg);
            break;
        case STEP_ADD_RELU: gull__add_relu(s->n, s->a, s->b, s->relu, s->top, s->to); break;
        case STEP_ADD_MASK: gull__add_mask(s->n, s->a, s->b, s->y, s->top, s->to); break;
        case STEP_FIRST: gull__first_layer(s->first, s->n, s->a, s->y, s->top, s->to); break;
        }
    }
    if (dnnl_stream_wait(o->stream)) bad = 1;
    return bad ? ONEDNN_FAILED : 0;
}
#else
typedef int gull__onednn_is_absent;
#endif
