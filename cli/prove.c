/* prove.c - proofs alone. */
#include "ask.h"

static int run(cli_args *a, gull_error *err) { return cli_ask("prove", a, err); }

const cli_verb gull_verb_prove = {
    .name = "prove",
    .summary = "prove that nothing smaller fools it",
    .how = "gull prove [options] MODEL DATA\n       gull prove [options] MODEL... --data DATA",
    .what = "For each row the distance below which it is proved that nothing fools MODEL.  With --eps:\n"
            "whether that reaches E; exit code 5 when a row stays undecided.",
    .takes = CLI_ASK,
    .example = "gull prove model.json test.csv --eps 0.01",
    .run = run};
