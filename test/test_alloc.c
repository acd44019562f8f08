/* test_alloc.c - memory runs out at the n-th allocation, n = 1, 2, 3, ...: opening every file of the
 * corpus, and a small audit of each family.  A status or a result, never a crash, and no leak under
 * the leak sanitizer.  Linked with --wrap: only gull's own allocations fail. */
#include "core/model.h"
#include "core/result.h"
#include "read/picture.h"
#include "tap.h"
#include <dirent.h>

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_aligned_alloc(size_t, size_t);
char *__real_strdup(const char *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void *__wrap_aligned_alloc(size_t, size_t);
char *__wrap_strdup(const char *);

static long left = -1; /* allocations that still succeed; below 0: all do */
static bool fails(void) { return left >= 0 && left-- == 0; }
void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t m) { return fails() ? NULL : __real_calloc(n, m); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
void *__wrap_aligned_alloc(size_t a, size_t n) { return fails() ? NULL : __real_aligned_alloc(a, n); }
char *__wrap_strdup(const char *s) { return fails() ? NULL : __real_strdup(s); }

enum { MOST = 400 }; /* allocations tried per case */

/* ---- Opening ---- */

static int open_once(const char *folder, const char *path) {
    gull_error err = {0, ""};
    gull_model *m = NULL;
    gull_data *d = NULL;
    gull_picture p = {0};
    int status;
    if (!strcmp(folder, "picture")) status = gull__picture_read(&p, path, &err);
    else if (strstr("onnx xgboost liblinear libsvm", folder) && strcmp(folder, "libsvm_data"))
        status = gull_model_open(&m, path, &err);
    else status = gull_data_open(&d, path, NULL, &err);
    gull_model_close(&m);
    gull_data_close(&d);
    free(p.pixel);
    return status;
}

static void test_open(const char *root, const char *folder) {
    char dir[300], path[600];
    struct dirent **entry;
    snprintf(dir, sizeof dir, "%s/fuzz/corpus/%s", root, folder);
    const int n = scandir(dir, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name);
        if (!strncmp(entry[i]->d_name, "pass_", 5)) {
            int status = -1, refused = 0;
            long k = 0;
            for (; k < MOST; k++) {
                left = k;
                status = open_once(folder, path);
                const bool used = left < 0;
                left = -1;
                if (!used) break;
                refused += status < 0;
            }
            tap_ok(k == MOST || status == GULL_OK, "%s/%s: %ld allocations failed in turn, %d refusals",
                   folder, entry[i]->d_name, k, refused);
        }
        free(entry[i]);
    }
    if (n > 0) free(entry);
}

/* ---- A whole audit ---- */

static int audit_once(const gull_model *m, const gull_data *d, const char *norm) {
    gull_question *q = gull_question_new();
    gull_result *r = NULL;
    gull_error err = {0, ""};
    char *json = NULL, *text = NULL;
    int status = q ? GULL_OK : GULL_ENOMEM;
    if (status == GULL_OK) status = gull_question_set(q, "norm", norm, &err);
    if (status == GULL_OK) status = gull_question_set(q, "threads", "1", &err);
    if (status == GULL_OK) status = gull_ask(q, "audit", m, d, NULL, NULL, &r, &err);
    if (r) {
        json = gull_result_json(r);
        text = gull_result_text(r);
    }
    for (size_t i = 0; r && i < r->task.rows; i++)
        if (r->answer[i].contradiction) status = GULL_ECONTRADICTION;
    gull_free(json);
    gull_free(text);
    gull_result_free(&r);
    gull_question_free(&q);
    return status;
}

static void test_audit(const char *root, const char *model, size_t dim, const char *norm) {
    char path[400];
    double x[64] = {0.3, -0.2, 0.7};
    gull_data d = {.rows = 1, .dim = dim, .rank = 1, .x = x, .format = "memory", .path = (char *)"x"};
    gull_model *m = NULL;
    gull_error err = {0, ""};
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", root, model);
    if (gull_model_open(&m, path, &err) < 0) {
        tap_ok(0, "%s", err.text);
        return;
    }
    gull_model_set_backend(m, "ref", &err);
    const int whole = audit_once(m, &d, norm);
    int refused = 0, contradictions = 0;
    long k = 0;
    for (; k < MOST; k++) {
        left = k;
        const int status = audit_once(m, &d, norm);
        const bool used = left < 0;
        left = -1;
        refused += status == GULL_ENOMEM;
        contradictions += status == GULL_ECONTRADICTION;
        if (!used) break;
    }
    tap_ok(whole == GULL_OK && refused > 3 && !contradictions,
           "an audit of %s in %s: %ld allocations failed in turn, %d refusals, %d contradictions",
           model, norm, k, refused, contradictions);
    gull_model_close(&m);
}

int main(void) {
    static const char *const folder[] = {"onnx", "xgboost", "liblinear", "libsvm", "npy",
                                         "npz",  "idx",     "csv",       "libsvm_data", "picture"};
    const char *root = getenv("GULL_SOURCE") ? getenv("GULL_SOURCE") : ".";
    for (size_t i = 0; i < sizeof folder / sizeof *folder; i++) test_open(root, folder[i]);
    test_audit(root, "liblinear/pass_binary.model", 3, "l2");
    test_audit(root, "xgboost/pass_binary.json", 3, "linf");
    test_audit(root, "onnx/pass_net.onnx", 3, "linf");
    test_audit(root, "onnx/pass_net.onnx", 3, "l1");
    return tap_done();
}
