/* losses.c - cross entropy in the form log sum exp(rivals) - label, whose gradient does
 * not fade when the model is sure (Carlini and Wagner 2017, section 5 on why that
 * matters); the margin; the difference-of-logits ratio (DLR of Croce and Hein 2020,
 * "Reliable evaluation of adversarial robustness"; for a target the margin). */
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

/* Indices of the greatest and the third greatest score. */
static void podium(const double *s, int n, int *first, int *third) {
    int best[3] = {-1, -1, -1};
    for (int c = 0; c < n; c++)
        for (int k = 0, put = c; k < 3 && put >= 0; k++)
            if (best[k] < 0 || s[put] > s[best[k]]) {
                const int out = best[k];
                best[k] = put;
                put = out;
            }
    *first = best[0];
    *third = best[2];
}

static double logits_ratio(const void *arg, const double *s, int n, double *w) {
    const double value = gull_goal_value(arg, s, n, w);
    const gull_goal *goal = arg;
    int first = -1, third = -1;
    if (n >= 3 && goal->kind == GULL_MISS) podium(s, n, &first, &third);
    const double spread = third >= 0 ? s[first] - s[third] : 0;
    if (!(spread > 0)) return value;
    for (int c = 0; w && c < n; c++) w[c] /= spread;
    if (w) {
        w[first] -= value / spread / spread;
        w[third] += value / spread / spread;
    }
    return value / spread;
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
