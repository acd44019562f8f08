/* predict.c - scores of every row as .npy or CSV. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>

int gull_verb_predict(int argc, char **argv);

static int print_csv(const double *scores, size_t rows, int classes) {
    printf("label");
    for (int k = 0; k < classes; k++) printf(",score%d", k);
    puts("");
    for (size_t i = 0; i < rows; i++, scores += classes) {
        int best = 0;
        for (int k = 1; k < classes; k++)
            if (scores[k] > scores[best]) best = k;
        printf("%d", best);
        for (int k = 0; k < classes; k++) printf(",%.17g", scores[k]);
        puts("");
    }
    return GULL_OK;
}

static int predict(const cli_args *a, const gull_model *m, const gull_data *d, gull_error *err) {
    const size_t rows = gull_data_rows(d);
    const int classes = gull_model_classes(m);
    size_t used = rows;
    double *scores = calloc(rows * (size_t)classes + 1, sizeof *scores);
    if (!scores) return cli_error(err, GULL_ENOMEM, "out of memory");
    int status = gull_predict(a->question, m, d, scores, &used, err);
    if (status == GULL_OK)
        status = a->output ? cli_write_npy(a->output, scores, used, (size_t)classes, err)
                           : print_csv(scores, used, classes);
    free(scores);
    return status;
}

int gull_verb_predict(int argc, char **argv) {
    enum { TAKES = CLI_OUTPUT | CLI_LABEL | CLI_QUESTION };
    cli_args a;
    gull_error err;
    gull_model *m = NULL;
    gull_data *d = NULL;
    int status = cli_parse(&a, argc, argv, TAKES, &err);
    if (status == GULL_OK && a.help)
        cli_usage(stdout, "gull predict [options] MODEL DATA",
                  "The scores of every row, in the model's deployed precision: CSV on the terminal,\n"
                  "or an .npy array with -o.",
                  TAKES, "gull predict model.onnx test.npz -o scores.npy");
    else if (status == GULL_OK && a.files != 2)
        status = cli_error(&err, GULL_EUSAGE, "predict wants MODEL DATA; see `gull predict --help`");
    else if (status == GULL_OK) {
        status = cli_open_model(&a, &m, a.file[0], &err);
        if (status == GULL_OK) status = gull_data_open(&d, a.file[1], a.label, &err);
        if (status == GULL_OK) status = predict(&a, m, d, &err);
    }
    gull_model_close(&m);
    gull_data_close(&d);
    cli_done(&a);
    return status < 0 ? cli_fail(&err) : 0;
}
