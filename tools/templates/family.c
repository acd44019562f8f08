/* xyz.c - TEMPLATE: a family of models: the state, who made such models, what it can answer.
 * As it stands: two classes, class 1 where the features' sum is above a threshold. */
#include "core/plugin.h"

typedef struct stump {
    size_t dim;
    double threshold;
} stump;

static unsigned can(const void *self) {
    (void)self;
    return GULL_CAN_SCORES;
}

static int tile(const void *self) { /* rows that are best answered together; 1: no gain */
    (void)self;
    return 1;
}

static double sum_of(const stump *m, const double *x) {
    double sum = 0;
    for (size_t i = 0; i < m->dim; i++) sum += x[i];
    return sum;
}

static int scores(const void *self, void *worker, const double *x, size_t n, double *out) {
    const stump *m = self;
    (void)worker;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = 0;
        out[2 * i + 1] = sum_of(m, x + i * m->dim) - m->threshold;
    }
    return GULL_OK;
}

/* The referee's second opinion: another way to the same scores. */
static int reference(const void *self, void *worker, const double *x, double *out) {
    const stump *m = self;
    long double sum = -(long double)m->threshold;
    (void)worker;
    for (size_t i = m->dim; i-- > 0;) sum += (long double)x[i];
    out[0] = 0;
    out[1] = (double)sum;
    return GULL_OK;
}

/* A reader makes one with gull_model_new(&model, &gull_family_xyz, sizeof(stump), &facts,
 * &state) and fills the state. */
const gull_family gull_family_xyz = {.name = "xyz",
                                     .summary = "one line for `gull list families`",
                                     .can = can,
                                     .tile = tile,
                                     .scores = scores,
                                     .reference = reference};
