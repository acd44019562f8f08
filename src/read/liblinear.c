/* liblinear.c - LIBLINEAR's text models: classifiers of every solver.  The file's order
 * of classes is kept, except that with one weight row (two classes) the second label
 * comes first: LIBLINEAR answers the first label iff its decision value is > 0, and the
 * lower index wins a tie here.  Fan et al., JMLR 9, 2008; format: linear.cpp, save_model.
 */
#include "model/linear.h"
#include "read/words.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { SUPPORT_VECTORS, LOGISTIC, CRAMMER_SINGER, NO_CLASSIFIER } solver_kind;
typedef struct {
    const char *name;
    solver_kind kind;
} solver;

static const solver solvers[] = {{"L2R_LR", LOGISTIC},
                                 {"L2R_L2LOSS_SVC_DUAL", SUPPORT_VECTORS},
                                 {"L2R_L2LOSS_SVC", SUPPORT_VECTORS},
                                 {"L2R_L1LOSS_SVC_DUAL", SUPPORT_VECTORS},
                                 {"MCSVM_CS", CRAMMER_SINGER},
                                 {"L1R_L2LOSS_SVC", SUPPORT_VECTORS},
                                 {"L1R_LR", LOGISTIC},
                                 {"L2R_LR_DUAL", LOGISTIC},
                                 {"L2R_L2LOSS_SVR", NO_CLASSIFIER},
                                 {"L2R_L2LOSS_SVR_DUAL", NO_CLASSIFIER},
                                 {"L2R_L1LOSS_SVR_DUAL", NO_CLASSIFIER},
                                 {"ONECLASS_SVM", NO_CLASSIFIER}};

typedef struct {
    const solver *solver;
    long classes, features;
    char **names; /* classes strings */
    double bias;
    bool weights; /* the line "w" was read */
} header;

static int probe(const gull_bytes *head) {
    static const char key[] = "solver_type ";
    return head->size >= sizeof key && !memcmp(head->data, key, sizeof key - 1) ? 100 : 0;
}

static int read_solver(gull_words *words, header *h) {
    h->solver = NULL;
    const bool any = gull__words_next(words, true);
    for (size_t i = 0; any && i < sizeof solvers / sizeof *solvers; i++)
        if (!strcmp(words->word, solvers[i].name)) h->solver = solvers + i;
    if (!any || !h->solver)
        return gull__words_fail(words, GULL_EFORMAT, "unknown solver_type '%.40s'",
                                any ? words->word : "");
    if (h->solver->kind == NO_CLASSIFIER)
        return gull__words_fail(
            words, GULL_EUNSUPPORTED,
            "%s is no classifier; train one with liblinear-train -s 0..7",
            h->solver->name);
    return GULL_OK;
}

static int read_labels(gull_words *words, header *h) {
    if (!h->classes || h->names)
        return gull__words_fail(words, GULL_EFORMAT,
                                "'label' must follow 'nr_class', once");
    return gull__words_names(words, (size_t)h->classes, &h->names);
}

static int read_classes(gull_words *words, header *h) {
    const long most = (long)(words->bytes->size / 2); /* a label has at least 2 bytes */
    if (h->names)
        return gull__words_fail(words, GULL_EFORMAT, "'nr_class' after 'label'");
    TRY(gull__words_integer(words, "nr_class", 1, most < 1 ? 1 : most, &h->classes));
    if (h->classes == 1)
        return gull__words_fail(words, GULL_EUNSUPPORTED,
                                "a model of one class cannot be fooled");
    return GULL_OK;
}

static int read_key(gull_words *words, header *h) {
    const char *key = words->word;
    const long most = (long)words->bytes->size;
    if (!strcmp(key, "solver_type")) return read_solver(words, h);
    if (!strcmp(key, "nr_class")) return read_classes(words, h);
    if (!strcmp(key, "label")) return read_labels(words, h);
    if (!strcmp(key, "nr_feature"))
        return gull__words_integer(words, "nr_feature", 1, most, &h->features);
    if (!strcmp(key, "bias")) return gull__words_double(words, "bias", &h->bias);
    if (strcmp(key, "w"))
        return gull__words_fail(words, GULL_EFORMAT, "unknown key '%.40s'", key);
    h->weights = true;
    return GULL_OK;
}

static int read_header(gull_words *words, header *h) {
    while (!h->weights) {
        if (!gull__words_next(words, false))
            return gull__words_fail(words, GULL_EFORMAT,
                                    "the file ends before the weights");
        TRY(read_key(words, h));
    }
    if (!h->solver || !h->names || !h->features)
        return gull__words_fail(words, GULL_EFORMAT, "'%s' is missing before 'w'",
                                !h->solver  ? "solver_type"
                                : !h->names ? "label"
                                            : "nr_feature");
    return GULL_OK;
}

/* Weights come feature by feature, one for each row of the model. */
static int read_weights(gull_words *words, const header *h, size_t first, double *w,
                        double *b) {
    const size_t dim = (size_t)h->features, classes = (size_t)h->classes;
    double value;
    for (size_t i = 0; i < dim; i++)
        for (size_t c = first; c < classes; c++)
            TRY(gull__words_double(words, "a weight", w + c * dim + i));
    for (size_t c = first; h->bias >= 0 && c < classes; c++) {
        TRY(gull__words_double(words, "a weight of the bias", &value));
        b[c] = value * h->bias;
    }
    if (gull__words_next(words, false))
        return gull__words_fail(words, GULL_EFORMAT, "'%.40s' after the last weight",
                                words->word);
    return GULL_OK;
}

static void describe(const header *h, gull_model_facts *facts) {
    const bool two = h->classes == 2;
    const solver_kind kind = h->solver->kind;
    facts->scores = kind == LOGISTIC && two ? "logits" : "margin";
    snprintf(facts->detail, sizeof facts->detail, "%s (%s) · %ld features",
             kind == LOGISTIC
                 ? two ? "logistic regression" : "one-vs-rest logistic regression"
                 : "linear support vector machine",
             h->solver->name, h->features);
}

static int make_model(gull_words *words, header *h, gull_model **out) {
    const bool one_row = h->classes == 2 && h->solver->kind != CRAMMER_SINGER;
    const size_t classes = (size_t)h->classes, dim = (size_t)h->features;
    if (dim > words->bytes->size / (one_row ? 1 : classes))
        return gull__words_fail(words, GULL_EFORMAT,
                                "%zu classes x %zu features are more than the file holds",
                                classes, dim);
    double *w = calloc(classes * dim, sizeof *w), *b = calloc(classes, sizeof *b);
    int status = w && b ? read_weights(words, h, one_row, w, b) : GULL_ENOMEM;
    if (status < 0) {
        free(w);
        free(b);
        return status;
    }
    if (one_row) {
        char *second = h->names[1];
        h->names[1] = h->names[0];
        h->names[0] = second;
    }
    gull_model_facts facts = {
        .classes = (int)classes, .dim = dim, .class_names = h->names};
    describe(h, &facts);
    return gull__linear_new(out, &facts, w, b);
}

static int read(gull_bytes *bytes, gull_model **out, gull_error *err) {
    gull_words words;
    header h = {.bias = -1};
    TRY(gull__words_open(&words, bytes, err));
    int status = read_header(&words, &h);
    if (status == GULL_OK) status = make_model(&words, &h, out);
    if (status < 0) gull__words_free_names(h.names, (size_t)h.classes);
    gull__words_close(&words);
    return status;
}

const gull_reader gull_reader_liblinear = {.name = "liblinear",
                                           .summary = "LIBLINEAR text models",
                                           .probe = probe,
                                           .read = read};
