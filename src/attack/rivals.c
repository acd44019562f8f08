/* rivals.c - the classes that targeted attacks aim at, in the order of AutoAttack: the best
 * score at the row itself first (Croce and Hein 2020, section 5). */
#include "attack/rivals.h"
#include "attack/losses.h"
#include <stdlib.h>

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

typedef struct way {
    double cost;
    int rival;
} way;

static int nearest_first(const void *a, const void *b) {
    const way *x = a, *y = b;
    if (x->cost != y->cost) return x->cost < y->cost ? -1 : 1;
    return x->rival - y->rival;
}

static int measure_ways(gull_run *run, way *w, double *g, int *count) {
    const gull_problem *p = gull_run_problem(run);
    *count = 0;
    for (int c = 0; c < gull_run_classes(run); c++) {
        const gull_pair pair = {c, p->goal.label};
        double value;
        if (c == p->goal.label) continue;
        TRY(gull_ask_gradient(run, p->space.x0, gull__pair_loss(&pair), NULL, &value, g));
        w[(*count)++] = (way){p->cost->halfspace(&p->space, g, -value, NULL), c};
    }
    return GULL_OK;
}

int gull__nearest_rivals(gull_run *run, int most, int *rival, int *count) {
    const gull_problem *p = gull_run_problem(run);
    const size_t classes = (size_t)gull_run_classes(run);
    *count = 0;
    if (p->goal.kind != GULL_MISS) return GULL_OK;
    double *g = gull_run_scratch(run, p->space.dim * sizeof *g);
    way *w = gull_run_scratch(run, classes * sizeof *w);
    int ways = 0;
    if (!g || !w) return GULL_ENOMEM;
    TRY(measure_ways(run, w, g, &ways));
    qsort(w, (size_t)ways, sizeof *w, nearest_first);
    for (; *count < most && *count < ways; ++*count) rival[*count] = w[*count].rival;
    return GULL_OK;
}
