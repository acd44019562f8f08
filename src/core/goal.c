/* goal.c - the one reading of a goal: attacks climb it, proofs bound it.  It agrees with
 * the arg max (the lowest index wins a tie) also where two scores are equal. */
#include "core/plugin.h"
#include <float.h>
#include <string.h>

/* The class other than `but` that the arg max would choose; -1: none. */
static int best_class(const double *scores, int classes, int but) {
    int best = -1;
    for (int c = 0; c < classes; c++)
        if (c != but && (best < 0 || scores[c] > scores[best])) best = c;
    return best;
}

double gull_goal_value(const gull_goal *goal, const double *scores, int classes,
                       double *w) {
    const bool miss = goal->kind == GULL_MISS;
    const int fixed = miss ? goal->label : goal->target;
    const int other = best_class(scores, classes, fixed);
    if (w) memset(w, 0, (size_t)classes * sizeof *w);
    if (fixed < 0 || fixed >= classes || other < 0) return -INFINITY;
    const int win = miss ? other : fixed, lose = miss ? fixed : other;
    if (w) {
        w[win] = 1;
        w[lose] = -1;
    }
    double most = 0;
    for (int c = 0; c < classes; c++) {
        if (isnan(scores[c])) return -INFINITY;
        most = fmax(most, fabs(scores[c]));
    }
    if (goal->slack > 0 && isfinite(most)) return scores[win] - scores[lose] - goal->slack * most;
    /* Equal scores, infinite ones included: the lower index has won. */
    if (scores[win] == scores[lose]) return win < lose ? DBL_TRUE_MIN : 0;
    return scores[win] - scores[lose];
}

bool gull_goal_is_rival(const gull_goal *goal, int class_index) {
    return goal->kind == GULL_MISS ? class_index != goal->label
                                   : class_index == goal->target;
}
