/* page.c - a verb's page: as text for --help, as scdoc source for the man page. */
#include "cli.h"
#include <ctype.h>
#include <string.h>

static void usage_row(FILE *out, const char *name, const char *metavar, const char *help,
                      const char *preset) {
    char left[40];
    snprintf(left, sizeof left, "--%s%s%s", name, metavar ? " " : "", metavar ? metavar : "");
    fprintf(out, "  %-22s %s", left, help);
    if (preset) fprintf(out, " [%s]", preset);
    fputc('\n', out);
}

/* scdoc: * _ \\ # are marks. */
static void escaped(FILE *out, const char *s) {
    for (; *s; s++) {
        if (strchr("*_\\#", *s)) fputc('\\', out);
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

static void rows(FILE *out, const cli_verb *v,
                 void (*row)(FILE *, const char *, const char *, const char *, const char *)) {
    for (const cli_flag *f = cli_flags; f->name; f++)
        if (!f->takes || v->takes & f->takes) row(out, f->name, f->metavar, f->help, NULL);
    for (const gull_option *o = gull_question_options(); v->takes & CLI_QUESTION && o->name; o++)
        row(out, o->name, o->metavar, o->help, o->preset);
}

void cli_usage(FILE *out, const cli_verb *v) {
    fprintf(out, "usage: %s\n\n%s\n\noptions:\n", v->how, v->what);
    rows(out, v, usage_row);
    fprintf(out, "\nexample:\n  %s\n", v->example);
}

void cli_man(FILE *out, const cli_verb *v) {
    fprintf(out, "gull-%s(1) \"gull %s\"\n\n# NAME\n\ngull-%s - %s\n\n# SYNOPSIS\n\n", v->name,
            gull_version(), v->name, v->summary);
    for (const char *c = v->how; *c; c++) {
        if (*c == '\n') fprintf(out, "++\n"), c += strspn(c + 1, " ");
        else if (strchr("*_\\#", *c)) fprintf(out, "\\%c", *c);
        else fputc(*c, out);
    }
    fprintf(out, "\n\n# DESCRIPTION\n\n");
    escaped(out, v->what);
    fprintf(out, "\n\n# OPTIONS\n\n");
    rows(out, v, man_row);
    fprintf(out, "# EXIT STATUS\n\n0 done, 1 an asked threshold failed, 2 usage, 3 unreadable or "
                 "malformed, 4 not supported, 5 budget or time spent, undecided, 70 a proof and a "
                 "witness contradict each other.\n\n# EXAMPLE\n\n```\n%s\n```\n\n# SEE ALSO\n\n"
                 "*gull*(1)\n",
            v->example);
}
