/* args.c - options of the command line: the question's rows and the command's own. */
#include "cli.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cli_error(gull_error *err, int status, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    err->code = status;
    vsnprintf(err->text, sizeof err->text, format, ap);
    va_end(ap);
    return status;
}

int cli_fail(const gull_error *err) {
    fprintf(stderr, "gull: %s\n", err->text[0] ? err->text : gull_status_text(err->code));
    return gull_exit_code(err->code);
}

const cli_flag cli_flags[] = {
    {"out", "FILE", "write the page or the file here (also -o)", CLI_OUTPUT},
    {"json", "FILE", "write the result as JSON; - for the terminal", CLI_JSON},
    {"json", NULL, "print JSON", CLI_AS_JSON},
    {"witnesses", "FILE.npy", "write the smallest fooling input of every row", CLI_WITNESSES},
    {"witness-images", "FOLDER",
     "write it as an 8-bit PNG, and tell how many still fool when they are read back",
     CLI_WITNESSES},
    {"label", "COLUMN", "the CSV column that holds the label", CLI_LABEL},
    {"data", "DATA", "the data, when several models are given", CLI_DATA},
    {"backend", "NAME", "how networks are computed: onednn or ref", CLI_QUESTION},
    {"scd", NULL, "as source for scdoc", CLI_SCD},
    {"quiet", NULL, "print nothing but errors (also -q)", 0},
    {"help", NULL, "this page (also -h)", 0},
    {NULL, NULL, NULL, 0}};

static const cli_flag *own_flag(const char *name, size_t n, unsigned takes) {
    for (const cli_flag *f = cli_flags; f->name; f++)
        if (strlen(f->name) == n && !memcmp(f->name, name, n) && (!f->takes || takes & f->takes))
            return f;
    return NULL;
}

static const gull_option *find_option(const gull_option *o, const char *name, size_t n) {
    for (; o->name; o++)
        if (strlen(o->name) == n && !memcmp(o->name, name, n)) return o;
    return NULL;
}

static void set_own(cli_args *a, const cli_flag *f, const char *value) {
    if (!strcmp(f->name, "out")) a->output = value;
    else if (!strcmp(f->name, "json") && f->metavar) a->json = value;
    else if (!strcmp(f->name, "json")) a->as_json = true;
    else if (!strcmp(f->name, "witnesses")) a->witnesses = value;
    else if (!strcmp(f->name, "witness-images")) a->images = value;
    else if (!strcmp(f->name, "label")) a->label = value;
    else if (!strcmp(f->name, "data")) a->data = value;
    else if (!strcmp(f->name, "scd")) a->scd = true;
    else if (!strcmp(f->name, "backend")) a->backend = value;
    else if (!strcmp(f->name, "quiet")) a->quiet = true;
    else a->help = true;
}

/* --name value, --name=value, --flag.  *used: how many words were taken. */
static int long_option(cli_args *a, int left, char **argv, unsigned takes, int *used,
                       gull_error *err) {
    const char *name = argv[0] + 2;
    const size_t n = strcspn(name, "=");
    const cli_flag *f = own_flag(name, n, takes);
    const gull_option *m =
        f || !(takes & CLI_MODEL) ? NULL : find_option(gull_settings_options(), name, n);
    const gull_option *o =
        f || m || !(takes & CLI_QUESTION) ? m : find_option(gull_question_options(), name, n);
    if (!f && !o)
        return cli_error(err, GULL_EUSAGE, "no option --%.*s here; see --help", (int)n, name);
    const char *value = name[n] ? name + n + 1 : NULL;
    const bool wants = f ? f->metavar != NULL : o->metavar != NULL;
    *used = 1;
    if (wants && !value) {
        if (left < 2)
            return cli_error(err, GULL_EUSAGE, "--%s wants %s", f ? f->name : o->name,
                             f ? f->metavar : o->metavar);
        value = argv[1];
        *used = 2;
    }
    if (!wants && value) return cli_error(err, GULL_EUSAGE, "--%.*s takes no value", (int)n, name);
    if (f) set_own(a, f, value);
    if (o && !strcmp(o->name, "verbose")) a->verbose = true;
    if (m) return gull_settings_set(a->settings, m->name, value, err);
    return o ? gull_question_set(a->question, o->name, value ? value : "1", err) : GULL_OK;
}

static int short_option(cli_args *a, int left, char **argv, unsigned takes, int *used,
                        gull_error *err) {
    static const char letters[] = "oqvh";
    static const char *const names[] = {"--out", "--quiet", "--verbose", "--help"};
    const char *at = strchr(letters, argv[0][1]);
    if (!at || argv[0][2])
        return cli_error(err, GULL_EUSAGE, "no option %s here; see --help", argv[0]);
    char *words[2] = {(char *)names[at - letters], left > 1 ? argv[1] : NULL};
    return long_option(a, left, words, takes, used, err);
}

