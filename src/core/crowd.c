/* crowd.c - see crowd.h.  Rows are asked in blocks and their gradients added up in the order
 * of the rows, so that the sum does not depend on the number of threads. */
#include "core/crowd.h"
#include "core/draws.h"
#include "core/model.h"
#include "core/random.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 26, LEAST_BLOCK = 32 };

struct gull_crowd {
    const gull_desk *desk;
    gull_spec *spec;
    int threads;
    gull_progress_fn tell;
    void *payload;
    const gull_progress *progress;
    gull_space space; /* of the change */
    double *origin;   /* dim zeros, then its box */
    gull_member *member;
    bool *left_out; /* rows: misread */
    size_t right;   /* the others */
    size_t block;   /* rows asked at a time */
    double *x, *g, *value, *scores;
    pthread_mutex_t lock;
    size_t first, last, next; /* the block */
    const double *change;     /* what is asked now; NULL: the rows as they are */
    gull_loss_fn loss;        /* NULL: scores only */
    int status;
    uint64_t passes;
    double seconds;
    bool stopped;
};

const gull_space *gull_crowd_space(const gull_crowd *c) { return &c->space; }
const gull_cost *gull_crowd_cost(const gull_crowd *c) { return c->desk->question->cost; }
size_t gull_crowd_size(const gull_crowd *c) { return c->right; }
double gull_crowd_radius(const gull_crowd *c) {
    const gull_question *q = c->desk->question;
    return q->eps_count ? q->eps[q->eps_count - 1] : INFINITY;
}

/* ---- One row of a pass ---- */

static size_t next_member(void *payload) {
    gull_crowd *c = payload;
    pthread_mutex_lock(&c->lock);
    while (c->next < c->last && c->left_out[c->next]) c->next++;
    const size_t i = c->status < 0 || c->next >= c->last ? SIZE_MAX : c->next++;
    pthread_mutex_unlock(&c->lock);
    return i;
}

static gull_space space_of(const gull_crowd *c, size_t i) {
    const gull_task *t = c->desk->task;
    return (gull_space){t->x + i * t->dim, t->lo, t->hi, t->weight, t->dim,
                        c->desk->model->facts.f32, t->grid};
}

/* At the box's edge a feature has no way further out: no row asks for that. */
static void drop_outward(const gull_space *s, const double *x, double *g) {
    for (size_t j = 0; j < s->dim; j++)
        if ((x[j] <= s->lo[j] && g[j] < 0) || (x[j] >= s->hi[j] && g[j] > 0) || !isfinite(g[j]))
            g[j] = 0;
}

static int ask_member(gull_crowd *c, size_t i, gull_seat *seat) {
    const size_t k = i - c->first, dim = c->space.dim;
    const gull_space s = space_of(c, i);
    double *x = c->x + k * dim, *g = c->g + k * dim;
    double *scores = c->scores + k * (size_t)c->desk->model->facts.classes;
    if (c->desk->model->facts.randomised) {
        gull_stream draw = gull__stream(c->desk->question->seed, c->desk->task->first + i,
                                        c->spec->text);
        draw.counter = c->passes;
        gull__seat_draw(seat, gull__stream_next(&draw));
    }
    memcpy(x, s.x0, dim * sizeof *x);
    if (c->change) gull__apply_change(&s, c->desk->question->cost, c->change,
                                      gull_crowd_radius(c), x);
    if (!c->loss) return gull__seat_scores(seat, x, scores);
    TRY(gull__seat_gradient(seat, x, (gull_loss){c->loss, &c->member[i]}, scores, &c->value[k], g));
    drop_outward(&s, x, g);
    return GULL_OK;
}

static void do_member(void *payload, size_t i, gull_seat *seat) {
    gull_crowd *c = payload;
    const int status = ask_member(c, i, seat);
    pthread_mutex_lock(&c->lock);
    if (status < 0 && c->status >= 0) c->status = status;
    c->seconds += gull__seat_seconds(seat);
    pthread_mutex_unlock(&c->lock);
}

void gull__apply_change(const gull_space *s, const gull_cost *cost, const double *change,
                        double radius, double *x) {
    for (size_t j = 0; j < s->dim; j++) x[j] = s->x0[j] + change[j];
    cost->project(s, x, radius);
}

/* ---- A pass over all rows ---- */

static bool fools(const gull_crowd *c, size_t i) {
    const int classes = c->desk->model->facts.classes;
    return gull_goal_value(&c->member[i].goal, c->scores + (i - c->first) * (size_t)classes,
                           classes, NULL) > 0;
}

static int ask_block(gull_crowd *c, size_t first) {
    const size_t rows = c->desk->task->rows;
    c->first = c->next = first;
    c->last = first + c->block < rows ? first + c->block : rows;
    TRY(gull__batch_run(c->desk->model, c->threads, next_member, do_member, c, NULL));
    return c->status;
}

static void add_block(gull_crowd *c, double *g, double *value, size_t *fooled) {
    for (size_t i = c->first; i < c->last; i++) {
        if (c->left_out[i]) continue;
        const double *own = c->g + (i - c->first) * c->space.dim;
        *fooled += fools(c, i);
        if (!c->loss) continue;
        *value += c->value[i - c->first];
        for (size_t j = 0; j < c->space.dim; j++) g[j] += own[j];
    }
}

