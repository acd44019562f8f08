/* draws.h - models whose answer is random: every question is asked in several draws of the
 * noise (expectation over transformation: Athalye et al. 2018, arXiv:1802.00420, section
 * 4.2), and a point fools only if it does in enough fresh draws.  Other models: one draw. */
#ifndef GULL_DRAWS_H
#define GULL_DRAWS_H
#include "core/run.h"
#include <jansson.h>

/* How many draws a question of an attack is asked in: --eot, or 1. */
size_t gull__draws_asked(const gull_row *);
/* The row's room for draws; nothing for other models. */
int gull__draws_open(gull_row *);
void gull__draws_close(gull_row *);
/* Scores of the draw that a share of 1 - A / K of the draws (--draws A/K) comes before, least
 * fooled first: x fools in that share of the draws iff these scores do. */
int gull__draws_scores(gull_row *, const double *x, double *scores);
/* That draw's scores and loss, and the mean of the loss's gradient. */
int gull__draws_gradient(gull_row *, const double *x, gull_loss, double *scores, double *value,
                         double *g);
/* The referee's: whether x reaches the goal in enough fresh draws (other models: in the only
 * one), by the deployed evaluator or, `second`, by the other one; neither is a query. */
int gull__draws_fool(gull_row *, const double *x, bool second, bool *fools);
/* The share of draws that a witness has to fool in. */
double gull__draws_share(const gull_question *);
/* {"eot", "needed", "of"}: what was asked, for the result. */
json_t *gull__draws_json(const gull_question *);
/* The class that most of the last question's draws say. */
int gull__draws_winner(const gull_row *);
#endif
