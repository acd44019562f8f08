/* fuzz_domain.c - libFuzzer target: domain files, for three features, two of them with names. */
#include "as_file.h"
#include "core/bind.h"
#include "model/linear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const gull_model_facts facts = {.classes = 2, .dim = 3, .f32 = true, .scores = "margin"};
    static gull_model *m;
    double x[3] = {1, 2, 3};
    char *names[3] = {(char *)"a", (char *)"b", (char *)""};
    const gull_data d = {.rows = 1, .dim = 3, .x = x, .feature_names = names, .path = (char *)"rows"};
    gull_error err = {0, ""};
    gull_task t;
    double *w = m ? NULL : calloc(6, sizeof *w), *b = m ? NULL : calloc(2, sizeof *b);
    if (!m && gull__linear_new(&m, &facts, w, b) < 0) abort();
    gull_question *q = gull_question_new();
    if (!q || gull_question_set(q, "domain", as_file(data, size), &err) < 0) abort();
    if (gull__bind(&t, q, m, &d, &err) == GULL_OK) {
        for (size_t i = 0; i < t.dim; i++)
            if (!(t.lo[i] <= t.hi[i]) || (t.weight && !(t.weight[i] > 0))) abort();
        gull__task_free(&t);
    } else if (!err.text[0])
        abort();
    gull_question_free(&q);
    return 0;
}
