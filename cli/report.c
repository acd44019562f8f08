/* report.c - one page from one or more results. */
#include "cli.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_failed(const char *path, gull_error *err) {
    return cli_error(err, GULL_EIO, "%s: %s", path, strerror(errno ? errno : EIO));
}

/* The whole stream as text; a NUL byte inside is no JSON. */
static int read_stream(FILE *f, const char *path, char **text, gull_error *err) {
    size_t size = 0, room = 1 << 16;
    char *all = malloc(room);
    while (all) {
        size += fread(all + size, 1, room - size - 1, f);
        if (size < room - 1) break;
        char *more = room <= SIZE_MAX / 2 ? realloc(all, room *= 2) : NULL;
        if (!more) free(all);
        all = more;
    }
    if (!all) return cli_error(err, GULL_ENOMEM, "%s: out of memory", path);
    all[size] = 0;
    *text = all;
    if (ferror(f)) return read_failed(path, err);
    if (strlen(all) != size)
        return cli_error(err, GULL_EFORMAT, "%s: a NUL byte at %zu; expected what --json writes",
                         path, strlen(all));
    return GULL_OK;
}

static int read_text(const char *path, char **text, gull_error *err) {
    errno = 0;
    if (!strcmp(path, "-")) return read_stream(stdin, path, text, err);
    FILE *f = fopen(path, "rb");
    if (!f) return read_failed(path, err);
    const int status = read_stream(f, path, text, err);
    fclose(f);
    return status;
}

/* Says which file is wrong: asks for each alone. */
static int blame(const cli_args *a, char *const *text, gull_error *err) {
    for (size_t i = 0; i < a->files; i++) {
        char *html = NULL;
        gull_error one = {0};
        const int status = gull_report_html((const char *const *)&text[i], 1, &html, &one);
        gull_free(html);
        if (status < 0) return cli_error(err, status, "%s: %.500s", a->file[i], one.text);
    }
    return err->code;
}

static int make_page(const cli_args *a, char *const *text, gull_error *err) {
    char *html = NULL;
    int status = gull_report_html((const char *const *)text, a->files, &html, err);
    if (status < 0) return blame(a, text, err);
    status = cli_write(a->output ? a->output : "-", html, strlen(html), err);
    gull_free(html);
    return status;
}

static int report(const cli_args *a, gull_error *err) {
    char *text[CLI_FILES] = {0};
    int status = GULL_OK;
    for (size_t i = 0; i < a->files && status == GULL_OK; i++)
        status = read_text(a->file[i], &text[i], err);
    if (status == GULL_OK) status = make_page(a, text, err);
    for (size_t i = 0; i < a->files; i++) free(text[i]);
    return status;
}

static int run(cli_args *a, gull_error *err) {
    if (!a->files)
        return cli_error(err, GULL_EUSAGE,
                         "report wants result files: gull audit ... --json FILE writes them");
    return report(a, err);
}

const cli_verb gull_verb_report = {
    .name = "report",
    .summary = "one page from the results that --json wrote, side by side",
    .how = "gull report [-o PAGE.html] RESULT.json...",
    .what = "One self-contained HTML page, made from the results alone; to the terminal without -o.\n"
            "A result - is read from standard input.",
    .takes = CLI_OUTPUT,
    .example = "gull report linear.json trees.json network.json -o page.html",
    .run = run};
