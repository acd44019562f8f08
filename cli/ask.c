/* ask.c - audit, attack, prove: models and data in, table, JSON, page and witnesses out. */
#include "ask.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;
static void on_interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* ---- The progress bar ---- */

static bool show_progress(void *payload, const gull_progress *p) {
    const cli_args *a = payload;
    enum { WIDTH = 28 };
    if (p->note) fprintf(stderr, "%s\n", p->note);
    else if (!a->quiet && isatty(2) && p->total) {
        const size_t full = WIDTH * p->done / p->total;
        const double left = p->done ? p->seconds * (double)(p->total - p->done) / (double)p->done : 0;
        fprintf(stderr, "\rrows ");
        for (size_t i = 0; i < WIDTH; i++) fputs(i < full ? "█" : "░", stderr);
        fprintf(stderr, " %zu/%zu  %.0f s, %.0f s left  (exact %zu, bracketed %zu)\033[K", p->done,
                p->total, p->seconds, left, p->exact, p->bracketed);
        if (p->done == p->total) fputc('\n', stderr);
    }
    return !interrupted;
}

/* ---- Several models, one answer ---- */

typedef struct session {
    cli_args *args;
    gull_error err;
    gull_data *data;
    char *json[CLI_FILES];
    size_t results;
} session;

static void remember(session *s, int status) {
    if (status == GULL_OK) return;
    cli_fail(&s->err);
    if (s->args->worst == GULL_OK || status == GULL_ECONTRADICTION) s->args->worst = status;
}

static int print_text(const gull_result *r, gull_error *err) {
    char *text = gull_result_text(r);
    if (!text) return cli_error(err, GULL_ENOMEM, "out of memory");
    const int status = cli_write("-", text, strlen(text), err);
    gull_free(text);
    return status;
}

static int keep_witnesses(session *s, const gull_result *r) {
    const double *x;
    size_t rows, features;
    int status = gull_result_witnesses(r, &x, &rows, &features);
    if (status == GULL_OK) status = cli_write_npy(s->args->witnesses, x, rows, features, &s->err);
    return status;
}

/* One PNG a witness; what was saved, and how many still fool, is told. */
static int keep_images(session *s, const gull_result *r, const gull_model *m) {
    const char *folder = s->args->images;
    const double *x;
    size_t rows, features, saved = 0, fooling = 0;
    int status = gull_result_witnesses(r, &x, &rows, &features);
    if (mkdir(folder, 0777) && errno != EEXIST)
        return cli_error(&s->err, GULL_EIO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < rows && status == GULL_OK; i++) {
        char name[GULL_WITNESS_NAME], path[4096];
        void *png = NULL;
        size_t size;
        bool fools;
        status = gull_result_witness_png(r, m, i, &png, &size, name, &fools, &s->err);
        if (status < 0 || !png) continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        status = cli_write(path, png, size, &s->err);
        gull_free(png);
        saved++;
        fooling += fools;
    }
    if (status == GULL_OK && !s->args->quiet && !(s->args->json && !strcmp(s->args->json, "-")))
        printf("\npictures  %s: %zu saved; read back from 8 bits, %zu fool%s\n", folder, saved,
               fooling, fooling < saved ? " (--quantize 8 finds those that do)" : "");
    return status;
}

static int show(session *s, const gull_result *r, const gull_model *m) {
    const bool table = !s->args->quiet && !(s->args->json && !strcmp(s->args->json, "-"));
    s->json[s->results] = gull_result_json(r);
    if (!s->json[s->results]) return cli_error(&s->err, GULL_ENOMEM, "out of memory");
    s->results++;
    if (table && s->results > 1) puts("");
    int status = table ? print_text(r, &s->err) : GULL_OK;
    if (status == GULL_OK && s->args->witnesses) status = keep_witnesses(s, r);
    return status == GULL_OK && s->args->images ? keep_images(s, r, m) : status;
}

