/* fuzz_xgboost.c - libFuzzer target: XGBoost JSON.  A model that is read is asked, too.
 */
#include "core/model.h"

extern const gull_reader gull_reader_xgboost_json;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gull_bytes bytes = {data, size, 0, "fuzz.json"};
    gull_error err;
    gull_model *m = NULL;
    enum { DIM = 64, CLASSES = 64 };
    double x[DIM] = {0, NAN, 1, -1, INFINITY}, scores[2][CLASSES];
    if (!gull_reader_xgboost_json.probe(&bytes) ||
        gull_reader_xgboost_json.read(&bytes, &m, &err) < 0)
        return 0;
    void *worker;
    const gull_family *f = m->family;
    if (m->facts.dim <= DIM && m->facts.classes <= CLASSES &&
        f->worker_new(m->state, 1, &worker, &err) == GULL_OK) {
        f->scores(m->state, worker, x, 1, scores[0]);
        f->reference(m->state, worker, x, scores[1]);
        for (int c = 0; c < m->facts.classes; c++)
            if (scores[0][c] != scores[1][c]) __builtin_trap();
        f->worker_free(m->state, worker);
    }
    gull_model_close(&m);
    return 0;
}
