/* test_core.c - the core against planted models and methods: the batcher, the referee, access,
 * budgets, method strings, options, the resume file. */
#include "core/fiber.h"
#include "core/model.h"
#include "core/random.h"
#include "core/registry.h"
#include "core/result.h"
#include "model/linear.h"
#include "tap.h"
#include <pthread.h>
#include <unistd.h>

/* ---- Random numbers ---- */

static void test_random(void) {
    gull_stream a = gull__stream(1, 7, "pgd"), b = gull__stream(1, 7, "pgd");
    gull_stream c = gull__stream(1, 8, "pgd"), d = gull__stream(1, 7, "pgd:steps=2");
    double mean = 0, square = 0;
    bool same = true, other = true;
    for (int i = 0; i < 1000; i++) {
        const uint64_t x = gull__stream_next(&a);
        same &= x == gull__stream_next(&b);
        other &= x != gull__stream_next(&c) && x != gull__stream_next(&d);
    }
    for (int i = 0; i < 100000; i++) {
        const double v = gull__stream_normal(&a);
        mean += v / 100000;
        square += v * v / 100000;
    }
    tap_ok(same && other, "streams depend on seed, row and method alone");
    tap_ok(fabs(mean) < 0.02 && fabs(square - 1) < 0.03, "normal numbers: mean %g, variance %g",
           mean, square);
}

/* ---- Fibers ---- */

typedef struct walk {
    gull_fiber *fiber;
    int steps;
} walk;

static void walk_body(void *arg) {
    walk *w = arg;
    for (int i = 0; i < 3; i++) {
        w->steps++;
        gull__fiber_yield(w->fiber);
    }
}

static void test_fibers(void) {
    walk w = {gull__fiber_new(), 0};
    for (int again = 1; again <= 2; again++) {
        int resumes = 0;
        gull__fiber_start(w.fiber, walk_body, &w);
        while (gull__fiber_resume(w.fiber)) resumes++;
        tap_ok(resumes == 3 && w.steps == 3 * again, "a fiber yields three times, start %d", again);
    }
    gull__fiber_free(w.fiber);
}

/* ---- A planted family: score1 = sum(x) - 1, answered in tiles ---- */

enum { DIM = 3, TILE = 8 };
static unsigned plant_can(const void *self) {
    (void)self;
    return GULL_CAN_SCORES | GULL_CAN_GRADIENT;
}
static int plant_tile(const void *self) { return *(const int *)self; }
static int plant_scores(const void *self, void *worker, const double *x, size_t n, double *out) {
    (void)self, (void)worker;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = 0;
        out[2 * i + 1] = x[DIM * i] + x[DIM * i + 1] + x[DIM * i + 2] - 1;
    }
    return GULL_OK;
}
static int plant_gradient(const void *self, void *worker, const double *x, size_t n,
                          const gull_loss *loss, double *scores, double *value, double *g) {
    plant_scores(self, worker, x, n, scores);
    for (size_t i = 0; i < n; i++) {
        double w[2];
        value[i] = loss[i].fn(loss[i].arg, scores + 2 * i, 2, w);
        for (int j = 0; j < DIM; j++) g[DIM * i + j] = w[1];
    }
    return GULL_OK;
}
static int plant_reference(const void *self, void *worker, const double *x, double *scores) {
    return plant_scores(self, worker, x, 1, scores);
}
static const gull_family plant = {.name = "planted", .summary = "a test's own", .can = plant_can,
                                  .tile = plant_tile, .scores = plant_scores,
                                  .gradient = plant_gradient, .reference = plant_reference};

static gull_model *plant_model(int tile) {
    const gull_model_facts facts = {.classes = 2, .dim = DIM, .scores = "margin"};
    gull_model *m = NULL;
    void *state;
    if (gull_model_new(&m, &plant, sizeof(int), &facts, &state) < 0) exit(1);
    *(int *)state = tile;
    return m;
}

typedef struct sums {
    size_t next, rows;
    double total[100];
    pthread_mutex_t lock;
} sums;

static size_t sums_next(void *p) {
    sums *s = p;
    pthread_mutex_lock(&s->lock);
    const size_t i = s->next < s->rows ? s->next++ : SIZE_MAX;
    pthread_mutex_unlock(&s->lock);
    return i;
}

static double score_loss(const void *arg, const double *s, int classes, double *w) {
    (void)arg, (void)classes;
    w[0] = 0;
    w[1] = 2;
    return s[1];
}

