/* libsvm.c - LIBSVM's text models with a linear kernel and two classes, collapsed into
 * one weight vector: w = sum of coefficient x support vector, summed in twice the
 * precision. The second label comes first: LIBSVM answers the first iff its decision
 * value is > 0. Chang and Lin, ACM TIST 2(3), 2011; format: svm.cpp, svm_save_model. */
#include "model/linear.h"
#include "read/words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const long MOST_FEATURES = 1L << 24;

typedef struct {
    bool classifier, linear, vectors;
    long classes, total;
    char **names;
    double rho;
    bool has_rho;
} header;

static int probe(const gull_bytes *head) {
    static const char key[] = "svm_type ";
    return head->size >= sizeof key && !memcmp(head->data, key, sizeof key - 1) ? 100 : 0;
}

static int read_type(gull_words *words, header *h) {
    if (!gull__words_next(words, true)) words->word[0] = 0;
    h->classifier = !strcmp(words->word, "c_svc") || !strcmp(words->word, "nu_svc");
    if (h->classifier) return GULL_OK;
    return gull__words_fail(words, GULL_EUNSUPPORTED,
                            "svm_type '%.40s' is no classifier; expected c_svc or nu_svc",
                            words->word);
}

static int read_kernel(gull_words *words, header *h) {
    if (!gull__words_next(words, true)) words->word[0] = 0;
    h->linear = !strcmp(words->word, "linear");
    if (h->linear) return GULL_OK;
    return gull__words_fail(
        words, GULL_EUNSUPPORTED,
        "kernel_type '%.40s': only linear kernels are read; train with "
        "svm-train -t 0, or ask the model as a black box (exec:)",
        words->word);
}

static int read_classes(gull_words *words, header *h) {
    if (h->names)
        return gull__words_fail(words, GULL_EFORMAT, "'nr_class' after 'label'");
    TRY(gull__words_integer(words, "nr_class", 1, 2147483647, &h->classes));
    if (h->classes == 2) return GULL_OK;
    return gull__words_fail(words, GULL_EUNSUPPORTED,
                            "%ld classes: LIBSVM lets pairs of classes vote, which is no "
                            "linear arg max; train one-vs-rest with liblinear-train",
                            h->classes);
}

static int read_labels(gull_words *words, header *h) {
    if (!h->classes || h->names)
        return gull__words_fail(words, GULL_EFORMAT,
                                "'label' must follow 'nr_class', once");
    return gull__words_names(words, (size_t)h->classes, &h->names);
}

static bool is_ignored(const char *key) {
    static const char *const keys[] = {
        "degree", "gamma", "coef0", "probA", "probB", "nr_sv", "prob_density_marks"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(key, keys[i])) return true;
    return false;
}

static int read_key(gull_words *words, header *h) {
    const char *key = words->word;
    if (!strcmp(key, "svm_type")) return read_type(words, h);
    if (!strcmp(key, "kernel_type")) return read_kernel(words, h);
    if (!strcmp(key, "nr_class")) return read_classes(words, h);
    if (!strcmp(key, "label")) return read_labels(words, h);
    if (!strcmp(key, "total_sv"))
        return gull__words_integer(words, "total_sv", 0, (long)words->bytes->size,
                                   &h->total);
    if (!strcmp(key, "rho")) {
        h->has_rho = true;
        return gull__words_double(words, "rho", &h->rho);
    }
    if (!strcmp(key, "SV")) {
        h->vectors = true;
        return GULL_OK;
    }
    if (!is_ignored(key))
        return gull__words_fail(words, GULL_EFORMAT, "unknown key '%.40s'", key);
    while (gull__words_next(words, true)) continue;
    return GULL_OK;
}

static int read_header(gull_words *words, header *h) {
    while (!h->vectors) {
        if (!gull__words_next(words, false))
            return gull__words_fail(words, GULL_EFORMAT,
                                    "the file ends before the support vectors");
        TRY(read_key(words, h));
    }
    const char *missing = !h->classifier ? "svm_type"
                          : !h->linear   ? "kernel_type"
                          : !h->names    ? "label"
                          : !h->has_rho  ? "rho"
                                         : NULL;
    if (missing)
        return gull__words_fail(words, GULL_EFORMAT, "'%s' is missing before 'SV'",
                                missing);
    return GULL_OK;
}