/* Budget and time are per input: each pass asks every row once. */
static int stop(gull_crowd *c) {
    const gull_question *q = c->desk->question;
    if (c->tell && !c->tell(c->payload, c->progress)) c->stopped = true;
    if (c->stopped) return GULL_ETIME;
    if (q->timeout > 0 && c->seconds > q->timeout * (double)c->right) return GULL_ETIME;
    const size_t look = gull__draws_asked(&(gull_row){.question = q, .model = c->desk->model});
    return q->budget && c->passes + look >= q->budget ? GULL_EBUDGET : GULL_OK;
}

int gull_crowd_gradient(gull_crowd *c, const double *change, gull_loss_fn loss, double *g,
                        double *value, size_t *fooled) {
    double unused;
    if (!value) value = &unused;
    TRY(stop(c));
    c->change = change;
    c->loss = loss;
    *fooled = 0;
    *value = 0;
    if (g) memset(g, 0, c->space.dim * sizeof *g);
    for (size_t first = 0; first < c->desk->task->rows; first += c->block) {
        TRY(ask_block(c, first));
        add_block(c, g, value, fooled);
    }
    c->passes++;
    return GULL_OK;
}

/* ---- Who takes part, and where the change may go ---- */

static int best_class(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}

/* The rows as they are: what is misread has no say. */
static int leave_out_misread(gull_crowd *c) {
    const gull_task *t = c->desk->task;
    const int classes = c->desk->model->facts.classes;
    c->right = t->rows;
    TRY(stop(c));
    for (size_t first = 0; first < t->rows; first += c->block) {
        TRY(ask_block(c, first));
        for (size_t i = c->first; i < c->last; i++) {
            const double *s = c->scores + (i - c->first) * (size_t)classes;
            c->left_out[i] = best_class(s, classes) != t->label[i] || fools(c, i);
        }
    }
    c->right = 0;
    for (size_t i = 0; i < t->rows; i++) c->right += !c->left_out[i];
    c->passes++;
    return GULL_OK;
}

/* As far as any row has room. */
static void find_box(gull_crowd *c) {
    const gull_task *t = c->desk->task;
    double *lo = c->origin + t->dim, *hi = lo + t->dim;
    for (size_t j = 0; j < t->dim; j++) {
        const int rule = t->rule ? t->rule[j] : 0;
        for (size_t i = 0; i < t->rows; i++) {
            const double x0 = t->x[i * t->dim + j];
            lo[j] = fmin(lo[j], t->lo[j] - x0);
            hi[j] = fmax(hi[j], t->hi[j] - x0);
        }
        if (rule & (GULL_FROZEN | GULL_ONLY_UP)) lo[j] = 0;
        if (rule & (GULL_FROZEN | GULL_ONLY_DOWN)) hi[j] = 0;
    }
    c->space = (gull_space){.x0 = c->origin, .lo = lo, .hi = hi, .weight = t->weight,
                            .dim = t->dim};
}

static void free_crowd(gull_crowd *c) {
    free(c->origin);
    free(c->member);
    free(c->left_out);
    free(c->x);
    free(c->g);
    free(c->value);
    free(c->scores);
    pthread_mutex_destroy(&c->lock);
}

static int open_crowd(gull_crowd *c) {
    const gull_task *t = c->desk->task;
    const gull_question *q = c->desk->question;
    const size_t fits = BLOCK_BYTES / sizeof(double) / t->dim;
    c->block = fits < LEAST_BLOCK ? LEAST_BLOCK : fits;
    if (c->block > t->rows) c->block = t->rows;
    c->origin = calloc(3 * t->dim, sizeof(double));
    c->member = calloc(t->rows, sizeof *c->member);
    c->left_out = calloc(t->rows, sizeof *c->left_out);
    c->x = calloc(c->block * t->dim, sizeof(double));
    c->g = calloc(c->block * t->dim, sizeof(double));
    c->value = calloc(c->block, sizeof(double));
    c->scores = calloc(c->block * (size_t)c->desk->model->facts.classes, sizeof(double));
    c->spec->change = calloc(t->dim, sizeof(double));
    if (!c->origin || !c->member || !c->left_out || !c->x || !c->g || !c->value || !c->scores ||
        !c->spec->change)
        return GULL_ENOMEM;
    for (size_t i = 0; i < t->rows; i++)
        c->member[i] = (gull_member){
            {q->goal, t->label[i], q->target, c->desk->model->facts.slack}, c->spec->options};
    find_box(c);
    return leave_out_misread(c);
}

int gull__crowd_run(const gull_desk *desk, gull_spec *spec, int threads, gull_progress_fn tell,
                    void *payload, const gull_progress *progress, bool *stopped,
                    gull_error *err) {
    gull_crowd c = {.desk = desk, .spec = spec, .threads = threads, .tell = tell,
                    .payload = payload, .progress = progress};
    pthread_mutex_init(&c.lock, NULL);
    int status = open_crowd(&c);
    if (status == GULL_OK && c.right)
        status = spec->method->together(&c, spec->options, spec->change);
    if (status == GULL_EBUDGET || status == GULL_ETIME) status = GULL_OK;
    spec->passes = c.passes;
    *stopped = c.stopped;
    free_crowd(&c);
    return status < 0 ? gull__fail(err, status, "%s: %s", spec->text, gull_status_text(status))
                      : GULL_OK;
}
