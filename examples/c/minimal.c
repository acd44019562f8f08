/* minimal.c - the interval of every row, with gull.h alone.
 * cc minimal.c $(pkg-config --cflags --libs gull) -o minimal && ./minimal MODEL DATA */
#include <gull/gull.h>
#include <math.h>
#include <stdio.h>

static int ask(gull_question *q, const char *model_path, const char *data_path,
               gull_error *err) {
    gull_model *model = NULL;
    gull_data *data = NULL;
    gull_result *result = NULL;
    int status = gull_model_open(&model, model_path, err);
    if (status == GULL_OK) status = gull_data_open(&data, data_path, NULL, err);
    if (status == GULL_OK) status = gull_question_set(q, "norm", "l2", err);
    if (status == GULL_OK)
        status = gull_ask(q, "audit", model, data, NULL, NULL, &result, err);
    double lower, upper;
    for (size_t i = 0;
         result && gull_result_interval(result, i, &lower, &upper) == GULL_OK; i++) {
        printf("row %zu: nothing below %g fools it (proved), ", i, lower);
        printf(isinf(upper) ? "nothing was found\n" : "something at %g does\n", upper);
    }
    gull_result_free(&result);
    gull_data_close(&data);
    gull_model_close(&model);
    return status;
}

int main(int argc, char **argv) {
    gull_error err = {0, ""};
    gull_question *question = gull_question_new();
    if (argc != 3 || !question) return 2;
    const int status = ask(question, argv[1], argv[2], &err);
    gull_question_free(&question);
    if (status < 0) fprintf(stderr, "minimal: %s\n", err.text);
    return gull_exit_code(status);
}