static void sums_row(void *p, size_t i, gull_seat *seat) {
    sums *s = p;
    for (size_t k = 0; k <= i % 5; k++) {
        const double x[DIM] = {(double)i, (double)k, 0.5};
        double scores[2], value, g[DIM];
        gull__seat_scores(seat, x, scores);
        s->total[i] += scores[1];
        gull__seat_gradient(seat, x, (gull_loss){score_loss, NULL}, NULL, &value, g);
        s->total[i] += value + g[0] + g[1] + g[2];
    }
}

static void test_batcher(void) {
    for (int tile = 1; tile <= TILE; tile += TILE - 1)
        for (int threads = 1; threads <= 3; threads++) {
            gull_model *m = plant_model(tile);
            sums s = {.rows = 100};
            bool good = true;
            pthread_mutex_init(&s.lock, NULL);
            gull__batch_run(m, threads, sums_next, sums_row, &s, NULL);
            for (size_t i = 0; i < 100; i++) {
                double want = 0;
                for (size_t k = 0; k <= i % 5; k++) want += 2 * ((double)(i + k) - 0.5) + 6;
                good &= s.total[i] == want;
            }
            tap_ok(good, "100 rows get their own answers: tile %d, %d threads", tile, threads);
            gull_model_close(&m);
        }
}

/* ---- Planted methods: the referee ---- */