/* The command as it can be typed again. */
static int keep_command(cli_args *a, int argc, char **argv, gull_error *err) {
    size_t room = 6;
    for (int i = 0; i < argc; i++) room += 4 * strlen(argv[i]) + 3;
    char *text = malloc(room), *at = text;
    if (!text) return cli_error(err, GULL_ENOMEM, "out of memory");
    at += sprintf(at, "gull");
    for (int i = 0; i < argc; i++) {
        const bool plain = argv[i][0] && !argv[i][strspn(argv[i],
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%")];
        *at++ = ' ';
        if (!plain) *at++ = '\'';
        for (const char *c = argv[i]; *c; c++) {
            if (*c == '\'') at += sprintf(at, "'\\''");
            else *at++ = *c;
        }
        if (!plain) *at++ = '\'';
    }
    *at = 0;
    const int status = gull_question_set(a->question, "command", text, err);
    free(text);
    return status;
}

int cli_parse(cli_args *a, int argc, char **argv, unsigned takes, gull_error *err) {
    memset(a, 0, sizeof *a);
    memset(err, 0, sizeof *err);
    if (takes & CLI_QUESTION) {
        a->question = gull_question_new();
        if (!a->question) return cli_error(err, GULL_ENOMEM, "out of memory");
        if (keep_command(a, argc, argv, err) < 0) return err->code;
    }
    if (takes & CLI_MODEL && !(a->settings = gull_settings_new()))
        return cli_error(err, GULL_ENOMEM, "out of memory");
    bool options = true;
    for (int i = 1, used = 1; i < argc; i += used) {
        int status = GULL_OK;
        used = 1;
        if (options && !strcmp(argv[i], "--")) options = false;
        else if (options && !strncmp(argv[i], "--", 2))
            status = long_option(a, argc - i, argv + i, takes, &used, err);
        else if (options && argv[i][0] == '-' && argv[i][1])
            status = short_option(a, argc - i, argv + i, takes, &used, err);
        else if (a->files < CLI_FILES) a->file[a->files++] = argv[i];
        else status = cli_error(err, GULL_EUSAGE, "more than %d files", CLI_FILES);
        if (status < 0) return status;
    }
    return GULL_OK;
}

void cli_done(cli_args *a) {
    gull_question_free(&a->question);
    gull_settings_free(&a->settings);
}

/* ---- Files ---- */

static int write_failed(const char *path, gull_error *err) {
    return cli_error(err, GULL_EIO, "%s: %s", path, strerror(errno));
}

int cli_open_model(const cli_args *a, gull_model **out, const char *path, gull_error *err) {
    const int status = gull_model_open_with(out, path, a->settings, err);
    if (status < 0 || !a->backend) return status;
    return gull_model_set_backend(*out, a->backend, err);
}

int cli_write(const char *path, const void *data, size_t size, gull_error *err) {
    if (!strcmp(path, "-")) {
        if (fwrite(data, 1, size, stdout) != size || fflush(stdout)) return write_failed("stdout", err);
        return GULL_OK;
    }
    const size_t n = strlen(path);
    char *temporary = malloc(n + 8);
    if (!temporary) return cli_error(err, GULL_ENOMEM, "out of memory");
    memcpy(temporary, path, n);
    strcpy(temporary + n, ".XXXXXX");
    const int fd = mkstemp(temporary);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    bool good = f && fwrite(data, 1, size, f) == size;
    if (f && fclose(f)) good = false;
    if (good) {
        const int mask = umask(0);
        umask((mode_t)mask);
        good = !chmod(temporary, (mode_t)(0666 & ~mask)) && !rename(temporary, path);
    }
    const int status = good ? GULL_OK : write_failed(path, err);
    if (!good && fd >= 0) unlink(temporary);
    free(temporary);
    return status;
}

int cli_write_npy(const char *path, const double *x, size_t rows, size_t columns,
                  gull_error *err) {
    enum { HEADER = 128 };
    const size_t size = HEADER + rows * columns * sizeof *x;
    char *file = malloc(size + 1), text[HEADER];
    if (!file) return cli_error(err, GULL_ENOMEM, "out of memory");
    const int n = snprintf(text, sizeof text,
                           "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", rows,
                           columns);
    memset(file, ' ', HEADER);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10); /* 0x76 = 128 - 10 */
    memcpy(file + 10, text, (size_t)n);
    file[HEADER - 1] = '\n';
    memcpy(file + HEADER, x, rows * columns * sizeof *x);
    const int status = cli_write(path, file, size, err);
    free(file);
    return status;
}
