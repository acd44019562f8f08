/* page.c - a verb's page: as text for --help, as scdoc source for the man page. */
#include "cli.h"
#include <string.h>

typedef void (*row_fn)(FILE *, const char *name, const char *metavar, const char *help,
                       const char *preset);

/* Options of the command, then those of opening a model, then the question's. */
static void rows(FILE *out, const cli_verb *v, row_fn row) {
    for (const cli_flag *f = cli_flags; f->name; f++)
        if (!f->takes || v->takes & f->takes)
            row(out, f->name, f->metavar, f->help, NULL);
    for (const gull_option *o = gull_settings_options(); v->takes & CLI_MODEL && o->name; o++)
        row(out, o->name, o->metavar, o->help, o->preset);
    for (const gull_option *o = gull_question_options(); v->takes & CLI_QUESTION && o->name; o++)
        row(out, o->name, o->metavar, o->help, o->preset);
}

/* ---- For the terminal ---- */

enum { LEFT = 25, RIGHT = 96 };

/* Words from column `at` on, further lines indented to LEFT. */
static void wrap(FILE *out, const char *text, size_t at) {
    while (*text) {
        const size_t n = strcspn(text, " ");
        if (at > LEFT && at + 1 + n > RIGHT) {
            fprintf(out, "\n%*s", LEFT, "");
            at = LEFT;
        } else if (at > LEFT) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)n, text);
        at += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

static void usage_row(FILE *out, const char *name, const char *metavar, const char *help,
                      const char *preset) {
    char left[40], right[400];
    snprintf(left, sizeof left, "--%s%s%s", name, metavar ? " " : "",
             metavar ? metavar : "");
    snprintf(right, sizeof right, preset ? "%s [%s]" : "%s", help, preset);
    fprintf(out, "  %-22s ", left);
    wrap(out, right, strlen(left) > 22 ? strlen(left) + 3 : LEFT);
}

void cli_usage(FILE *out, const cli_verb *v) {
    fprintf(out, "usage: %s\n\n%s\n\noptions:\n", v->how, v->what);
    rows(out, v, usage_row);
    fprintf(out, "\nexample:\n  %s\n", v->example);
}

/* ---- For scdoc ---- */

/* * _ \ # and ~ are marks. */
static void escaped(FILE *out, const char *s) {
    for (; *s; s++) {
        if (strchr("*_\\#~", *s)) fputc('\\', out);
        fputc(*s, out);
    }
}

static void man_row(FILE *out, const char *name, const char *metavar, const char *help,
                    const char *preset) {
    fprintf(out, "*--%s*", name);
    if (metavar) {
        fprintf(out, " _");
        for (const char *c = metavar; *c; c++) fprintf(out, *c == '_' ? "\\_" : "%c", *c);
        fputc('_', out);
    }
    fprintf(out, "\n\t");
    escaped(out, help);
    if (preset) {
        fprintf(out, " (default: ");
        escaped(out, preset);
        fputc(')', out);
    }
    fprintf(out, "\n\n");
}

static void man_synopsis(FILE *out, const char *how) {
    for (const char *c = how; *c; c++) {
        if (*c == '\n')
            fprintf(out, "++\n"), c += strspn(c + 1, " ");
        else if (strchr("*_\\#~", *c))
            fprintf(out, "\\%c", *c);
        else
            fputc(*c, out);
    }
}

static void man_exit_codes(FILE *out) {
    static const char *const codes[] = {
        "0",  "done",
        "1",  "an asked threshold failed (--fail-under)",
        "2",  "wrong use",
        "3",  "a model or data that cannot be read, or is malformed",
        "4",  "not supported",
        "5",  "budget or time spent, or a proof fell short: undecided",
        "70", "a proof and a witness contradict each other: a bug, please report it",
        NULL};
    fprintf(out, "# EXIT STATUS\n\n");
    for (const char *const *c = codes; *c; c += 2)
        fprintf(out, "*%s*\n\t%s\n\n", c[0], c[1]);
}

void cli_man(FILE *out, const cli_verb *v) {
    fprintf(out, "gull-%s(1) \"gull %s\"\n\n# NAME\n\ngull-%s - %s\n\n# SYNOPSIS\n\n",
            v->name, gull_version(), v->name, v->summary);
    man_synopsis(out, v->how);
    fprintf(out, "\n\n# DESCRIPTION\n\n");
    escaped(out, v->what);
    fprintf(out, "\n\n# OPTIONS\n\n");
    rows(out, v, man_row);
    man_exit_codes(out);
    fprintf(out, "# EXAMPLE\n\n```\n%s\n```\n\n# SEE ALSO\n\n*gull*(1), *gull-list*(1)\n",
            v->example);
}
