/* test_journal.c - the resume file: any bit of it flipped, any part of it missing, doubled or replaced
 * ends in the same result or in a refusal, never in another result; and the file of another question
 * (box, weights, rules, labels, scale, norm) is refused. */
#include "core/model.h"
#include "core/question.h"
#include "core/random.h"
#include "model/linear.h"
#include "tap.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { ROWS = 4 };
typedef struct setup { /* what is asked; a NULL or 0 is the default */
    const char *norm, *domain, *range, *seed;
    double shift, label; /* of the first row */
    bool pictures;
} setup;

static gull_model *slope_model(void) { /* score1 - score0 = x0 + 2 x1 - 3 x2 + x3 - 1 */
    gull_model_facts facts = {.classes = 2, .dim = 4, .scores = "margin"};
    double *w = calloc(8, sizeof *w), *b = calloc(2, sizeof *b);
    gull_model *m = NULL;
    memcpy(w + 4, (double[]){1, 2, -3, 1}, 4 * sizeof *w);
    b[1] = -1;
    if (gull__linear_new(&m, &facts, w, b) < 0) exit(1);
    return m;
}

/* lower, upper and the witness of every row; false: refused. */
typedef struct ends {
    double lower[ROWS], upper[ROWS], witness[4 * ROWS];
} ends;

static bool ask(const setup *s, const char *resume, ends *out, gull_error *err) {
    double x[4 * ROWS] = {1, 2, 3, 4, 0, 1, 0, 0, 7, 5, 3, 0, 2, 2, 2, 2}, label[ROWS];
    gull_model *m = slope_model();
    gull_question *q = gull_question_new();
    gull_result *r = NULL;
    const double *w;
    size_t rows, dim;
    for (int i = 0; i < ROWS; i++) label[i] = x[4 * i] + 2 * x[4 * i + 1] - 3 * x[4 * i + 2] + x[4 * i + 3] > 1;
    if (s->label) label[0] = 1 - label[0];
    x[0] += s->shift;
    gull_data d = {.rows = ROWS, .dim = 4, .x = x, .label = label, .format = "memory",
                   .path = (char *)"rows", .sha256 = "the same"};
    if (s->pictures) {
        d.rank = 2;
        d.shape[0] = d.shape[1] = 2;
        d.bytes = true;
    }
    memset(out, 0, sizeof *out);
    if (!q || gull_question_set(q, "method", "linear", NULL) || gull_question_set(q, "threads", "1", NULL) ||
        gull_question_set(q, "norm", s->norm ? s->norm : "l2", NULL) ||
        (s->domain && gull_question_set(q, "domain", s->domain, NULL)) ||
        (s->range && gull_question_set(q, "range", s->range, NULL)) ||
        (s->seed && gull_question_set(q, "seed", s->seed, NULL)) ||
        (resume && gull_question_set(q, "resume", resume, NULL)))
        exit(1);
    const int status = gull_ask(q, "prove", m, &d, NULL, NULL, &r, err);
    for (size_t i = 0; r && i < ROWS; i++) gull_result_interval(r, i, &out->lower[i], &out->upper[i]);
    if (r && gull_result_witnesses(r, &w, &rows, &dim) == GULL_OK) memcpy(out->witness, w, sizeof out->witness);
    gull_result_free(&r);
    gull_question_free(&q);
    gull_model_close(&m);
    return status == GULL_OK;
}

static void write_file(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f)) exit(1);
}

/* 0: refused with a sentence, 1: the same result, -1: anything else. */
static int resumed(const char *path, const uint8_t *text, size_t size, const ends *whole) {
    static const setup plain = {0};
    gull_error err = {0, ""};
    ends now;
    write_file(path, text, size);
    if (!ask(&plain, path, &now, &err))
        return err.code == GULL_EUSAGE && strstr(err.text, path) ? 0 : -1;
    return memcmp(&now, whole, sizeof now) ? -1 : 1;
}

/* ---- One file, damaged ---- */

static void test_flips(const char *path, const uint8_t *text, size_t size, const ends *whole) {
    const size_t first = (size_t)((const uint8_t *)memchr(text, '\n', size) - text) + 1;
    uint8_t *copy = malloc(size);
    size_t wrong = 0, refused_rows = 0, accepted_head = 0;
    memcpy(copy, text, size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const int r = resumed(path, copy, size, whole);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        wrong += r < 0;
        refused_rows += r == 0 && bit / 8 >= first;
        accepted_head += r == 1 && bit / 8 < first && !strchr("abcdef", text[bit / 8]);
    }
    tap_ok(!wrong && !refused_rows && !accepted_head,
           "each of %zu bits flipped: %zu wrong results; rows are answered anew (%zu refusals), the "
           "first line refused (%zu accepted)", 8 * size, wrong, refused_rows, accepted_head);
    free(copy);
}

static void test_cuts(const char *path, const uint8_t *text, size_t size, const ends *whole) {
    const size_t first = (size_t)((const uint8_t *)memchr(text, '\n', size) - text) + 1;
    size_t wrong = 0;
    for (size_t n = 0; n <= size; n++) {
        const int r = resumed(path, text, n, whole);
        wrong += r < 0 || (n >= first && r != 1);
    }
    tap_ok(!wrong, "cut off anywhere: %zu wrong", wrong);
}

