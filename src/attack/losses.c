/* losses.c - cross entropy in the form log sum exp(rivals) - label, whose gradient does
 * not fade when the model is sure (Carlini and Wagner 2017, section 5 on why that
 * matters); the margin; the difference-of-logits ratio (DLR of Croce and Hein 2020,
 * "Reliable evaluation of adversarial robustness", section 4 and its targeted form,
 * appendix; they leave two and three classes undefined: see over_spread). */
#include "attack/losses.h"
#include <string.h>

/* log of the sum of exp(scores) over the classes but one; w gets sign * the softmax. */
static double log_sum_exp(const double *s, int n, int but, double sign, double *w) {
    double top = -INFINITY, sum = 0;
    for (int c = 0; c < n; c++)
        if (c != but && s[c] > top) top = s[c];
    for (int c = 0; c < n; c++) sum += c == but ? 0 : exp(s[c] - top);
    for (int c = 0; w && c < n; c++) w[c] = c == but ? 0 : sign * exp(s[c] - top) / sum;
    return top + log(sum);
}

static double cross_entropy(const void *arg, const double *s, int n, double *w) {
    const gull_goal *goal = arg;
    const bool miss = goal->kind == GULL_MISS;
    const int fixed = miss ? goal->label : goal->target;
    const double sign = miss ? 1 : -1, others = log_sum_exp(s, n, fixed, sign, w);
    if (w) w[fixed] = -sign;
    return sign * (others - s[fixed]);
}

static double margin(const void *arg, const double *s, int n, double *w) {
    return gull_goal_value(arg, s, n, w);
}

/* Indices of the four greatest scores; -1 where there are fewer. */
static void podium(const double *s, int n, int best[4]) {
    for (int k = 0; k < 4; k++) best[k] = -1;
    for (int c = 0; c < n; c++)
        for (int k = 0, put = c; k < 4 && put >= 0; k++)
            if (best[k] < 0 || s[put] > s[best[k]]) {
                const int out = best[k];
                best[k] = put;
                put = out;
            }
}

/* A difference of scores over the spread of the scores, which makes it the same for the
 * scores' multiples: from the first to the third or, with a target, to the mean of third
 * and fourth.  Three classes: the third for both; two have no spread: the plain
 * difference. */
static double over_spread(double value, const double *s, int n, bool target, double *w) {
    int best[4];
    if (n < 3) return value;
    podium(s, n, best);
    const int other = target && n > 3 ? best[3] : best[2];
    const double spread = s[best[0]] - (s[best[2]] + s[other]) / 2;
    if (!(spread > 0) || isinf(spread)) return value;
    const double ratio = value / spread;
    for (int c = 0; w && c < n; c++) w[c] /= spread;
    if (w) {
        w[best[0]] -= ratio / spread;
        w[best[2]] += ratio / spread / 2;
        w[other] += ratio / spread / 2;
    }
    return ratio;
}

static double logits_ratio(const void *arg, const double *s, int n, double *w) {
    const gull_goal *goal = arg;
    return over_spread(gull_goal_value(goal, s, n, w), s, n, goal->kind == GULL_TARGET, w);
}

gull_loss gull__loss(const gull_goal *goal, int word) {
    const gull_loss_fn fn[] = {cross_entropy, margin, logits_ratio};
    return (gull_loss){fn[word], goal};
}

static double pair_difference(const void *arg, const double *s, int n, double *w) {
    const gull_pair *p = arg;
    if (w) {
        memset(w, 0, (size_t)n * sizeof *w);
        w[p->win] = 1;
        w[p->lose] = -1;
    }
    return s[p->win] - s[p->lose];
}

gull_loss gull__pair_loss(const gull_pair *pair) {
    return (gull_loss){pair_difference, pair};
}

static double pair_ratio(const void *arg, const double *s, int n, double *w) {
    return over_spread(pair_difference(arg, s, n, w), s, n, true, w);
}

gull_loss gull__pair_ratio(const gull_pair *pair) { return (gull_loss){pair_ratio, pair}; }
