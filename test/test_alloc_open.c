/* test_alloc_open.c - memory runs out at the n-th allocation of the whole process, in
 * gull or in a library it calls, n = 1, 2, 3, ..., while each pass_ file of the corpus is
 * opened: an error with a sentence, or the same content as ever; never a crash, and every
 * block is given back. (test_alloc.c: gull's own allocations, under the sanitizers too.)
 */
#include "core/model.h"
#include "read/picture.h"
#include "tap.h"
#include <dirent.h>
#include <errno.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(SANITIZED)
#define COUNTED
#endif

#ifdef COUNTED
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t),
    *__libc_memalign(size_t, size_t);
extern void *__libc_realloc(void *, size_t), __libc_free(void *);
static long left = -1, live; /* allocations until the failing one; blocks in use */

static bool refuse(void) {
    if (left < 0 || left-- > 0) return false;
    errno = ENOMEM;
    return true;
}
static void *counted(void *block) {
    live += block != NULL;
    return block;
}
void *malloc(size_t n) { return refuse() ? NULL : counted(__libc_malloc(n)); }
void *calloc(size_t n, size_t m) {
    return refuse() ? NULL : counted(__libc_calloc(n, m));
}
void *memalign(size_t a, size_t n) {
    return refuse() ? NULL : counted(__libc_memalign(a, n));
}
void *aligned_alloc(size_t a, size_t n) { return memalign(a, n); }
int posix_memalign(void **out, size_t a, size_t n) {
    void *block = memalign(a, n);
    if (block) *out = block;
    return block ? 0 : ENOMEM;
}
void *realloc(void *old, size_t n) {
    if (refuse()) return NULL;
    void *block = __libc_realloc(old, n);
    live += block && !old;
    return block;
}
void free(void *block) {
    live -= block != NULL;
    __libc_free(block);
}
/* libzip asks for the local time; what libc then keeps of the time zone would look like a
 * leak. */
time_t mktime(struct tm *t) { return timegm(t); }

enum { MODEL, DATA, PICTURE };

