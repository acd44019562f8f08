/* attack.c - attacks alone. */
#include "ask.h"

static int run(cli_args *a, gull_error *err) { return cli_ask("attack", a, err); }

const cli_verb gull_verb_attack = {
    .name = "attack",
    .summary = "find the smallest change that fools the model",
    .how = "gull attack [options] MODEL DATA\n       gull attack [options] MODEL... --data DATA",
    .what = "The smallest change found by one attack or a list of them.  An input that was not fooled\n"
            "is not thereby safe: see `gull prove`.",
    .takes = CLI_ASK,
    .example = "gull attack model.onnx test.npz --method pgd:steps=40,restarts=5 --eps 8/255",
    .run = run};
