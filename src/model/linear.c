/* linear.c - linear models: softmax and logistic regression, linear support vector
 * machines.  Scores in the deployed precision; the referee's evaluator sums with twice
 * double's precision, so that it stands for the real function. */
#include "model/linear.h"
#include <stdlib.h>

typedef struct {
    gull_linear linear;
    double *w, *b;
    float *w32, *b32; /* when the model is deployed in float32 */
} linear_state;

static unsigned can(const void *self) {
    (void)self;
    return GULL_CAN_SCORES | GULL_CAN_GRADIENT | GULL_CAN_LINEAR;
}

static int tile(const void *self) {
    (void)self;
    return 1;
}

/* Eight partial sums, the order in which a vector unit would add. */
static float dot32(const float *w, const double *x, size_t n, float b) {
    float lane[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++) lane[k] += w[i + (size_t)k] * (float)x[i + (size_t)k];
    for (; i < n; i++) lane[i % 8] += w[i] * (float)x[i];
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) +
           ((lane[2] + lane[6]) + (lane[3] + lane[7])) + b;
}

static double dot64(const double *w, const double *x, size_t n, double b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += w[i] * x[i];
    return sum + b;
}

static int scores(const void *self, void *worker, const double *x, size_t n,
                  double *out) {
    const linear_state *m = self;
    const size_t dim = m->linear.dim, classes = (size_t)m->linear.classes;
    (void)worker;
    for (size_t row = 0; row < n; row++)
        for (size_t c = 0; c < classes; c++)
            out[row * classes + c] =
                m->w32 ? dot32(m->w32 + c * dim, x + row * dim, dim, m->b32[c])
                       : dot64(m->w + c * dim, x + row * dim, dim, m->b[c]);
    return GULL_OK;
}

static void pull_back(const linear_state *m, const double *by_score, double *g) {
    const size_t dim = m->linear.dim;
    for (size_t i = 0; i < dim; i++) g[i] = 0;
    for (size_t c = 0; c < (size_t)m->linear.classes; c++)
        for (size_t i = 0; by_score[c] != 0 && i < dim; i++)
            g[i] += by_score[c] * m->w[c * dim + i];
}

static int gradient(const void *self, void *worker, const double *x, size_t n,
                    const gull_loss *loss, double *out, double *value, double *g) {
    const linear_state *m = self;
    const size_t classes = (size_t)m->linear.classes;
    double *by_score = malloc(classes * sizeof *by_score);
    if (!by_score) return GULL_ENOMEM;
    scores(self, worker, x, n, out);
    for (size_t row = 0; row < n; row++) {
        value[row] =
            loss[row].fn(loss[row].arg, out + row * classes, m->linear.classes, by_score);
        pull_back(m, by_score, g + row * m->linear.dim);
    }
    free(by_score);
    return GULL_OK;
}

/* high + low = a * b exactly (barring underflow). */
static double product(double a, double b, double *low) {
    const double high = a * b;
    *low = fma(a, b, -high);
    return high;
}

/* Knuth's two-sum: returns the rounded sum, *low its error. */
static double two_sum(double a, double b, double *low) {
    const double sum = a + b, part = sum - a;
    *low = (a - (sum - part)) + (b - part);
    return sum;
}

double gull__dot_exactly(const double *w, const double *x, size_t n, double b) {
    double sum = b, rest = 0, low_product, low_sum;
    for (size_t i = 0; i < n; i++) {
        sum = two_sum(sum, product(w[i], x[i], &low_product), &low_sum);
        rest += low_product + low_sum;
    }
    return isfinite(sum) && isfinite(rest) ? sum + rest : sum;
}

static int reference(const void *self, void *worker, const double *x, double *out) {
    const linear_state *m = self;
    const size_t dim = m->linear.dim;
    (void)worker;
    for (size_t c = 0; c < (size_t)m->linear.classes; c++)
        out[c] = gull__dot_exactly(m->w + c * dim, x, dim, m->b[c]);
    return GULL_OK;
}

static const void *structure(const void *self, unsigned wanted) {
    const linear_state *m = self;
    return wanted & GULL_CAN_LINEAR ? &m->linear : NULL;
}

static void close_state(void *self) {
    linear_state *m = self;
    free(m->w);
    free(m->b);
    free(m->w32);
    free(m->b32);
}

const gull_family gull_family_linear = {.name = "linear",
                                        .summary = "softmax and logistic regression, "
                                                   "linear support vector machines",
                                        .can = can,
                                        .tile = tile,
                                        .scores = scores,
                                        .gradient = gradient,
                                        .reference = reference,
                                        .structure = structure,
                                        .close = close_state};

static float *to_float(const double *from, size_t n) {
    float *to = malloc((n ? n : 1) * sizeof *to);
    for (size_t i = 0; to && i < n; i++) to[i] = (float)from[i];
    return to;
}

int gull__linear_new(gull_model **out, const gull_model_facts *facts, double *w,
                     double *b) {
    const size_t classes = (size_t)facts->classes;
    float *w32 = facts->f32 ? to_float(w, classes * facts->dim) : NULL;
    float *b32 = facts->f32 ? to_float(b, classes) : NULL;
    void *state = NULL;
    int status = facts->f32 && (!w32 || !b32) ? GULL_ENOMEM : GULL_OK;
    if (status == GULL_OK)
        status =
            gull_model_new(out, &gull_family_linear, sizeof(linear_state), facts, &state);
    if (status < 0) {
        free(w);
        free(b);
        free(w32);
        free(b32);
        return status;
    }
    *(linear_state *)state = (linear_state){.linear = {facts->classes, facts->dim, w, b},
                                            .w = w,
                                            .b = b,
                                            .w32 = w32,
                                            .b32 = b32};
    return GULL_OK;
}
