/* test_malformed.c - fuzz/corpus: pass_ files are read, fail_ files are refused with a sentence that
 * names them; then each pass_ file cut off anywhere and with bytes changed: an error or a model, never
 * a crash.  An unknown prefix is a failure. */
#include "core/model.h"
#include "core/random.h"
#include "model/linear.h"
#include "read/picture.h"
#include "tap.h"
#include <dirent.h>
#include <unistd.h>

static const struct {
    const char *folder, *suffix; /* the suffix the damaged copies get */
    enum { MODEL, DATA, PICTURE, DOMAIN } kind;
} format[] = {{"onnx", ".onnx", MODEL},       {"xgboost", ".json", MODEL},
              {"liblinear", ".model", MODEL}, {"libsvm", ".model", MODEL},
              {"npy", ".npy", DATA},          {"npz", ".npz", DATA},
              {"idx", ".idx", DATA},          {"csv", ".csv", DATA},
              {"libsvm_data", ".svm", DATA},  {"picture", ".png", PICTURE},
              {"domain", ".json", DOMAIN}};

/* A model that was read is asked once. */
static void ask(const gull_model *m) {
    const gull_family *f = m->family;
    const size_t dim = m->facts.dim, classes = (size_t)m->facts.classes;
    double *x = dim < 1 << 16 ? calloc(dim, sizeof *x) : NULL;
    double *s = classes < 1 << 16 ? calloc(classes, sizeof *s) : NULL;
    void *worker = NULL;
    if (x && s && (!f->worker_new || f->worker_new(m->state, 1, &worker, NULL) >= 0)) {
        f->scores(m->state, worker, x, 1, s);
        f->reference(m->state, worker, x, s);
    }
    if (worker) f->worker_free(m->state, worker);
    free(x);
    free(s);
}

/* The domain of three features, two of them with names. */
static int read_domain(const char *path, gull_error *err) {
    double x[3] = {1, 2, 3}, scores[2];
    char *names[3] = {(char *)"a", (char *)"b", (char *)""};
    gull_data d = {.rows = 1, .dim = 3, .x = x, .feature_names = names, .path = (char *)"rows"};
    gull_model_facts facts = {.classes = 2, .dim = 3, .scores = "margin"};
    gull_question *q = gull_question_new();
    gull_model *m = NULL;
    size_t rows;
    double *w = calloc(6, sizeof *w), *b = calloc(2, sizeof *b);
    if (!w || !b || gull__linear_new(&m, &facts, w, b) < 0 || gull_question_set(q, "domain", path, err) < 0)
        exit(1);
    const int status = gull_predict(q, m, &d, scores, &rows, err);
    gull_model_close(&m);
    gull_question_free(&q);
    return status;
}

static int read_file(int kind, const char *path, gull_error *err) {
    gull_model *m = NULL;
    gull_data *d = NULL;
    gull_picture p = {0};
    int status;
    if (kind == MODEL) {
        status = gull_model_open(&m, path, err);
        if (m) ask(m);
    } else if (kind == DATA)
        status = gull_data_open(&d, path, NULL, err);
    else if (kind == DOMAIN)
        status = read_domain(path, err);
    else
        status = gull__picture_read(&p, path, err);
    gull_model_close(&m);
    gull_data_close(&d);
    free(p.pixel);
    return status;
}

static void write_file(const char *path, const uint8_t *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f)) exit(1);
}

/* Up to three bytes changed, put in or left out; returns the new size. */
static size_t mutate(uint8_t *copy, size_t size, gull_stream *random) {
    const int count = 1 + (int)(gull__stream_next(random) % 3);
    for (int k = 0; k < count && size; k++) {
        const size_t at = gull__stream_next(random) % size;
        const uint8_t byte = (uint8_t)gull__stream_next(random);
        switch (gull__stream_next(random) % 4) {
        case 0: copy[at] ^= (uint8_t)(1 << byte % 8); break;
        case 1: copy[at] = byte; break;
        case 2:
            memmove(copy + at + 1, copy + at, size++ - at);
            copy[at] = byte;
            break;
        default: memmove(copy + at, copy + at + 1, --size - at);
        }
    }
    return size;
}

/* How many damaged copies were refused without a sentence that names them. */
static size_t damage(int kind, const uint8_t *data, size_t size, const char *path, size_t *tries) {
    enum { CUTS = 400, CHANGES = 400 };
    gull_stream random = gull__stream(1, size, "damage");
    const size_t cuts = size < CUTS ? size : CUTS;
    uint8_t *copy = malloc(size + 3);
    size_t silent = 0;
    *tries = cuts + CHANGES;
    for (size_t t = 0; copy && t < *tries; t++) {
        gull_error err = {0, ""};
        memcpy(copy, data, size);
        const size_t length = t < cuts ? size * t / cuts : mutate(copy, size, &random);
        write_file(path, copy, length);
        silent += read_file(kind, path, &err) < 0 && !strstr(err.text, path);
    }
    free(copy);
    return silent;
}

static void check_file(size_t k, const char *folder, const char *name) {
    char path[600], damaged[300];
    gull_error err = {0, ""};
    uint8_t *data;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int status = read_file(format[k].kind, path, &err);
    if (!strncmp(name, "fail_", 5)) {
        tap_ok(status < 0 && strstr(err.text, path), "%s: %s", name, err.text);
        return;
    }
    if (strncmp(name, "pass_", 5)) {
        tap_ok(0, "%s: neither pass_ nor fail_", path);
        return;
    }
    if (!tap_ok(status == GULL_OK, "%s %s", name, err.text)) return;
    if (gull__file_read(path, false, &data, &size, &err) < 0) exit(1);
    snprintf(damaged, sizeof damaged, "%s/gull-damaged-%d%s", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
             (int)getpid(), format[k].suffix);
    size_t tries;
    const size_t silent = damage(format[k].kind, data, size, damaged, &tries);
    tap_ok(silent == 0, "%s damaged in %zu ways: %zu refusals that do not name it", name, tries, silent);
    unlink(damaged);
    free(data);
}

int main(void) {
    const char *source = getenv("GULL_SOURCE");
    for (size_t k = 0; k < sizeof format / sizeof *format; k++) {
        char folder[300];
        struct dirent **entry;
        snprintf(folder, sizeof folder, "%s/fuzz/corpus/%s", source ? source : ".", format[k].folder);
        const int n = scandir(folder, &entry, NULL, alphasort);
        tap_ok(n > 4, "%s has files", folder);
        for (int i = 0; i < n; i++) {
            if (entry[i]->d_name[0] != '.') check_file(k, folder, entry[i]->d_name);
            free(entry[i]);
        }
        if (n > 0) free(entry);
    }
    return tap_done();
}
