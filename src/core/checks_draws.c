/* checks_draws.c - witnesses against a randomised model hold in draws that no attack has
 * seen. */
#include "core/checks.h"
#include "core/draws.h"
#include "core/model.h"
#include "core/random.h"
#include <stdlib.h>

enum { DRAWS = 100 };
typedef struct draws_check {
    const gull_result *r;
    const gull_model *m;
    size_t next, witnesses;
    double sum, least;
} draws_check;

static bool has_witness(const gull_answer *a) {
    return a->status != GULL_NOT_DONE && a->status != GULL_MISREAD && isfinite(a->upper);
}

static size_t draws_next(void *payload) {
    draws_check *c = payload;
    while (c->next < c->r->task.rows && !has_witness(&c->r->answer[c->next])) c->next++;
    return c->next < c->r->task.rows ? c->next++ : SIZE_MAX;
}

static void draws_row(void *payload, size_t i, gull_seat *seat) {
    draws_check *c = payload;
    const gull_task *t = &c->r->task;
    const int classes = c->m->facts.classes;
    const gull_goal goal = {c->r->asked.goal, t->label[i], c->r->asked.target, 0};
    gull_stream noise = gull__stream(c->r->asked.seed, t->first + i, "fresh draws");
    double *scores = malloc((size_t)classes * sizeof *scores), fooled = 0;
    for (int k = 0; scores && k < DRAWS; k++) {
        gull__seat_draw(seat, gull__stream_next(&noise));
        if (gull__seat_scores(seat, c->r->witness + i * t->dim, scores) >= 0)
            fooled += gull_goal_value(&goal, scores, classes, NULL) > 0;
    }
    free(scores);
    c->witnesses++;
    c->sum += fooled / DRAWS;
    c->least = fmin(c->least, fooled / DRAWS);
}

/* Attacks try many points and the luckiest pass the referee, so that the share lies somewhat
 * below what was asked; a false witness would lie far below. */
void gull__check_draws(gull_result *r, const gull_model *m) {
    static const char name[] = "witnesses fool in fresh draws";
    draws_check c = {.r = r, .m = m, .least = 1};
    if (!m->facts.randomised) return;
    const double asked = gull__draws_share(&r->asked);
    if (gull__batch_run(m, 1, draws_next, draws_row, &c, NULL) < 0 || !c.witnesses) {
        gull__check_add(r, name, "not run", "there is no witness");
        return;
    }
    gull__check_add(r, name, c.least < asked - 0.25 ? "fail" : "pass",
        "%zu witnesses in %d draws each: fooled in %.1f %% at the mean, %.0f %% at least; asked "
        "for %.0f %%", c.witnesses, DRAWS, 100 * c.sum / (double)c.witnesses, 100 * c.least,
        100 * asked);
}
