/* draws.c - see draws.h. */
#include "core/draws.h"
#include "core/model.h"
#include "core/random.h"
#include <stdlib.h>
#include <string.h>

enum { PRESET_DRAWS = 20, PRESET_NEEDED = 18 };

typedef struct gull_draws {
    gull_stream noise; /* the next draw's number */
    size_t room;       /* draws that fit below */
    size_t asked;      /* draws of the last question */
    double *scores;    /* room x classes */
    double *value;     /* room: the goal's */
    double *loss;      /* room */
    double *g;         /* dim */
} gull_draws;

static size_t averaged(const gull_question *q) { return q->eot ? q->eot : PRESET_DRAWS; }

size_t gull__draws_asked(const gull_row *row) {
    return row->model->facts.randomised ? averaged(row->question) : 1;
}

static size_t needed(const gull_question *q) { return q->draws ? q->draws_needed : PRESET_NEEDED; }
static size_t fresh(const gull_question *q) { return q->draws ? q->draws : PRESET_DRAWS; }

double gull__draws_share(const gull_question *q) {
    return (double)needed(q) / (double)fresh(q);
}

json_t *gull__draws_json(const gull_question *q) {
    return json_pack("{sI sI sI}", "eot", (json_int_t)averaged(q), "needed",
                     (json_int_t)needed(q), "of", (json_int_t)fresh(q));
}

int gull__draws_open(gull_row *row) {
    const gull_question *q = row->question;
    const size_t classes = (size_t)row->model->facts.classes;
    if (!row->model->facts.randomised) return GULL_OK;
    gull_draws *d = row->draws = calloc(1, sizeof *d);
    if (!d) return GULL_ENOMEM;
    d->noise = gull__stream(q->seed, row->number, "noise of the model");
    d->room = gull__draws_asked(row) > fresh(q) ? gull__draws_asked(row) : fresh(q);
    d->scores = malloc(d->room * classes * sizeof *d->scores);
    d->value = malloc(d->room * sizeof *d->value);
    d->loss = malloc(d->room * sizeof *d->loss);
    d->g = malloc(row->problem.space.dim * sizeof *d->g);
    return d->scores && d->value && d->loss && d->g ? GULL_OK : GULL_ENOMEM;
}

void gull__draws_close(gull_row *row) {
    gull_draws *d = row->draws;
    if (!d) return;
    free(d->scores);
    free(d->value);
    free(d->loss);
    free(d->g);
    free(d);
    row->draws = NULL;
}

static double goal_value(const gull_row *row, const double *scores) {
    const int classes = row->model->facts.classes;
    for (int i = 0; i < classes; i++)
        if (isnan(scores[i])) return -INFINITY;
    return gull_goal_value(&row->problem.goal, scores, classes, NULL);
}

/* The draw that `rank` others come before, least fooled first; ties by number. */
static size_t at_rank(const double *value, size_t n, size_t rank) {
    for (size_t i = 0; i < n; i++) {
        size_t before = 0;
        for (size_t j = 0; j < n; j++)
            before += value[j] < value[i] || (value[j] == value[i] && j < i);
        if (before == rank) return i;
    }
    return 0;
}

/* Which of the last question's n draws speaks for all.  Attacks that hold the referee's share
 * with nothing to spare would be refused every other time: a quarter of what it spares. */
static size_t spokesman(const gull_row *row, size_t n) {
    const gull_question *q = row->question;
    const size_t spare = (fresh(q) - needed(q)) * n / fresh(q) / 4;
    return at_rank(row->draws->value, n, spare);
}

static void copy_scores(const gull_row *row, size_t draw, double *scores) {
    const size_t classes = (size_t)row->model->facts.classes;
    if (scores)
        memcpy(scores, row->draws->scores + draw * classes, classes * sizeof *scores);
}

/* Draw k of a question; n: how many there will be. */
static double *next_draw(gull_row *row, size_t k) {
    row->draws->asked = k + 1;
    gull__seat_draw(row->seat, gull__stream_next(&row->draws->noise));
    return row->draws->scores + k * (size_t)row->model->facts.classes;
}

int gull__draws_scores(gull_row *row, const double *x, double *scores) {
    const size_t n = gull__draws_asked(row);
    if (!row->draws) return gull__seat_scores(row->seat, x, scores);
    for (size_t k = 0; k < n; k++) {
        double *s = next_draw(row, k);
        TRY(gull__seat_scores(row->seat, x, s));
        row->draws->value[k] = goal_value(row, s);
    }
    copy_scores(row, spokesman(row, n), scores);
    return GULL_OK;
}

int gull__draws_gradient(gull_row *row, const double *x, gull_loss loss, double *scores,
                         double *value, double *g) {
    const size_t n = gull__draws_asked(row), dim = row->problem.space.dim;
    gull_draws *d = row->draws;
    if (!d) return gull__seat_gradient(row->seat, x, loss, scores, value, g);
    memset(g, 0, dim * sizeof *g);
    for (size_t k = 0; k < n; k++) {
        double *s = next_draw(row, k);
        TRY(gull__seat_gradient(row->seat, x, loss, s, &d->loss[k], d->g));
        d->value[k] = goal_value(row, s);
        for (size_t i = 0; i < dim; i++) g[i] += d->g[i] / (double)n;
    }
    const size_t speaks = spokesman(row, n);
    copy_scores(row, speaks, scores);
    if (value) *value = d->loss[speaks];
    return GULL_OK;
}

/* A method that claims a thousand points is lucky with some: what it keeps (`second`) must hold
 * in twice as many draws of the deployed evaluator once more. */
int gull__draws_fool(gull_row *row, const double *x, bool second, bool *fools) {
    const size_t n = row->draws ? fresh(row->question) : 1;
    const size_t all = n > 1 && second ? 3 * n : n;
    const size_t least = row->draws ? needed(row->question) * (all / n) : 1;
    size_t count = 0;
    for (size_t k = 0; k < all && count + (all - k) >= least; k++) {
        double *s = row->draws ? next_draw(row, k % n) : row->scores;
        TRY(second && k < n ? gull__seat_reference(row->seat, x, s)
                            : gull__seat_scores(row->seat, x, s));
        count += goal_value(row, s) > 0;
    }
    *fools = count >= least;
    return GULL_OK;
}

int gull__draws_winner(const gull_row *row) {
    const int classes = row->model->facts.classes;
    size_t most = 0;
    int winner = 0;
    for (int c = 0; c < classes; c++) {
        size_t votes = 0;
        for (size_t k = 0; k < row->draws->asked; k++) {
            const double *s = row->draws->scores + k * (size_t)classes;
            int best = 0;
            for (int i = 1; i < classes; i++)
                if (s[i] > s[best]) best = i;
            votes += best == c;
        }
        if (votes > most) {
            most = votes;
            winner = c;
        }
    }
    return winner;
}