static void test_mixtures(const char *path, const uint8_t *text, size_t size, const ends *whole) {
    gull_stream random = gull__stream(1, 0, "mixtures");
    uint8_t *copy = malloc(2 * size);
    size_t wrong = 0, same = 0;
    for (int t = 0; t < 500; t++) {
        size_t n = 0;
        while (n < size) { /* pieces of the file, from anywhere */
            const size_t from = t % 2 ? gull__stream_next(&random) % size : n;
            size_t k = 1 + gull__stream_next(&random) % (size - from);
            if (k > 2 * size - n) k = 2 * size - n;
            memcpy(copy + n, text + from, k);
            n += k;
            if (t % 2 == 0) copy[n - 1] = (uint8_t)gull__stream_next(&random);
        }
        const int r = resumed(path, copy, n, whole);
        wrong += r < 0;
        same += r == 1;
    }
    tap_ok(!wrong, "500 mixtures: %zu wrong, %zu read", wrong, same);
    free(copy);
}

/* Lines with a right checksum that no audit writes. */
static void test_lies(const char *path, const uint8_t *text, size_t size, const ends *whole) {
    static const char *const row[] = {
        "[]", "{}", "[0]", "[99,0,0,1,0.5,0.5,2,0.5,0.5,0,0,false,1,0,\"inf\",false,[],null]",
        "[0,5,0,1,0.5,0.5,2,0.5,0.5,0,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,0,1,0.5,0.5,2,0.5,0.5,9,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,0,1,0.5,0.5,2,0.5,0.5,-9,0,true,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,77,1,0.5,0.5,2,0.5,\"inf\",0,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,0,1,0.5,0.5,2,null,\"inf\",0,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,0,1,0.5,0.5,2,0.5,0.5,0,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],null]",
        "[0,0,0,1,0.5,0.5,2,0.5,0.5,0,0,false,1,0,\"inf\",false,[[true,true,1,1,1,0,0]],\"AAAA\"]"};
    const size_t first = (size_t)((const uint8_t *)memchr(text, '\n', size) - text) + 1;
    char *copy = malloc(size + 400);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        memcpy(copy, text, first);
        const int n = sprintf(copy + first, "%08lx %s\n",
                              crc32(crc32(0, NULL, 0), (const uint8_t *)row[i], (unsigned)strlen(row[i])), row[i]);
        tap_ok(resumed(path, (uint8_t *)copy, first + (size_t)n, whole) == 0, "refused: %s", row[i]);
    }
    free(copy);
}

/* ---- Files of other questions ---- */

static void test_others(const char *path, const char *domain) {
    static const char *const text[] = {
        "{\"default\": {\"lo\": -9}}", "{\"default\": {\"lo\": -9, \"hi\": 9}}", "{\"default\": {\"lo\": -9, \"hi\": 8}}",
        "{\"default\": {\"lo\": -9}, \"features\": {\"1\": {\"weight\": 2}}}",
        "{\"default\": {\"lo\": -9}, \"features\": {\"1\": {\"frozen\": true}}}",
        "{\"default\": {\"lo\": -9}, \"features\": {\"1\": {\"only\": \"up\"}}}"};
    enum { DOMAINS = sizeof text / sizeof *text };
    const setup other[] = {{0}, {.norm = "l1"}, {.seed = "2"}, {.shift = 1}, {.label = 1},
                           {.range = "0,1", .pictures = true}, {.range = "0,255", .pictures = true}};
    enum { SETUPS = sizeof other / sizeof *other };
    gull_error err = {0, ""};
    for (int a = 0; a < DOMAINS + SETUPS; a++) {
        int wrong = 0;
        for (int b = 0; b < DOMAINS + SETUPS; b++) {
            const setup in_domain = {.domain = domain};
            ends one;
            if (a < DOMAINS) write_file(domain, text[a], strlen(text[a]));
            write_file(path, "", 0);
            if (!ask(a < DOMAINS ? &in_domain : &other[a - DOMAINS], path, &one, &err)) exit(1);
            if (b < DOMAINS) write_file(domain, text[b], strlen(text[b]));
            err.code = 0;
            const bool taken = ask(b < DOMAINS ? &in_domain : &other[b - DOMAINS], path, &one, &err);
            wrong += taken != (a == b) || (!taken && err.code != GULL_EUSAGE);
        }
        tap_ok(!wrong, "question %d: only its own resume file is taken (%d wrong)", a, wrong);
    }
}

int main(void) {
    const int fd = memfd_create("journal", 0), fd2 = memfd_create("domain", 0);
    char path[40], domain[40];
    const setup plain = {0};
    gull_error err = {0, ""};
    uint8_t *text = NULL;
    size_t size = 0;
    ends whole, first;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(domain, sizeof domain, "/proc/self/fd/%d", fd2);
    tap_ok(fd >= 0 && fd2 >= 0 && ask(&plain, NULL, &whole, &err), "answers without a resume file");
    tap_ok(ask(&plain, path, &first, &err) && !memcmp(&first, &whole, sizeof whole) &&
               gull__file_read(path, false, &text, &size, &err) == GULL_OK,
           "the same answers while one is written");
    test_flips(path, text, size, &whole);
    test_cuts(path, text, size, &whole);
    test_mixtures(path, text, size, &whole);
    test_lies(path, text, size, &whole);
    test_others(path, domain);
    write_file(path, text, size);
    flock(fd, LOCK_EX);
    tap_ok(!ask(&plain, path, &first, &err) && strstr(err.text, "another run"), "in use: %s", err.text);
    free(text);
    close(fd);
    close(fd2);
    return tap_done();
}
