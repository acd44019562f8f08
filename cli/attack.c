/* attack.c - attacks alone. */
#include "ask.h"

int gull_verb_attack(int argc, char **argv);
int gull_verb_attack(int argc, char **argv) {
    return cli_ask("attack",
                   "The smallest change found by one attack or a list of them.  An input that\n"
                   "was not fooled is not thereby safe: see `gull prove`.",
                   "gull attack model.onnx test.npz --method pgd:steps=40,restarts=5 --eps 8/255",
                   argc, argv);
}
