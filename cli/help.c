/* help.c - the verbs' pages; --scd: as source for the man pages. */
#include "cli.h"
#include <string.h>

static int run(cli_args *a, gull_error *err) {
    if (a->files != 1) return cli_error(err, GULL_EUSAGE, "help wants one VERB; see `gull --help`");
    for (size_t i = 0; cli_verbs[i]; i++)
        if (!strcmp(cli_verbs[i]->name, a->file[0])) {
            if (a->scd) cli_man(stdout, cli_verbs[i]);
            else cli_usage(stdout, cli_verbs[i]);
            return GULL_OK;
        }
    return cli_error(err, GULL_EUSAGE, "no verb '%s'; see `gull --help`", a->file[0]);
}

const cli_verb gull_verb_help = {.name = "help",
                                 .summary = "a verb's page",
                                 .how = "gull help [--scd] VERB",
                                 .what = "The page that VERB --help prints.",
                                 .takes = CLI_SCD,
                                 .example = "gull help audit",
                                 .run = run};