/* "12:0.5" in words->word */
static int read_pair(gull_words *words, long last, long *index, double *value) {
    char *colon = strchr(words->word, ':');
    double number = 0;
    if (!colon)
        return gull__words_fail(words, GULL_EFORMAT, "'%.40s', expected index:value",
                                words->word);
    *colon = 0;
    TRY(gull__words_value(words, words->word, &number));
    if (!(number > (double)last) || number > (double)MOST_FEATURES ||
        number != floor(number))
        return gull__words_fail(words, GULL_EFORMAT,
                                "index '%.40s': indices ascend, from 1 to %ld",
                                words->word, MOST_FEATURES);
    *index = (long)number;
    return gull__words_value(words, colon + 1, value);
}

/* w += coefficient * value, with what rounding loses kept in `low`. */
static void add(double *w, double *low, double coefficient, double value) {
    const double p = coefficient * value, sum = *w + p, part = sum - *w;
    *low += fma(coefficient, value, -p) + (*w - (sum - part)) + (p - part);
    *w = sum;
}

/* One pass over the support vectors; w NULL: only finds the number of features. */
static int read_vectors(gull_words *words, const header *h, size_t *dim, double *w,
                        double *low) {
    for (long k = 0; k < h->total; k++) {
        double coefficient, value;
        long index = 0;
        TRY(gull__words_double(words, "a support vector", &coefficient));
        while (gull__words_next(words, true)) {
            TRY(read_pair(words, index, &index, &value));
            if ((size_t)index > *dim) *dim = (size_t)index;
            if (w) add(w + index - 1, low + index - 1, coefficient, value);
        }
    }
    if (gull__words_next(words, false))
        return gull__words_fail(words, GULL_EFORMAT,
                                "'%.40s' after the last of %ld support "
                                "vectors",
                                words->word, h->total);
    return GULL_OK;
}

static int collapse(gull_words *words, const header *h, size_t *dim, double **out) {
    const size_t at = words->bytes->at, line = words->line;
    *dim = 0;
    TRY(read_vectors(words, h, dim, NULL, NULL));
    if (!*dim)
        return gull__words_fail(words, GULL_EFORMAT, "no support vector has a feature");
    words->bytes->at = at;
    words->line = line;
    double *w = calloc(2 * *dim, sizeof *w), *low = calloc(*dim, sizeof *low);
    int status = w && low ? read_vectors(words, h, dim, w + *dim, low) : GULL_ENOMEM;
    for (size_t i = 0; status == GULL_OK && i < *dim; i++) {
        w[*dim + i] += low[i];
        if (!isfinite(w[*dim + i]))
            status = gull__words_fail(words, GULL_EFORMAT,
                                      "the weight of feature %zu overflows", i + 1);
    }
    free(low);
    if (status < 0)
        free(w);
    else
        *out = w;
    return status;
}

static int make_model(gull_words *words, header *h, gull_model **out) {
    size_t dim = 0;
    double *w = NULL, *b = calloc(2, sizeof *b);
    const int status = b ? collapse(words, h, &dim, &w) : GULL_ENOMEM;
    if (status < 0) {
        free(b);
        return status;
    }
    b[1] = -h->rho;
    char *second = h->names[1];
    h->names[1] = h->names[0];
    h->names[0] = second;
    gull_model_facts facts = {
        .classes = 2, .dim = dim, .class_names = h->names, .scores = "margin"};
    snprintf(facts.detail, sizeof facts.detail,
             "linear support vector machine · %ld support vectors, %zu features",
             h->total, dim);
    return gull__linear_new(out, &facts, w, b);
}

static int read(gull_bytes *bytes, gull_model **out, gull_error *err) {
    gull_words words;
    header h = {0};
    TRY(gull__words_open(&words, bytes, err));
    int status = read_header(&words, &h);
    if (status == GULL_OK) status = make_model(&words, &h, out);
    if (status < 0) gull__words_free_names(h.names, (size_t)h.classes);
    gull__words_close(&words);
    return status;
}

const gull_reader gull_reader_libsvm = {.name = "libsvm",
                                        .summary = "LIBSVM text models, linear kernel, 2 "
                                                   "classes",
                                        .probe = probe,
                                        .read = read};