static int liar(gull_run *r, const void *o) { /* x0 does not fool */
    (void)o;
    double d;
    TRY(gull_found(r, gull_run_problem(r)->space.x0, &d));
    return isinf(d) ? GULL_OK : GULL_EFORMAT;
}
static int outsider(gull_run *r, const void *o) { /* a point outside the box: put inside */
    (void)o;
    const double far[DIM] = {1e9, 1e9, 1e9};
    return gull_found(r, far, NULL);
}
static int honest(gull_run *r, const void *o) {
    (void)o;
    const double x[DIM] = {0.4, 0.4, 0.4};
    return gull_found(r, x, NULL);
}
static int boaster(gull_run *r, const void *o) {
    (void)o;
    return gull_bounded(r, 0.5);
}
static int asker(gull_run *r, const void *o) { /* never stops by itself */
    (void)o;
    double s[2];
    for (;;) TRY(gull_ask_scores(r, gull_run_problem(r)->space.x0, s));
}
static int prober(gull_run *r, const void *o) { /* wants a gradient without saying so */
    (void)o;
    double g[DIM];
    return gull_ask_gradient(r, gull_run_problem(r)->space.x0, (gull_loss){score_loss, NULL}, NULL,
                             NULL, g);
}
#define PLANTED(f)                                                                       \
    { .name = #f, .summary = "planted", .goals = GULL_ANY, .costs = GULL_ANY, .stage = 1, .run = f }
static const gull_method planted[] = {PLANTED(liar),   PLANTED(outsider), PLANTED(honest),
                                      PLANTED(boaster), PLANTED(asker),   PLANTED(prober)};
enum { LIAR, OUTSIDER, HONEST, BOASTER, ASKER, PROBER };

typedef struct bench { /* one row of the planted model, worked on by planted methods */
    gull_desk desk;
    gull_answer answer;
    gull_outcome outcome[3];
    double witness[DIM];
    size_t left;
    int status;
} bench;
static size_t bench_next(void *p) {
    bench *b = p;
    return b->left ? --b->left : SIZE_MAX;
}
static void bench_row(void *p, size_t i, gull_seat *seat) {
    bench *b = p;
    b->status = gull__answer_row(&b->desk, i, seat, &b->answer, b->witness);
}

static bench work(gull_question *q, int first, int second) {
    double x[DIM] = {0, 0, 0}, lo[DIM] = {-2, -2, -2}, hi[DIM] = {2, 2, 2};
    int label = 0;
    gull_task t = {.rows = 1, .dim = DIM, .x = x, .label = &label, .lo = lo, .hi = hi};
    gull_plan plan = {.count = 0};
    const int which[2] = {first, second};
    for (int i = 0; i < 2; i++)
        if (which[i] >= 0)
            plan.spec[plan.count++] = (gull_spec){.method = &planted[which[i]],
                                                  .text = (char *)planted[which[i]].name,
                                                  .proof = which[i] == BOASTER};
    gull_model *m = plant_model(TILE);
    bench b = {.desk = {q, &plan, &t, m}, .left = 1};
    b.answer.outcome = b.outcome;
    gull__batch_run(m, 1, bench_next, bench_row, &b, NULL);
    gull_model_close(&m);
    return b;
}

static void test_referee(void) {
    gull_question *q = gull_question_new();
    bench b = work(q, LIAR, -1);
    tap_ok(b.answer.status == GULL_UNDECIDED && isinf(b.answer.upper), "a false witness is dropped");
    b = work(q, OUTSIDER, -1);
    tap_ok(b.answer.upper == 2 && b.answer.status == GULL_ATTACKED,
           "a witness outside the box is put inside and measured there");
    b = work(q, OUTSIDER, HONEST);
    tap_ok(b.answer.upper == 0.4 && b.answer.upper_by == 1, "the nearer witness wins");
    b = work(q, HONEST, BOASTER);
    tap_ok(b.answer.contradiction, "a bound above a witness is a contradiction");
    b = work(q, BOASTER, HONEST);
    tap_ok(b.answer.contradiction, "in either order");
    b = work(q, OUTSIDER, BOASTER);
    tap_ok(!b.answer.contradiction && b.answer.status == GULL_BRACKETED && b.answer.lower == 0.5,
           "a bound below the witness brackets it");
    gull_question_set(q, "budget", "17", NULL);
    b = work(q, ASKER, -1);
    tap_ok(b.outcome[0].status == GULL_EBUDGET && b.answer.queries == 17,
           "the budget of 17 queries is kept to: %d", (int)b.answer.queries);
    b = work(q, ASKER, ASKER);
    tap_ok(b.outcome[1].status == GULL_EBUDGET && b.outcome[1].queries == 0 && b.answer.queries == 17,
           "by all methods together");
    gull_question_set(q, "access", "scores", NULL);
    b = work(q, PROBER, -1);
    tap_ok(b.outcome[0].status == GULL_EACCESS && b.outcome[0].queries == 0,
           "no gradient leaks to an attacker who sees scores");
    gull_question_free(&q);
    q = gull_question_new();
    gull_question_set(q, "timeout", "0.05", NULL);
    b = work(q, ASKER, -1);
    tap_ok(b.outcome[0].status == GULL_ETIME && b.answer.seconds < 1, "the timeout ends a method");
    gull_question_free(&q);
}

/* ---- Options and method strings ---- */

static void test_options(void) {
    static const struct {
        const char *name, *value;
        int status;
    } row[] = {{"norm", "l2", 0},           {"norm", "l7", GULL_EUSAGE},
               {"eps", "8/255,0.01", 0},    {"eps", "0", GULL_EUSAGE},
               {"eps", "0.1,", GULL_EUSAGE}, {"eps", "nan", GULL_EUSAGE},
               {"rows", "3:9", 0},          {"rows", "9:3", GULL_EUSAGE},
               {"rows", "5", 0},            {"rows", "-1:3", GULL_EUSAGE},
               {"threads", "0", GULL_EUSAGE}, {"seed", "12x", GULL_EUSAGE},
               {"access", "all", GULL_EUSAGE}, {"goal", "target:3", 0},
               {"goal", "target:", GULL_EUSAGE}, {"range", "0,1", 0},
               {"range", "1,0", GULL_EUSAGE}, {"timeout", "-1", GULL_EUSAGE},
               {"fail-under", "proved@0.01=90%", 0}, {"fail-under", "clean=0.5", 0},
               {"fail-under", "proved=1", GULL_EUSAGE}, {"method", "nonsense", GULL_EUSAGE},
               {"flavour", "sweet", GULL_EUSAGE}};
    gull_question *q = gull_question_new();
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        gull_error err = {0, ""};
        const int s = gull_question_set(q, row[i].name, row[i].value, &err);
        tap_ok(s == row[i].status && (s == 0 || err.text[0]), "--%s %s: %s", row[i].name,
               row[i].value, s ? err.text : "taken");
    }
    tap_ok(q->eps_count == 2 && q->eps[0] == 0.01 && q->eps[1] == 8. / 255,
           "distances are sorted, fractions read");
    gull_question_free(&q);
}

/* Every method's defaults are inside its ranges, and a wrong option names the method. */
static void test_specs(void) {
    const gull_method *const *const table[] = {gull_attacks, gull_proofs};
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; table[t][i]; i++) {
            const gull_method *m = table[t][i];
            gull_spec spec;
            char text[100];
            bool good = gull__spec_parse(&spec, m->name, NULL) == GULL_OK;
            if (good) gull__spec_free(&spec);
            for (const gull_param *p = m->params; p && p->name; p++)
                good &= p->preset >= p->lo && p->preset <= p->hi;
            snprintf(text, sizeof text, "%s:flavour=1", m->name);
            good &= gull__spec_parse(&spec, text, NULL) == GULL_EUSAGE;
            tap_ok(good && m->summary[0], "method %s parses", m->name);
        }
}

