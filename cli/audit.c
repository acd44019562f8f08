/* audit.c - the main job. */
#include "ask.h"

static int run(cli_args *a, gull_error *err) { return cli_ask("audit", a, err); }

const cli_verb gull_verb_audit = {
    .name = "audit",
    .summary = "for each row the interval: found from above, proved from below",
    .how = "gull audit [options] MODEL DATA\n       gull audit [options] MODEL... --data DATA",
    .what = "For each row of DATA the interval of distances at which MODEL is fooled: every attack\n"
            "that applies from above, every proof from below, cheapest first.",
    .takes = CLI_ASK,
    .example = "gull audit model.onnx images,labels --norm linf --eps 0.1 -o report.html",
    .run = run};
