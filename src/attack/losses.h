/* losses.h - what gradient attacks climb: losses in the scores that rise as the goal
 * comes nearer.  Only their direction matters: the gradient's size never vanishes with
 * the model's confidence. */
#ifndef GULL_LOSSES_H
#define GULL_LOSSES_H
#include "core/plugin.h"

#define GULL_LOSS_WORDS "ce|margin|dlr"
enum { GULL_LOSS_CE, GULL_LOSS_MARGIN, GULL_LOSS_DLR, GULL_LOSSES };
gull_loss gull__loss(const gull_goal *, int word);

typedef struct gull_pair { /* scores[win] - scores[lose] */
    int win, lose;
} gull_pair;
gull_loss gull__pair_loss(const gull_pair *);
gull_loss gull__pair_ratio(const gull_pair *); /* the targeted DLR */
#endif
