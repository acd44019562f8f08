/* onnx_scores.c - the other half of test_onnx.py.  Each line of stdin names a backend, a
 * model, a file of rows and a file for the answer (both raw doubles); each line of stdout
 * says "ok CLASSES" or the error.  Backend "reference" asks the referee's evaluator, and
 * "gradient:NAME" writes the gradient of the sum of the scores instead.  "-" as rows: one
 * row of zeros of any size. */
#include "core/model.h"
#include "model/network.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double sum_of_scores(const void *arg, const double *scores, int classes, double *w) {
    double sum = 0;
    (void)arg;
    for (int i = 0; i < classes; i++) {
        sum += scores[i];
        if (w) w[i] = 1;
    }
    return sum;
}

static double *read_doubles(const char *path, size_t *count) {
    FILE *f = fopen(path, "rb");
    double *x = NULL;
    *count = 0;
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    const long size = ftell(f);
    rewind(f);
    x = malloc((size_t)size + 8);
    if (x) *count = fread(x, sizeof *x, (size_t)size / sizeof *x, f);
    fclose(f);
    return x;
}

static int ask(const gull_model *m, const char *how, const double *x, size_t rows,
               double *out, gull_error *err) {
    const gull_family *f = gull_model_family(m);
    const size_t dim = gull_model_features(m), classes = (size_t)gull_model_classes(m);
    const void *state = gull_model_state(m);
    const int tile = f->tile(state);
    double *scores = calloc(classes, sizeof *scores), value;
    void *worker = NULL;
    int status = scores ? GULL_OK : GULL_ENOMEM;
    const gull_loss loss = {sum_of_scores, NULL};
    if (!status && f->worker_new) status = f->worker_new(state, tile, &worker, err);
    for (size_t r = 0; r < rows && !status; r++)
        if (!strcmp(how, "reference"))
            status = f->reference(state, worker, x + r * dim, out + r * classes);
        else if (!strncmp(how, "gradient:", 9))
            status = f->gradient(state, worker, x + r * dim, 1, &loss, scores, &value,
                                 out + r * dim);
        else
            status = f->scores(state, worker, x + r * dim, 1, out + r * classes);
    if (worker) f->worker_free(state, worker);
    free(scores);
    return status;
}

static int answer(const char *how, const char *model, const char *rows_file,
                  const char *out_file, gull_error *err) {
    gull_model *m = NULL;
    const char *colon = strchr(how, ':'), *backend = colon ? colon + 1 : how;
    int status = gull_model_open(&m, model, err);
    if (status < 0) return status;
    if (gull_model_facts_of(m)->randomised) {
        gull_model_close(&m);
        return gull__fail(err, GULL_EUNSUPPORTED, "randomised");
    }
    const size_t classes = (size_t)gull_model_classes(m), dim = gull_model_features(m);
    size_t count;
    double *x = strcmp(rows_file, "-") ? read_doubles(rows_file, &count)
                                       : calloc(count = dim, sizeof *x);
    double *out = calloc(count / dim + 1, (dim + classes) * sizeof *out);
    if (strcmp(backend, "reference")) (void)gull__network_backend(m, backend);
    if (count % dim)
        status = gull__fail(err, GULL_EUSAGE, "the model has %zu features", dim);
    if (!status) status = ask(m, how, x, count / dim, out, err);
    FILE *f = status ? NULL : fopen(out_file, "wb");
    if (f) {
        fwrite(out, sizeof *out, count / dim * (colon ? dim : classes), f);
        fclose(f);
    }
    free(x);
    free(out);
    gull_model_close(&m);
    return status < 0 ? status : (int)classes;
}

int main(void) {
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        char how[64], model[1200], rows[1200], out[1200];
        gull_error err = {0, "no reason given"};
        if (sscanf(line, "%63s %1199s %1199s %1199s", how, model, rows, out) != 4) return 2;
        const int status = answer(how, model, rows, out, &err);
        if (status >= 0)
            printf("ok %d\n", status);
        else
            printf("error %d %s\n", status, err.text);
        fflush(stdout);
    }
    return 0;
}
