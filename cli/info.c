/* info.c - what a model is. */
#include "cli.h"
#include <jansson.h>
#include <string.h>

static const char *text_of(const json_t *v, const char *key) {
    const char *s = json_string_value(json_object_get(v, key));
    return s ? s : "";
}

static void print_info(const json_t *v) {
    printf("model     %s\nfamily    %s\nformat    %s\n", text_of(v, "path"), text_of(v, "family"),
           text_of(v, "format"));
    printf("classes   %lld\nfeatures  %lld", (long long)json_integer_value(json_object_get(v, "classes")),
           (long long)json_integer_value(json_object_get(v, "features")));
    json_t *shape = json_object_get(v, "shape");
    for (size_t i = 0; i < json_array_size(shape); i++)
        printf("%s%lld", i ? "x" : " (", (long long)json_integer_value(json_array_get(shape, i)));
    printf("%s\nscores    %s\ndetail    %s\nmethods   %s\nsha256    %s\n",
           json_array_size(shape) ? ")" : "", text_of(v, "scores"), text_of(v, "detail"),
           text_of(v, "methods"), text_of(v, "sha256"));
    if (*text_of(v, "output")) printf("output    %s\n", text_of(v, "output"));
    if (*text_of(v, "head")) printf("head      %s\n", text_of(v, "head"));
    if (*text_of(v, "preprocess")) printf("pixels    %s\n", text_of(v, "preprocess"));
}

static int info(const cli_args *a, const char *path, bool as_json, gull_error *err) {
    gull_model *m = NULL;
    const int status = cli_open_model(a, &m, path, err);
    if (status < 0) {
        gull_model_close(&m);
        return status;
    }
    char *text = gull_model_json(m);
    json_t *v = text ? json_loads(text, 0, NULL) : NULL;
    if (as_json && v) puts(text);
    else if (v) print_info(v);
    json_decref(v);
    gull_free(text);
    gull_model_close(&m);
    return v ? GULL_OK : cli_error(err, GULL_ENOMEM, "out of memory");
}

static int run(cli_args *a, gull_error *err) {
    if (a->files != 1)
        return cli_error(err, GULL_EUSAGE, "info wants one MODEL; see `gull info --help`");
    return info(a, a->file[0], a->as_json, err);
}

const cli_verb gull_verb_info = {
    .name = "info",
    .summary = "what a model is and what can be asked of it",
    .how = "gull info [options] MODEL",
    .what = "What a model file holds and which methods apply to it.",
    .takes = CLI_AS_JSON | CLI_MODEL,
    .example = "gull info model.onnx",
    .run = run};
