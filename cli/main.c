/* main.c - gull VERB [options] ... */
#include "cli.h"
#include <string.h>

#define VERB(name, summary) int gull_verb_##name(int argc, char **argv);
#include "verbs.def"
#undef VERB
const cli_verb cli_verbs[] = {
#define VERB(name, summary) {#name, summary, gull_verb_##name},
#include "verbs.def"
#undef VERB
    {NULL, NULL, NULL}};

static void usage(FILE *out) {
    fprintf(out, "gull %s - how little does it take to fool a model, and what is proved?\n\n"
                 "usage: gull VERB [options] MODEL [DATA]\n\n",
            gull_version());
    for (const cli_verb *v = cli_verbs; v->name; v++)
        fprintf(out, "  %-10s %s\n", v->name, v->summary);
    fprintf(out, "\n`gull VERB --help` tells more.  Example:\n"
                 "  gull audit model.onnx test.npz --norm linf --eps 0.01,0.1 -o report.html\n");
}

int main(int argc, char **argv) {
    if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
        printf("gull %s\n", gull_version());
        return 0;
    }
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        usage(stdout);
        return 0;
    }
    if (argc < 2) {
        usage(stderr);
        return gull_exit_code(GULL_EUSAGE);
    }
    for (const cli_verb *v = cli_verbs; v->name; v++)
        if (!strcmp(v->name, argv[1])) return v->run(argc - 1, argv + 1);
    fprintf(stderr, "gull: no verb '%s'; see `gull --help`\n", argv[1]);
    return gull_exit_code(GULL_EUSAGE);
}
