/* fuzz_liblinear.c - libFuzzer target: LIBLINEAR's text models.  A model that is read is asked, too. */
#include "core/model.h"

extern const gull_reader gull_reader_liblinear;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { DIM = 64, CLASSES = 64 };
    gull_bytes bytes = {data, size, 0, "fuzz.model"};
    gull_error err = {0, ""};
    gull_model *m = NULL;
    double x[DIM] = {0, 1, -1, 1e300, INFINITY}, scores[CLASSES];
    gull_reader_liblinear.probe(&bytes);
    if (gull_reader_liblinear.read(&bytes, &m, &err) < 0) return 0;
    if (m->facts.dim <= DIM && m->facts.classes <= CLASSES) {
        m->family->scores(m->state, NULL, x, 1, scores);
        m->family->reference(m->state, NULL, x, scores);
    }
    gull_model_close(&m);
    return 0;
}
