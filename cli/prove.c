/* prove.c - proofs alone. */
#include "ask.h"

int gull_verb_prove(int argc, char **argv);
int gull_verb_prove(int argc, char **argv) {
    return cli_ask("prove",
                   "For each row the distance below which it is proved that nothing fools MODEL.\n"
                   "With --eps: whether that reaches E; exit code 5 when a row stays undecided.",
                   "gull prove model.json test.csv --eps 0.01", argc, argv);
}