static uint64_t mix(uint64_t h, const void *data, size_t size) { /* FNV-1a */
    for (size_t i = 0; data && i < size; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    return h;
}

static uint64_t mix_names(uint64_t h, char *const *name, size_t count) {
    for (size_t i = 0; name && i < count; i++) h = mix(h, name[i], strlen(name[i]) + 1);
    return h;
}

static uint64_t of_model(const gull_model *m) {
    enum { DIM = 4096, CLASSES = 64 };
    static double x[DIM], s[CLASSES];
    const gull_family *f = m->family;
    const size_t classes = (size_t)m->facts.classes;
    void *worker = NULL;
    uint64_t h =
        mix(mix(1, &classes, sizeof classes), &m->facts.dim, sizeof m->facts.dim);
    h = mix_names(h, m->facts.class_names, classes);
    h = mix_names(h, m->facts.feature_names, m->facts.dim);
    if (m->facts.dim > DIM || classes > CLASSES) return h;
    for (size_t i = 0; i < m->facts.dim; i++) x[i] = 0.1 * (double)(i % 7) - 0.2;
    if (f->worker_new && f->worker_new(m->state, 1, &worker, NULL) < 0) return 0;
    f->reference(m->state, worker, x, s);
    if (worker) f->worker_free(m->state, worker);
    return mix(h, s, classes * sizeof *s);
}

static uint64_t of_data(const gull_data *d) {
    uint64_t h =
        mix(mix(1, d->x, d->rows * d->dim * sizeof *d->x), d->sha256, sizeof d->sha256);
    h = mix(h, d->label, d->label ? d->rows * sizeof *d->label : 0);
    h = mix_names(h, d->label_names, d->label_count);
    return mix_names(h, d->feature_names, d->feature_names ? d->dim : 0);
}

/* Opens the file with the n-th allocation failing (below 0: none); *content: what was
 * read. */
static gull_settings *asked; /* of models; NULL: none */

static int open_once(int kind, const char *path, long n, bool *reached, uint64_t *content,
                     gull_error *err) {
    gull_model *m = NULL;
    gull_data *d = NULL;
    gull_picture p = {0};
    left = n;
    const int status = kind == MODEL  ? gull_model_open_with(&m, path, asked, err)
                       : kind == DATA ? gull_data_open(&d, path, NULL, err)
                                      : gull__picture_read(&p, path, err);
    *reached = n >= 0 && left < 0;
    left = -1;
    *content = m   ? of_model(m)
               : d ? of_data(d)
                   : mix(1, p.pixel, p.width * p.height * p.channels);
    gull_model_close(&m);
    gull_data_close(&d);
    free(p.pixel);
    return status;
}

/* What libraries do, unseen from outside: jansson 2.14 drops a character when its buffer
 * cannot grow for a token of 16 or more; libzip 1.7 leaks a block when it cannot lay one
 * source on another. */
static long forgiven_contents(const char *path) {
    return strstr(path, "/xgboost/") ? 2 : 0;
}
static long forgiven_leaks(const char *path) { return strstr(path, "/npz/") ? 4 : 0; }

static void check_file(int kind, const char *path) {
    bool reached = true;
    uint64_t whole, content;
    gull_error err = {0, ""};
    long n = 0, named = 0, wrong = 0, leaks = 0;
    char first[200] = "";
    open_once(kind, path, -1, &reached, &whole, &err); /* libraries fill their caches */
    if (!tap_ok(open_once(kind, path, -1, &reached, &whole, &err) == GULL_OK, "%s", path))
        return;
    for (reached = true; reached && n < 100000; n++) {
        const long before = live;
        err = (gull_error){0, ""};
        const int status = open_once(kind, path, n, &reached, &content, &err);
        const bool good =
            status < 0 ? err.text[0] && err.code == status : content == whole;
        if (!good && !wrong)
            snprintf(first, sizeof first, " (%ld: %d %.150s)", n, status, err.text);
        named += status == GULL_ENOMEM;
        wrong += !good;
        leaks += live != before;
    }
    tap_ok(!reached && wrong <= forgiven_contents(path) && leaks <= forgiven_leaks(path),
           "%ld allocations failed in turn: %ld called so, %ld wrong%s, %ld leaks", n - 1,
           named, wrong, first, leaks);
}

static void check_folder(const char *source, const char *name, int kind) {
    char folder[300], path[600];
    struct dirent **entry;
    snprintf(folder, sizeof folder, "%s/fuzz/corpus/%s", source, name);
    const int n = scandir(folder, &entry, NULL, alphasort);
    tap_ok(n > 2, "%s has files", folder);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        if (!strncmp(entry[i]->d_name, "pass_", 5)) check_file(kind, path);
        free(entry[i]);
    }
    if (n > 0) free(entry);
}

/* A network with a head behind it and pixels prepared in front. */
static void check_settings(const char *source) {
    static const char *const head[] = {"binary:index=3,threshold=0.5", "detect:class=0",
                                       "range:-1,1,index=2"};
    char path[600];
    snprintf(path, sizeof path, "%s/examples/models/cnn.onnx", source);
    for (size_t i = 0; i < 3; i++) {
        asked = gull_settings_new();
        if (!tap_ok(asked && gull_settings_set(asked, "head", head[i], NULL) == GULL_OK &&
                        gull_settings_set(asked, "mean", "3", NULL) == GULL_OK &&
                        gull_settings_set(asked, "std", "2", NULL) == GULL_OK,
                    "--head %s", head[i]))
            return;
        check_file(MODEL, path);
        gull_settings_free(&asked);
    }
}

int main(void) {
    static const char *const model[] = {"onnx", "xgboost", "liblinear", "libsvm"};
    static const char *const data[] = {"npy", "npz", "idx", "csv", "libsvm_data"};
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "vgpreload")) {
        tap_skip("allocations of the whole process", "valgrind's allocator is in place");
        return tap_done();
    }
    const char *source = getenv("GULL_SOURCE") ? getenv("GULL_SOURCE") : ".";
    for (size_t i = 0; i < sizeof model / sizeof *model; i++)
        check_folder(source, model[i], MODEL);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        check_folder(source, data[i], DATA);
    check_folder(source, "picture", PICTURE);
    check_settings(source);
    return tap_done();
}
#else
int main(void) {
    tap_skip("allocations of the whole process", "another allocator is in place");
    return tap_done();
}
#endif
