/* cli.h - what the verbs share: arguments, files, errors.  The command uses gull.h only. */
#ifndef GULL_CLI_H
#define GULL_CLI_H
#include "gull/gull.h"
#include <stdio.h>

enum { CLI_FILES = 64 };
typedef struct cli_args {
    const char *file[CLI_FILES]; /* what is not an option */
    size_t files;
    const char *output, *json, *witnesses, *label, *data, *backend; /* -o --json ... */
    bool quiet, verbose, help, as_json;
    gull_question *question; /* owned; NULL for verbs without one */
} cli_args;

typedef struct cli_flag { /* an option of the command alone */
    const char *name, *metavar, *help;
} cli_flag;
/* The flags a verb takes besides the question's options; bits below. */
enum { CLI_OUTPUT = 1, CLI_JSON = 2, CLI_WITNESSES = 4, CLI_LABEL = 8, CLI_DATA = 16,
       CLI_QUESTION = 32, CLI_AS_JSON = 64 };

/* GULL_OK, or a status with the error filled in.  Frees nothing on error: call cli_done. */
int cli_parse(cli_args *, int argc, char **argv, unsigned takes, gull_error *);
void cli_done(cli_args *);
/* Prints "gull: TEXT" on stderr; returns the exit code. */
int cli_fail(const gull_error *);
int cli_error(gull_error *, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Opens a model with the asked --backend; close *out also on error. */
int cli_open_model(const cli_args *, gull_model **out, const char *path, gull_error *);
/* Writes a file whole or not at all ("-": stdout). */
int cli_write(const char *path, const void *data, size_t size, gull_error *);
int cli_write_npy(const char *path, const double *x, size_t rows, size_t columns, gull_error *);
/* A usage page: how, what, the options it takes, an example. */
void cli_usage(FILE *, const char *how, const char *what, unsigned takes, const char *example);

typedef struct cli_verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit code */
} cli_verb;
extern const cli_verb cli_verbs[];
#endif
