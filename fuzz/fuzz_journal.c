/* fuzz_journal.c - libFuzzer target: the resume file of a small audit.  The input's lines are the rows,
 * behind the right first line and with right checksums, so that what they say is read; the result is
 * then reported in every form. */
#include "as_file.h"
#include "core/model.h"
#include "model/linear.h"
#include <string.h>
#include <zlib.h>

static gull_model *slope_model(void) {
    static const gull_model_facts facts = {.classes = 2, .dim = 2, .scores = "margin"};
    double *w = calloc(4, sizeof *w), *b = calloc(2, sizeof *b);
    gull_model *m = NULL;
    if (!w || !b) abort();
    w[2] = 1;
    w[3] = 2;
    if (gull__linear_new(&m, &facts, w, b) < 0) abort();
    return m;
}

/* Two rows that resumes from the path; its reports are made and dropped (the page is
 * slow). */
static void audit(const gull_model *m, const char *path, bool page) {
    double x[4] = {1, 2, -3, 1}, label[2] = {1, 0};
    const gull_data d = {.rows = 2, .dim = 2, .x = x, .label = label, .path = (char *)"rows"};
    gull_error err = {0, ""};
    gull_result *r = NULL;
    gull_question *q = gull_question_new();
    if (!q || gull_question_set(q, "method", "linear", NULL) || gull_question_set(q, "threads", "1", NULL) ||
        gull_question_set(q, "eps", "0.1,0.5", NULL) || gull_question_set(q, "resume", path, NULL))
        abort();
    const int status = gull_ask(q, "prove", m, &d, NULL, NULL, &r, &err);
    if (status < 0 && !err.text[0]) abort();
    if (r) {
        char *json = gull_result_json(r), *text = gull_result_text(r), *html = NULL;
        const char *pages[1] = {json};
        if (json && page && gull_report_html(pages, 1, &html, &err) == GULL_OK) gull_free(html);
        gull_free(json);
        gull_free(text);
    }
    gull_result_free(&r);
    gull_question_free(&q);
}

/* The first line, as an audit that has just begun writes it. */
static size_t first_line(const gull_model *m, char *out, size_t room) {
    gull_error err;
    uint8_t *text;
    size_t size;
    const char *path = as_file((const uint8_t *)"", 0);
    audit(m, path, true);
    if (gull__file_read(path, false, &text, &size, &err) < 0) abort();
    const size_t n = (size_t)((uint8_t *)memchr(text, '\n', size) - text) + 1;
    if (n > room) abort();
    memcpy(out, text, n);
    free(text);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static gull_model *m;
    static char head[4096];
    static size_t head_size;
    if (!m) head_size = first_line(m = slope_model(), head, sizeof head);
    uint8_t *file = malloc(head_size + 11 * size + 11);
    if (!file) abort();
    memcpy(file, head, head_size);
    size_t n = head_size;
    for (size_t at = 0, k; at < size; at += k + 1) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        k = end ? (size_t)(end - data) - at : size - at;
        n += (size_t)sprintf((char *)file + n, "%08lx ", crc32(crc32(0, NULL, 0), data + at, (unsigned)k));
        memcpy(file + n, data + at, k);
        n += k;
        file[n++] = '\n';
    }
    audit(m, as_file(file, n), size % 64 == 0);
    free(file);
    return 0;
}
