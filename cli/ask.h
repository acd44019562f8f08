/* ask.h - audit, attack and prove are one command with another choice of methods. */
#ifndef GULL_CLI_ASK_H
#define GULL_CLI_ASK_H
#include "cli.h"

#define CLI_ASK                                                                          \
    (CLI_OUTPUT | CLI_JSON | CLI_WITNESSES | CLI_LABEL | CLI_DATA | CLI_QUESTION | CLI_MODEL)
/* verb: "audit", "attack" or "prove". */
int cli_ask(const char *verb, cli_args *, gull_error *);
#endif
