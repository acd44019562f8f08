/* audit.c - the main job. */
#include "ask.h"

int gull_verb_audit(int argc, char **argv);
int gull_verb_audit(int argc, char **argv) {
    return cli_ask("audit",
                   "For each row of DATA the interval of distances at which MODEL is fooled: every\n"
                   "attack that applies from above, every proof from below, cheapest first.",
                   "gull audit model.onnx images,labels --norm linf --eps 0.1 -o report.html", argc,
                   argv);
}
