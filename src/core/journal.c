/* journal.c - finished rows on disk, append-only: "crc32 JSON\n" a line.  The first line
 * names the question; a torn last line, left by a kill, is cut off when the file is opened
 * again.  A line whose checksum fails ends what is kept: later rows are answered anew. */
#include "core/answer_json.h"
#include "core/model.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

struct gull_journal {
    int fd;
};

static unsigned long checksum(const char *text, size_t n) {
    return crc32(crc32(0, NULL, 0), (const unsigned char *)text, (unsigned)n);
}

static int write_line(int fd, const char *json) {
    const size_t n = strlen(json), total = n + 10;
    char *line = malloc(total + 1);
    if (!line) return GULL_ENOMEM;
    sprintf(line, "%08lx %s\n", checksum(json, n), json);
    size_t at = 0;
    while (at < total) {
        const ssize_t k = write(fd, line + at, total - at);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) break;
        at += (size_t)k;
    }
    free(line);
    return at == total ? GULL_OK : GULL_EIO;
}

static int write_json(int fd, json_t *v) {
    char *text = v ? json_dumps(v, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    const int status = text ? write_line(fd, text) : GULL_ENOMEM;
    free(text);
    return status;
}

/* Digest of the rows as the model is given them, their labels, boxes, weights and rules. */
static void task_digest(const gull_task *t, char hex[65]) {
    uint8_t parts[7][65] = {{0}};
    gull__sha256((const uint8_t *)t->x, t->rows * t->dim * sizeof *t->x, (char *)parts[0]);
    gull__sha256((const uint8_t *)t->label, t->rows * sizeof *t->label, (char *)parts[1]);
    gull__sha256((const uint8_t *)t->lo, t->dim * sizeof *t->lo, (char *)parts[2]);
    gull__sha256((const uint8_t *)t->hi, t->dim * sizeof *t->hi, (char *)parts[3]);
    if (t->weight)
        gull__sha256((const uint8_t *)t->weight, t->dim * sizeof *t->weight, (char *)parts[4]);
    if (t->rule) gull__sha256(t->rule, t->dim, (char *)parts[5]);
    if (t->grid)
        gull__sha256((const uint8_t *)t->grid, t->dim * sizeof *t->grid, (char *)parts[6]);
    gull__sha256(parts[0], sizeof parts, hex);
}

/* Everything that decides a row's answer. */
static json_t *identity(const gull_result *r) {
    const gull_question *q = &r->asked;
    json_t *eps = json_array(), *methods = json_array();
    for (size_t i = 0; i < q->eps_count; i++) json_array_append_new(eps, json_real(q->eps[i]));
    for (size_t i = 0; i < r->plan.count; i++)
        json_array_append_new(methods, json_string(r->plan.spec[i].text));
    char task[65];
    task_digest(&r->task, task);
    json_t *id = json_pack("{ss ss sO sO ss so so ss sI sf si si sI sI ss sb}", "gull", gull_version(),
                     "verb", r->verb, "model", json_object_get(r->model, "sha256"), "data",
                     json_object_get(r->data, "sha256"), "norm", q->cost->name, "eps", eps,
                     "methods", methods, "access", q->access, "budget", (json_int_t)q->budget,
                     "timeout", q->timeout, "goal", (int)q->goal, "target", q->target, "seed",
                     (json_int_t)q->seed, "rows", (json_int_t)r->task.rows, "task", task, "thorough", q->thorough);
    if (q->eot) json_object_set_new(id, "eot", json_integer((json_int_t)q->eot));
    if (q->draws)
        json_object_set_new(id, "draws", json_pack("[II]", (json_int_t)q->draws_needed,
                                                  (json_int_t)q->draws));
    static const char *const opening[] = {"output", "head", "front"};
    for (size_t i = 0; i < 3; i++)
        if (json_object_get(r->model, opening[i]))
            json_object_set(id, opening[i], json_object_get(r->model, opening[i]));
    return id;
}

static bool checked(const char *line, size_t n, json_t **out) {
    char *end;
    *out = NULL;
    if (n < 10 || line[8] != ' ') return false;
    if (strtoul(line, &end, 16) != checksum(line + 9, n - 9) || end != line + 8) return false;
    *out = json_loadb(line + 9, n - 9, 0, NULL);
    return *out != NULL;
}

/* What no audit of these rows can have written, though its checksum fits. */
static bool plausible(const gull_result *r, size_t i) {
    const gull_answer *a = &r->answer[i];
    const int classes = (int)json_integer_value(json_object_get(r->model, "classes"));
    const int methods = (int)r->plan.count;
    return a->label == r->task.label[i] && a->predicted >= 0 && a->predicted < classes &&
           a->becomes >= -1 && a->becomes < classes && a->lower >= 0 && a->upper >= 0 &&
           a->lower_by >= -1 && a->lower_by < methods && a->upper_by >= -1 &&
           a->upper_by < methods && (!a->contradiction || (a->lower_by >= 0 && a->upper_by >= 0));
}

static bool take_row(json_t *v, gull_result *r) {
    const size_t number = (size_t)json_integer_value(json_array_get(v, 0)), methods = r->plan.count;
    if (number < r->task.first || number - r->task.first >= r->task.rows) return false;
    const size_t i = number - r->task.first;
    return gull__answer_unpack(v, &r->answer[i], methods, r->witness + i * r->task.dim,
                               r->task.dim) &&
           plausible(r, i);
}

/* Reads whole good lines; returns the length of the good part. */
static size_t replay(const char *text, size_t size, gull_result *r, const json_t *id,
                     bool *other) {
    size_t at = 0;
    *other = false;
    while (at < size) {
        const char *end = memchr(text + at, '\n', size - at);
        json_t *v;
        if (!end || !checked(text + at, (size_t)(end - text) - at, &v)) break;
        if (at == 0)
            *other = !json_equal(v, (json_t *)id);
        else if (!take_row(v, r))
            *other = true;
        json_decref(v);
        if (*other) break;
        at = (size_t)(end - text) + 1;
    }
    return at;
}

static int start(const char *path, gull_result *r, json_t *id, int *fd, gull_error *err) {
    uint8_t *text = NULL;
    size_t size = 0, good = 0;
    bool other = false;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return gull__fail(err, GULL_EIO, "%s: another run is writing to it; wait for that run "
                          "or choose another file", path);
    TRY(gull__file_read(path, false, &text, &size, err));
    if (size) good = replay((const char *)text, size, r, id, &other);
    free(text);
    if (other || (size && !good))
        return gull__fail(err, GULL_EUSAGE,
                          "%s: is not the resume file of this question (other model, data, "
                          "options or version); choose another file or delete it",
                          path);
    if (ftruncate(*fd, (off_t)good) || lseek(*fd, 0, SEEK_END) < 0)
        return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    if (!good && write_json(*fd, id) < 0)
        return gull__fail(err, GULL_EIO, "%s: cannot write", path);
    return GULL_OK;
}

int gull__journal_open(gull_journal **out, const char *path, gull_result *r, gull_error *err) {
    json_t *id = identity(r);
    gull_journal *j = calloc(1, sizeof *j);
    int status = id && j ? GULL_OK : gull__fail(err, GULL_ENOMEM, "out of memory");
    if (status == GULL_OK) {
        j->fd = -1;
        status = start(path, r, id, &j->fd, err);
    }
    json_decref(id);
    if (status < 0) {
        gull__journal_close(j);
        j = NULL;
    }
    *out = j;
    return status;
}

int gull__journal_add(gull_journal *j, const gull_result *r, size_t i) {
    json_t *v = gull__answer_pack(&r->answer[i], r->plan.count, r->witness + i * r->task.dim,
                                  r->task.dim);
    const int status = write_json(j->fd, v);
    json_decref(v);
    return status;
}

void gull__journal_close(gull_journal *j) {
    if (!j) return;
    if (j->fd >= 0) close(j->fd);
    free(j);
}
