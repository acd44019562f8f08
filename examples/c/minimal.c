/* minimal.c - the interval of every row, with gull.h alone.
 * cc minimal.c $(pkg-config --cflags --libs gull) -o minimal && ./minimal MODEL DATA */
#include <gull/gull.h>
#include <stdio.h>

static int fail(const gull_error *err) {
    fprintf(stderr, "%s\n", err->text);
    return gull_exit_code(err->code);
}

static bool tell(void *payload, const gull_progress *p) {
    (void)payload;
    if (p->note) printf("%s\n", p->note);
    return true; /* go on */
}

int main(int argc, char **argv) {
    gull_error err = {0, ""};
    gull_model *model = NULL;
    gull_data *data = NULL;
    gull_result *result = NULL;
    gull_question *question = gull_question_new();
    if (argc != 3 || !question) return 2;
    int status = gull_model_open(&model, argv[1], &err);
    if (status == GULL_OK) status = gull_data_open(&data, argv[2], NULL, &err);
    if (status == GULL_OK) status = gull_question_set(question, "norm", "l2", &err);
    if (status == GULL_OK) status = gull_question_set(question, "verbose", "1", &err);
    if (status == GULL_OK)
        status = gull_ask(question, "audit", model, data, tell, NULL, &result, &err);
    gull_result_free(&result);
    gull_question_free(&question);
    gull_data_close(&data);
    gull_model_close(&model);
    return status < 0 ? fail(&err) : 0;
}
