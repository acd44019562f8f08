/* fuzz_onnx.c - libFuzzer target: ONNX.  A small model that is read is asked, too, for
 * scores and a gradient. */
#include "core/model.h"
#include <stdlib.h>

extern const gull_reader gull_reader_onnx;

static double sum(const void *arg, const double *scores, int classes, double *w) {
    double s = 0;
    (void)arg;
    for (int i = 0; i < classes; i++) {
        s += scores[i];
        w[i] = 1;
    }
    return s;
}

static void ask(const gull_model *m) {
    enum { DIM = 1024, CLASSES = 1024 };
    static double x[DIM], scores[CLASSES], g[DIM];
    const gull_family *f = m->family;
    const gull_loss loss = {sum, NULL};
    void *worker = NULL;
    gull_error err;
    double value;
    if (m->facts.dim > DIM || m->facts.classes > CLASSES) return;
    if (f->worker_new && f->worker_new(m->state, 1, &worker, &err) < 0) return;
    f->gradient(m->state, worker, x, 1, &loss, scores, &value, g);
    f->reference(m->state, worker, x, scores);
    if (worker) f->worker_free(m->state, worker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gull_bytes bytes = {.data = data, .size = size, .path = "fuzz.onnx"};
    gull_error err;
    gull_model *m = NULL;
    if (gull_reader_onnx.read(&bytes, &m, &err) < 0) return 0;
    ask(m);
    gull_model_close(&m);
    return 0;
}
