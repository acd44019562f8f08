/* batch.c - see batch.h.  Each worker owns its fibers and its tile; nothing migrates, so
 * a row's answers do not depend on the number of threads. */
#include "core/batch.h"
#include "core/fiber.h"
#include "core/model.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum { NOTHING, SCORES, GRADIENT } question_kind;

struct gull_seat {
    gull_worker *worker;
    gull_fiber *fiber; /* NULL: tile 1, answered at once */
    size_t index;
    question_kind asked;
    int status;
    const double *x;
    uint64_t draw;
    gull_loss loss;
    double *scores, *value, *g; /* where the answer goes; may be NULL */
    double seconds, resumed_at;
};

struct gull_worker {
    const gull_model *model;
    void *scratch; /* the family's own */
    int tile, seats;
    gull_seat *seat;
    double *x, *scores, *value, *g; /* tile buffers */
    gull_loss *loss;
    uint64_t *draw;
    gull_next_fn next;
    gull_row_fn row;
    void *payload;
    gull_error err;
    int status;
    pthread_t thread;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double gull__seat_seconds(const gull_seat *s) {
    return s->seconds + (s->resumed_at > 0 ? now() - s->resumed_at : 0);
}

static void pause_clock(gull_seat *s) {
    s->seconds += now() - s->resumed_at;
    s->resumed_at = 0;
}

/* Answers the n seats in `who`, all of one kind, in one call of the family. */
static void answer(gull_worker *w, gull_seat *const *who, size_t n, question_kind kind) {
    const gull_family *f = w->model->family;
    const size_t dim = w->model->facts.dim, classes = (size_t)w->model->facts.classes;
    const double start = now();
    int status;
    for (size_t i = 0; i < n; i++) {
        memcpy(w->x + i * dim, who[i]->x, dim * sizeof(double));
        w->loss[i] = who[i]->loss;
        w->draw[i] = who[i]->draw;
    }
    if (f->draws) f->draws(w->scratch, w->draw);
    if (kind == SCORES)
        status = f->scores(w->model->state, w->scratch, w->x, n, w->scores);
    else
        status = f->gradient(w->model->state, w->scratch, w->x, n, w->loss, w->scores,
                             w->value, w->g);
    const double share = (now() - start) / (double)n;
    for (size_t i = 0; i < n; i++) {
        gull_seat *s = who[i];
        s->status = status;
        s->asked = NOTHING;
        if (s->fiber) s->seconds += share;
        if (status < 0) continue;
        if (s->scores) memcpy(s->scores, w->scores + i * classes, classes * sizeof(double));
        if (kind == SCORES) continue;
        if (s->value) *s->value = w->value[i];
        memcpy(s->g, w->g + i * dim, dim * sizeof(double));
    }
}

static int ask(gull_seat *s, question_kind kind, const double *x, gull_loss loss,
               double *scores, double *value, double *g) {
    s->asked = kind;
    s->x = x;
    s->loss = loss;
    s->scores = scores;
    s->value = value;
    s->g = g;
    if (!s->fiber) {
        answer(s->worker, &s, 1, kind);
        return s->status;
    }
    pause_clock(s);
    gull__fiber_yield(s->fiber);
    return s->status;
}

int gull__seat_scores(gull_seat *s, const double *x, double *scores) {
    return ask(s, SCORES, x, (gull_loss){NULL, NULL}, scores, NULL, NULL);
}

int gull__seat_gradient(gull_seat *s, const double *x, gull_loss loss, double *scores,
                        double *value, double *g) {
    return ask(s, GRADIENT, x, loss, scores, value, g);
}

void gull__seat_draw(gull_seat *s, uint64_t draw) { s->draw = draw; }

int gull__seat_reference(gull_seat *s, const double *x, double *scores) {
    const gull_model *m = s->worker->model;
    if (m->family->draws) m->family->draws(s->worker->scratch, &s->draw);
    return m->family->reference(m->state, s->worker->scratch, x, scores);
}

/* ---- Fibers of one worker ---- */

static void fiber_body(void *arg) {
    gull_seat *s = arg;
    s->worker->row(s->worker->payload, s->index, s);
}

/* Resumes a seat's fiber; starts the next row where one has ended.  False: seat empty. */
static bool advance(gull_worker *w, gull_seat *s, bool running) {
    for (;;) {
        if (running) {
            s->resumed_at = now();
            if (gull__fiber_resume(s->fiber)) return true;
        }
        s->index = w->next(w->payload);
        if (s->index == SIZE_MAX) return false;
        s->seconds = 0;
        s->draw = 0;
        gull__fiber_start(s->fiber, fiber_body, s);
        running = true;
    }
}

static size_t gather(gull_worker *w, question_kind kind, gull_seat **who) {
    size_t n = 0;
    for (int i = 0; i < w->seats; i++)
        if (w->seat[i].asked == kind) who[n++] = &w->seat[i];
    return n;
}

/* The kind that more seats ask for: neither is ever answered in tiles less than half full
 * while the other fills them. */
static void run_fibers(gull_worker *w) {
    gull_seat *who[256] = {0};
    size_t open = 0;
    for (int i = 0; i < w->seats; i++) open += advance(w, &w->seat[i], false);
    while (open) {
        const question_kind kind = 2 * gather(w, SCORES, who) >= open ? SCORES : GRADIENT;
        const size_t n = gather(w, kind, who);
        answer(w, who, n, kind);
        for (size_t i = 0; i < n; i++) open -= !advance(w, who[i], true);
    }
}

static void run_at_once(gull_worker *w) {
    gull_seat *s = &w->seat[0];
    while ((s->index = w->next(w->payload)) != SIZE_MAX) {
        s->seconds = 0;
        s->draw = 0;
        s->resumed_at = now();
        w->row(w->payload, s->index, s);
        s->resumed_at = 0;
    }
}

static void worker_close(gull_worker *w) {
    const gull_family *f = w->model->family;
    for (int i = 0; w->seat && i < w->seats; i++) gull__fiber_free(w->seat[i].fiber);
    if (f->worker_free && w->scratch) f->worker_free(w->model->state, w->scratch);
    free(w->seat);
    free(w->x);
    free(w->scores);
    free(w->value);
    free(w->g);
    free(w->loss);
    free(w->draw);
}

static int worker_open(gull_worker *w) {
    const gull_family *f = w->model->family;
    const size_t tile = (size_t)w->tile, dim = w->model->facts.dim;
    w->seats = w->tile;
    w->seat = calloc(tile, sizeof *w->seat);
    w->x = calloc(tile * dim, sizeof(double));
    w->g = calloc(tile * dim, sizeof(double));
    w->scores = calloc(tile * (size_t)w->model->facts.classes, sizeof(double));
    w->value = calloc(tile, sizeof(double));
    w->loss = calloc(tile, sizeof *w->loss);
    w->draw = calloc(tile, sizeof *w->draw);
    if (!w->seat || !w->x || !w->g || !w->scores || !w->value || !w->loss || !w->draw)
        return gull__fail(&w->err, GULL_ENOMEM, "out of memory for a tile of %d rows", w->tile);
    for (int i = 0; i < w->seats; i++) {
        w->seat[i].worker = w;
        if (w->tile > 1 && !(w->seat[i].fiber = gull__fiber_new()))
            return gull__fail(&w->err, GULL_ENOMEM, "out of memory for fibers");
    }
    return f->worker_new ? f->worker_new(w->model->state, w->tile, &w->scratch, &w->err)
                         : GULL_OK;
}

static void *worker_main(void *arg) {
    gull_worker *w = arg;
    w->status = worker_open(w);
    if (w->status == GULL_OK) {
        if (w->tile > 1)
            run_fibers(w);
        else
            run_at_once(w);
    }
    worker_close(w);
    return NULL;
}

int gull__batch_run(const gull_model *m, int threads, gull_next_fn next, gull_row_fn row,
                    void *payload, gull_error *err) {
    int tile = m->family->tile(m->state), started = 0, status = GULL_OK;
    if (tile < 1) tile = 1;
    if (tile > 256) tile = 256;
    gull_worker *w = calloc((size_t)threads, sizeof *w);
    if (!w) return gull__fail(err, GULL_ENOMEM, "out of memory for %d threads", threads);
    for (int i = 0; i < threads; i++)
        w[i] = (gull_worker){.model = m, .tile = tile, .next = next, .row = row, .payload = payload};
    while (started < threads - 1 &&
           pthread_create(&w[started].thread, NULL, worker_main, &w[started]) == 0)
        started++;
    worker_main(&w[threads - 1]); /* the caller's thread works too */
    for (int i = 0; i < started; i++) pthread_join(w[i].thread, NULL);
    for (int i = 0; i < threads; i++)
        if (w[i].status < 0) {
            status = w[i].status;
            if (err) *err = w[i].err;
        }
    free(w);
    return status;
}
