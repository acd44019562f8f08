/* cli.h - what the verbs share: arguments, files, errors.  The command uses gull.h only. */
#ifndef GULL_CLI_H
#define GULL_CLI_H
#include "gull/gull.h"
#include <stdio.h>

enum { CLI_FILES = 64 };
typedef struct cli_args {
    const char *file[CLI_FILES]; /* what is not an option */
    size_t files;
    const char *output, *json, *witnesses, *label, *data, *backend, *images; /* -o --json ... */
    bool quiet, verbose, help, as_json, scd;
    gull_question *question; /* owned; NULL for verbs without one */
    gull_settings *settings; /* owned; NULL for verbs that open no model */
    int worst; /* a status already told, which decides the exit code */
} cli_args;

typedef struct cli_flag { /* an option of the command alone */
    const char *name, *metavar, *help;
    unsigned takes; /* the verbs that have it, CLI_...; 0: all */
} cli_flag;
extern const cli_flag cli_flags[]; /* ended by a NULL name */
/* The flags a verb takes besides the question's options; bits below. */
enum { CLI_OUTPUT = 1, CLI_JSON = 2, CLI_WITNESSES = 4, CLI_LABEL = 8, CLI_DATA = 16,
       CLI_QUESTION = 32, CLI_AS_JSON = 64, CLI_SCD = 128,
       CLI_MODEL = 256 };

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
/* A verb: its page (printed by --help, `gull help` and the man page) and its work. */
typedef struct cli_verb {
    const char *name, *summary; /* "audit", one line */
    const char *how;            /* "gull audit [options] MODEL DATA" */
    const char *what;           /* a paragraph */
    unsigned takes;             /* CLI_... */
    const char *example;
    int (*run)(cli_args *, gull_error *); /* a status; the arguments are parsed */
} cli_verb;
extern const cli_verb *const cli_verbs[]; /* NULL-terminated, in the order of verbs.def */

void cli_usage(FILE *, const cli_verb *);
void cli_man(FILE *, const cli_verb *); /* scdoc source of the man page */
#endif
