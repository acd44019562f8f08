/* rivals.c - the classes that targeted attacks aim at, in the order of AutoAttack: the best
 * score at the row itself first (Croce and Hein 2020, section 5). */
#include "attack/rivals.h"

static int best_left(const double *scores, int classes, const int *rival, int taken, int but) {
    int best = -1;
    for (int c = 0; c < classes; c++) {
        bool free = c != but;
        for (int k = 0; k < taken && free; k++) free = rival[k] != c;
        if (free && (best < 0 || scores[c] > scores[best])) best = c;
    }
    return best;
}

int gull__rivals(gull_run *run, double *scores, int most, int *rival, int *count) {
    const gull_problem *p = gull_run_problem(run);
    const int classes = gull_run_classes(run);
    *count = 1;
    rival[0] = p->goal.target;
    if (p->goal.kind == GULL_TARGET) return GULL_OK;
    TRY(gull_ask_scores(run, p->space.x0, scores));
    for (*count = 0; *count < most && *count < classes - 1; ++*count)
        rival[*count] = best_left(scores, classes, rival, *count, p->goal.label);
    return GULL_OK;
}
