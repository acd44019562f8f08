/* predict.c - scores of every row as .npy or CSV. */
#include "cli.h"
#include <stdlib.h>
#include <string.h>

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

static int print_scores(const cli_args *a, const gull_model *m, const gull_data *d, gull_error *err) {
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

static int run(cli_args *a, gull_error *err) {
    gull_model *m = NULL;
    gull_data *d = NULL;
    if (a->files != 2)
        return cli_error(err, GULL_EUSAGE, "predict wants MODEL DATA; see `gull predict --help`");
    int status = cli_open_model(a, &m, a->file[0], err);
    if (status == GULL_OK) status = gull_data_open_with(&d, a->file[1], a->label, a->settings, err);
    if (status == GULL_OK) status = print_scores(a, m, d, err);
    gull_model_close(&m);
    gull_data_close(&d);
    return status;
}

const cli_verb gull_verb_predict = {
    .name = "predict",
    .summary = "what gull believes the model says",
    .how = "gull predict [options] MODEL DATA",
    .what = "The scores of every row, in the model's deployed precision: CSV on the terminal, or an\n"
            ".npy array with -o.",
    .takes = CLI_OUTPUT | CLI_LABEL | CLI_QUESTION | CLI_MODEL,
    .example = "gull predict model.onnx test.npz -o scores.npy",
    .run = run};