/* ---- The resume file ---- */

static gull_model *slope_model(void) { /* score1 = x0 + 2 x1 - 1 */
    gull_model_facts facts = {.classes = 2, .dim = 2, .scores = "margin"};
    double *w = calloc(4, sizeof *w), *b = calloc(2, sizeof *b);
    gull_model *m = NULL;
    w[2] = 1;
    w[3] = 2;
    b[1] = -1;
    if (gull__linear_new(&m, &facts, w, b) < 0) exit(1);
    return m;
}

static char *audit_json(const char *resume, size_t stop_after, int *status);
typedef struct stopper {
    size_t after;
} stopper;
static bool stop_after_rows(void *p, const gull_progress *g) {
    return g->done < ((stopper *)p)->after;
}

static char *audit_json(const char *resume, size_t stop_after, int *status) {
    enum { ROWS = 20 };
    double x[2 * ROWS], label[ROWS];
    for (int i = 0; i < ROWS; i++) {
        x[2 * i] = 0.1 * i;
        x[2 * i + 1] = 0.37 - 0.02 * i;
        label[i] = x[2 * i] + 2 * x[2 * i + 1] > 1;
    }
    gull_data d = {.rows = ROWS, .dim = 2, .x = x, .label = label, .format = "memory",
                   .path = (char *)"rows"};
    gull_model *m = slope_model();
    gull_question *q = gull_question_new();
    gull_result *r = NULL;
    gull_error err = {0, ""};
    stopper s = {stop_after};
    char *json = NULL;
    gull_question_set(q, "method", "linear", NULL);
    gull_question_set(q, "norm", "l2", NULL);
    if (resume) gull_question_set(q, "resume", resume, NULL);
    *status = gull_ask(q, "prove", m, &d, stop_after_rows, &s, &r, &err);
    if (r) json = gull_result_json(r);
    if (*status < 0 && *status != GULL_EUSAGE) printf("# %s\n", err.text);
    gull_result_free(&r);
    gull_question_free(&q);
    gull_model_close(&m);
    return json;
}

/* Two results are the same but for times and queries of this run. */
static bool same_rows(const char *a, const char *b) {
    json_t *x = json_loads(a, 0, NULL), *y = json_loads(b, 0, NULL), *p, *q;
    size_t i;
    bool same = x && y;
    json_array_foreach(json_object_get(x, "inputs"), i, p) {
        q = json_array_get(json_object_get(y, "inputs"), i);
        same &= json_equal(json_object_get(p, "upper"), json_object_get(q, "upper")) &&
                json_equal(json_object_get(p, "lower"), json_object_get(q, "lower")) &&
                json_equal(json_object_get(p, "status"), json_object_get(q, "status"));
    }
    same &= json_array_size(json_object_get(x, "inputs")) ==
            json_array_size(json_object_get(y, "inputs"));
    same &= json_equal(json_object_get(x, "cases"), json_object_get(y, "cases"));
    json_decref(x);
    json_decref(y);
    return same;
}

static void test_resume(void) {
    char path[] = "/tmp/gull-journal-XXXXXX";
    int status;
    const int fd = mkstemp(path);
    char *whole = audit_json(NULL, SIZE_MAX, &status);
    tap_ok(status == GULL_OK && whole, "an audit without a resume file");
    for (size_t cut = 1; cut <= 3; cut++) {
        char *part = audit_json(path, 4 * cut, &status);
        tap_ok(status == GULL_OK && part && !same_rows(part, whole), "stopped after %zu rows", 4 * cut);
        free(part);
        const off_t size = lseek(fd, 0, SEEK_END);
        if (ftruncate(fd, size - 5)) exit(1); /* a torn line, as a kill leaves it */
    }
    char *rest = audit_json(path, SIZE_MAX, &status);
    tap_ok(status == GULL_OK && rest && same_rows(rest, whole), "resumed: the same result");
    free(rest);
    if (pwrite(fd, "00000000 {}\n", 12, 0) != 12) exit(1);
    rest = audit_json(path, SIZE_MAX, &status);
    tap_ok(status == GULL_EUSAGE && !rest, "another question's file is refused");
    free(rest);
    free(whole);
    close(fd);
    unlink(path);
}

int main(void) {
    test_random();
    test_fibers();
    test_batcher();
    test_referee();
    test_options();
    test_specs();
    test_resume();
    return tap_done();
}
