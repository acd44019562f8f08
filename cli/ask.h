/* ask.h - audit, attack and prove are one command with another choice of methods. */
#ifndef GULL_CLI_ASK_H
#define GULL_CLI_ASK_H
/* verb: "audit", "attack" or "prove". */
int cli_ask(const char *verb, const char *what, const char *example, int argc, char **argv);
#endif
