/* main.c - gull VERB [options] ... */
#include "cli.h"
#include <string.h>

#define VERB(name) extern const cli_verb gull_verb_##name;
#include "verbs.def"
#undef VERB
const cli_verb *const cli_verbs[] = {
#define VERB(name) &gull_verb_##name,
#include "verbs.def"
#undef VERB
    NULL};

static void usage(FILE *out) {
    fprintf(out,
            "gull %s - how little does it take to fool a model, and what is proved?\n\n"
            "usage: gull VERB [options] MODEL [DATA]\n\n",
            gull_version());
    for (size_t i = 0; cli_verbs[i]; i++)
        fprintf(out, "  %-10s %s\n", cli_verbs[i]->name, cli_verbs[i]->summary);
    fprintf(out, "\n`gull VERB --help` tells more.  Example:\n"
                 "  gull audit model.onnx test.npz --norm linf --eps 0.01,0.1 -o report.html\n");
}

static int run(const cli_verb *v, int argc, char **argv) {
    cli_args a;
    gull_error err;
    int status = cli_parse(&a, argc, argv, v->takes, &err);
    if (status == GULL_OK && a.help)
        cli_usage(stdout, v);
    else if (status == GULL_OK)
        status = v->run(&a, &err);
    cli_done(&a);
    return status < 0 ? cli_fail(&err) : gull_exit_code(a.worst);
}

int main(int argc, char **argv) {
    const char *first = argc > 1 ? argv[1] : "";
    if (!strcmp(first, "--version") || !strcmp(first, "-V")) {
        printf("gull %s\n", gull_version());
        return 0;
    }
    if (!strcmp(first, "--help") || !strcmp(first, "-h")) {
        usage(stdout);
        return 0;
    }
    for (size_t i = 0; cli_verbs[i]; i++)
        if (!strcmp(cli_verbs[i]->name, first)) return run(cli_verbs[i], argc - 1, argv + 1);
    if (*first) fprintf(stderr, "gull: no verb '%s'; see `gull --help`\n", first);
    else usage(stderr);
    return gull_exit_code(GULL_EUSAGE);
}