/* The answer is shown before what went wrong is told. */
static void ask_model(session *s, const char *verb, const char *path) {
    gull_model *model = NULL;
    gull_result *result = NULL;
    int status = cli_open_model(s->args, &model, path, &s->err);
    if (status == GULL_OK)
        status = gull_ask(s->args->question, verb, model, s->data, show_progress, s->args, &result,
                          &s->err);
    if (result) {
        gull_error told = s->err;
        const int shown = show(s, result, model);
        if (shown < 0) remember(s, shown);
        s->err = told;
    }
    remember(s, status);
    gull_result_free(&result);
    gull_model_close(&model);
}

/* One result as it is, several as an array. */
static int write_json(session *s) {
    size_t room = 8;
    for (size_t i = 0; i < s->results; i++) room += strlen(s->json[i]) + 2;
    char *all = malloc(room), *at = all;
    if (!all) return cli_error(&s->err, GULL_ENOMEM, "out of memory");
    if (s->results > 1) at = stpcpy(at, "[");
    for (size_t i = 0; i < s->results; i++) at = stpcpy(stpcpy(at, i ? ",\n" : ""), s->json[i]);
    at = stpcpy(at, s->results > 1 ? "]\n" : "\n");
    const int status = cli_write(s->args->json, all, (size_t)(at - all), &s->err);
    free(all);
    return status;
}

static int write_page(session *s) {
    char *html = NULL;
    int status = gull_report_html((const char *const *)s->json, s->results, &html, &s->err);
    if (status == GULL_OK) status = cli_write(s->args->output, html, strlen(html), &s->err);
    gull_free(html);
    return status;
}

static void say_where(const session *s) {
    if (s->args->quiet || (s->args->json && !strcmp(s->args->json, "-"))) return;
    if (s->args->output) printf("\nreport  %s\n", s->args->output);
    if (s->args->json) printf("%sresult  %s\n", s->args->output ? "" : "\n", s->args->json);
    else if (!s->args->output) printf("\nresult  not kept: --json FILE keeps it, -o FILE.html makes a page\n");
}

/* Said before the work, not after it. */
static int check_writable(session *s, const char *path) {
    if (!path || !strcmp(path, "-")) return GULL_OK;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder) return cli_error(&s->err, GULL_ENOMEM, "out of memory");
    const int status =
        access(folder, W_OK) ? cli_error(&s->err, GULL_EIO, "%s: its folder does not exist or "
                                                            "cannot be written to",
                                         path)
                             : GULL_OK;
    free(folder);
    return status;
}

static int check_files(session *s, const char *verb) {
    cli_args *a = s->args;
    if (!a->data && a->files == 2) a->data = a->file[--a->files];
    if (!a->files || !a->data)
        return cli_error(&s->err, GULL_EUSAGE,
                         "%s wants MODEL DATA, or MODEL MODEL ... --data DATA; see `gull %s --help`",
                         verb, verb);
    if (a->files > 1 && (a->witnesses || a->images))
        return cli_error(&s->err, GULL_EUSAGE, "--witnesses and --witness-images take one model "
                                               "at a time");
    const char *const out[] = {a->output, a->json, a->witnesses, a->images};
    for (size_t i = 0; i < 4; i++)
        if (check_writable(s, out[i]) < 0) return s->err.code;
    return GULL_OK;
}

static void answer(session *s, const char *verb) {
    const struct sigaction act = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    int status = check_files(s, verb);
    if (status == GULL_OK) status = gull_data_open_with(&s->data, s->args->data, s->args->label, s->args->settings, &s->err);
    if (status < 0) {
        remember(s, status);
        return;
    }
    sigaction(SIGINT, &act, NULL);
    for (size_t i = 0; i < s->args->files && !interrupted; i++) ask_model(s, verb, s->args->file[i]);
    if (s->results && s->args->json) remember(s, write_json(s));
    if (s->results && s->args->output) remember(s, write_page(s));
    if (s->results) say_where(s);
}

int cli_ask(const char *verb, cli_args *args, gull_error *err) {
    session s = {.args = args};
    (void)err;
    answer(&s, verb);
    for (size_t i = 0; i < s.results; i++) gull_free(s.json[i]);
    gull_data_close(&s.data);
    return GULL_OK;
}
