/* test_linear.c - the linear family, and LIBLINEAR's and LIBSVM's model files: against a
 * plain predictor, against the programs themselves where they are installed, and damaged
 * in every way that is cheap to try. */
#include "core/model.h"
#include "core/random.h"
#include "core/registry.h"
#include "graph/graph.h"
#include "model/linear.h"
#include "tap.h"
#include <unistd.h>

static gull_stream random_numbers;
static double uniform(void) { return gull__stream_uniform(&random_numbers); }
static double normal(void) { return gull__stream_normal(&random_numbers); }

static int open_text(const char *reader, const char *text, size_t size,
                     gull_model **model, gull_error *err) {
    gull_bytes bytes = {.data = (const uint8_t *)text, .size = size, .path = "model"};
    *model = NULL;
    for (size_t i = 0; gull_readers[i]; i++)
        if (!strcmp(gull_readers[i]->name, reader))
            return gull_readers[i]->read(&bytes, model, err);
    return GULL_EUNSUPPORTED;
}

static int winner(const double *scores, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++)
        if (scores[c] > scores[best]) best = c;
    return best;
}

static const char *answer(const gull_model *m, const double *x, double *scores) {
    gull_model_family(m)->scores(gull_model_state(m), NULL, x, 1, scores);
    return m->facts.class_names[winner(scores, m->facts.classes)];
}

static const char two_rows[] =
    "solver_type L2R_LR\nnr_class 2\nlabel 7 -3\nnr_feature 2\n"
    "bias 2\nw\n1.5 \n-0.5 \n0.25 \n";
static const char three[] =
    "solver_type MCSVM_CS\nnr_class 3\nlabel 5 6 9\nnr_feature 2\n"
    "bias -1\nw\n1 2 3 \n4 5 6.5 \n";
static const char vectors[] =
    "svm_type c_svc\nkernel_type linear\nnr_class 2\ntotal_sv 2\n"
    "rho -0.25\nlabel 1 0\nprobA -1\nprobB 0.5\nnr_sv 1 1\nSV\n"
    "2 1:0.5 3:1 \n-2 2:4 3:0.5 \n";

static void test_liblinear(void) {
    gull_model *m;
    gull_error err = {0};
    double s[3];
    const double x[] = {2, 4}, edge[] = {0, 1}, y[] = {1, 1};
    tap_ok(open_text("liblinear", two_rows, strlen(two_rows), &m, &err) == GULL_OK,
           "liblinear: two classes, one row %s", err.text);
    tap_ok(m->facts.classes == 2 && m->facts.dim == 2 &&
               !strcmp(m->facts.class_names[1], "7"),
           "liblinear: the first label is class 1");
    tap_ok(!strcmp(answer(m, x, s), "7") && s[0] == 0 &&
               s[1] == 1.5 * 2 - 0.5 * 4 + 0.25 * 2,
           "liblinear: decision value with bias");
    tap_ok(!strcmp(answer(m, edge, s), "-3") && s[1] == 0,
           "liblinear: 0 is the second label");
    gull_model_close(&m);
    tap_ok(open_text("liblinear", three, strlen(three), &m, &err) == GULL_OK &&
               !strcmp(answer(m, y, s), "9") && s[0] == 5 && s[1] == 7 && s[2] == 9.5,
           "liblinear: three classes");
    gull_model_close(&m);
    tap_ok(open_text("libsvm", vectors, strlen(vectors), &m, &err) == GULL_OK &&
               m->facts.dim == 3,
           "libsvm: opens %s", err.text);
    const double z[] = {1, 1, 1};
    tap_ok(!strcmp(answer(m, z, s), "0") && s[1] == 1 - 8 + 1 + 0.25,
           "libsvm: collapsed");
    gull_model_close(&m);
}

static void test_refused(const char *reader, const char *text, int status,
                         const char *says) {
    gull_model *m;
    gull_error err = {0};
    const int got = open_text(reader, text, strlen(text), &m, &err);
    tap_ok(got == status && strstr(err.text, says) &&
               !strncmp(err.text, "model: line ", 12),
           "%s: %s", reader, err.text);
    gull_model_close(&m);
}

static void test_errors(void) {
    const struct {
        const char *reader;
        int status;
        const char *says, *text;
    } cases[] = {
        {"liblinear", GULL_EUNSUPPORTED, "no classifier", "solver_type L2R_L2LOSS_SVR\n"},
        {"liblinear", GULL_EFORMAT, "unknown solver_type", "solver_type FOO\n"},
        {"liblinear", GULL_EFORMAT, "ends before", "solver_type L2R_LR\nnr_class 2\n"},
        {"liblinear", GULL_EUNSUPPORTED, "one class", "solver_type L2R_LR\nnr_class 1\n"},
        {"liblinear", GULL_EFORMAT, "more than the file",
         "solver_type MCSVM_CS\nnr_class 5\nlabel 1 2 3 4 5\nnr_feature 70\nbias "
         "-1\nw\n1\n"},
        {"liblinear", GULL_EFORMAT, "nr_feature is 1e15",
         "solver_type L2R_LR\nnr_class 2\nlabel 1 2\nnr_feature 1e15\nbias -1\nw\n1\n"},
        {"liblinear", GULL_EFORMAT, "'nan'",
         "solver_type L2R_LR\nnr_class 2\nlabel 1 2\nnr_feature 1\nbias -1\nw\nnan\n"},
        {"liblinear", GULL_EFORMAT, "after the last weight",
         "solver_type L2R_LR\nnr_class 2\nlabel 1 2\nnr_feature 1\nbias -1\nw\n1\n2\n"},
        {"liblinear", GULL_EFORMAT, "'label' is missing",
         "solver_type L2R_LR\nnr_class 2\nnr_feature 1\nbias -1\nw\n1\n"},
        {"libsvm", GULL_EUNSUPPORTED, "only linear kernels",
         "svm_type c_svc\nkernel_type rbf\n"},
        {"libsvm", GULL_EUNSUPPORTED, "pairs of classes",
         "svm_type c_svc\nkernel_type linear\nnr_class 3\n"},
        {"libsvm", GULL_EUNSUPPORTED, "no classifier", "svm_type one_class\n"},
        {"libsvm", GULL_EFORMAT, "indices ascend",
         "svm_type c_svc\nkernel_type linear\nnr_class 2\ntotal_sv 1\nrho 0\nlabel 1 "
         "2\nSV\n"
         "1 2:1 2:1\n"},
        {"libsvm", GULL_EFORMAT, "indices ascend",
         "svm_type c_svc\nkernel_type linear\nnr_class 2\ntotal_sv 1\nrho 0\nlabel 1 "
         "2\nSV\n"
         "1 99999999999:1\n"},
        {"libsvm", GULL_EFORMAT, "overflows",
         "svm_type c_svc\nkernel_type linear\nnr_class 2\ntotal_sv 1\nrho 0\nlabel 1 "
         "2\nSV\n"
         "1e300 1:1e300\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        test_refused(cases[i].reader, cases[i].text, cases[i].status, cases[i].says);
}

/* Every prefix, and random bytes replaced: an answer, never a crash. */
static void test_damage(const char *reader, const char *text) {
    char *copy = malloc(strlen(text) + 1);
    const size_t size = strlen(text);
    int opened = 0, silent = 0;
    for (int k = 0; k < 4000; k++) {
        gull_model *m;
        gull_error err = {0};
        memcpy(copy, text, size + 1);
        const bool cut = (size_t)k < size;
        for (int j = cut ? 0 : 1 + k % 4; j > 0; j--)
            copy[(size_t)(uniform() * (double)size)] =
                "0123456789.-:e \nwSVx\xff"[k * j % 21];
        const int status = open_text(reader, copy, cut ? (size_t)k : size, &m, &err);
        opened += status == GULL_OK;
        silent += status < 0 && !err.text[0];
        gull_model_close(&m);
    }
    tap_ok(!silent && opened > 0 && opened < 4000,
           "%s: damaged files, %d of 4000 still models", reader, opened);
    free(copy);
}

/* ---- Against the programs ---- */

enum { ROWS = 300, FEATURES = 12 };

static void write_data(const char *path, const double *x, int classes) {
    FILE *f = fopen(path, "w");
    for (int r = 0; f && r < ROWS; r++) {
        int label = 0;
        for (int c = 1; c < classes; c++)
            if (x[r * FEATURES + c] + normal() > x[r * FEATURES + label]) label = c;
        fprintf(f, "%d", 10 * label - 5);
        for (int i = 0; i < FEATURES; i++)
            if (x[r * FEATURES + i] != 0)
                fprintf(f, " %d:%.17g", i + 1, x[r * FEATURES + i]);
        fputc('\n', f);
    }
    if (f) fclose(f);
}

static int disagreements(const char *model, const char *predicted, const double *x) {
    gull_model *m;
    gull_error err = {0};
    char label[32];
    double scores[8];
    FILE *f = fopen(predicted, "r");
    int wrong = -1;
    if (f && gull_model_open(&m, model, &err) == GULL_OK) {
        wrong = 0;
        for (int r = 0; r < ROWS && fscanf(f, "%31s", label) == 1; r++)
            wrong += strcmp(label, answer(m, x + r * FEATURES, scores)) != 0;
        gull_model_close(&m);
    } else
        printf("# %s\n", err.text);
    if (f) fclose(f);
    return wrong;
}

static void run_program(const char *program, const char *options, int classes) {
    char dir[] = "/tmp/gull-test-XXXXXX", command[600], model[64], out[64], data[64];
    double x[ROWS * FEATURES];
    if (!mkdtemp(dir)) return;
    snprintf(data, sizeof data, "%s/data", dir);
    snprintf(model, sizeof model, "%s/model", dir);
    snprintf(out, sizeof out, "%s/out", dir);
    for (size_t i = 0; i < ROWS * FEATURES; i++) x[i] = uniform() < 0.3 ? 0 : normal();
    write_data(data, x, classes);
    snprintf(command, sizeof command,
             "%s-train -q %s %s %s && %s-predict %s %s %s >/dev/null 2>&1", program,
             options, data, model, program, data, model, out);
    if (system(command) == 0)
        tap_ok(disagreements(model, out, x) == 0, "%s-train %s, %d classes: same labels",
               program, options, classes);
    else
        tap_ok(0, "%s", command);
    unlink(data);
    unlink(model);
    unlink(out);
    rmdir(dir);
}

static void test_programs(void) {
    if (system("command -v liblinear-train >/dev/null 2>&1")) {
        tap_skip("liblinear-train and -predict", "liblinear-tools is not installed");
    } else
        for (int s = 0; s < 8; s++) {
            char options[32];
            snprintf(options, sizeof options, "-s %d -B %d", s, s % 2 ? 1 : -1);
            run_program("liblinear", options, 2);
            run_program("liblinear", options, 4);
        }
    if (system("command -v svm-train >/dev/null 2>&1"))
        tap_skip("svm-train and -predict", "libsvm-tools is not installed");
    else {
        run_program("svm", "-t 0", 2);
        run_program("svm", "-t 0 -s 1 -b 1", 2);
    }
}

/* ---- The family ---- */

static double second_score(const void *arg, const double *scores, int classes,
                           double *w) {
    (void)arg;
    for (int c = 0; c < classes; c++) w[c] = c == 1;
    return scores[1];
}

static gull_model *random_model(bool f32, int classes, size_t dim) {
    const gull_model_facts facts = {.classes = classes, .dim = dim, .f32 = f32};
    double *w = malloc((size_t)classes * dim * sizeof *w),
           *b = malloc((size_t)classes * sizeof *b);
    for (size_t i = 0; i < (size_t)classes * dim; i++) w[i] = (float)normal();
    for (int c = 0; c < classes; c++) b[c] = (float)normal();
    gull_model *m = NULL;
    gull__linear_new(&m, &facts, w, b);
    return m;
}

static void test_family(bool f32) {
    enum { N = 1003 };
    gull_model *m = random_model(f32, 3, N);
    const gull_family *family = gull_model_family(m);
    const gull_linear *l = family->structure(gull_model_state(m), GULL_CAN_LINEAR);
    static double x[2 * N], scores[6], fine[3], g[2 * N], value[2];
    double worst = 0, limit = 0;
    for (size_t i = 0; i < 2 * N; i++) x[i] = (float)normal();
    const gull_loss loss[2] = {{second_score, NULL}, {second_score, NULL}};
    family->gradient(gull_model_state(m), NULL, x, 2, loss, scores, value, g);
    family->reference(gull_model_state(m), NULL, x + N, fine);
    for (int c = 0; c < 3; c++) {
        long double sum = l->b[c], size = 1;
        for (size_t i = 0; i < N; i++) {
            sum += (long double)l->w[(size_t)c * N + i] * x[N + i];
            size += fabsl((long double)l->w[(size_t)c * N + i] * x[N + i]);
        }
        worst = fmax(worst, fabs((double)(sum - fine[c])));
        limit = fmax(limit, fabs(scores[3 + c] - fine[c]) / (double)size);
    }
    volatile long double one = 1, tiny = 0x1p-60L; /* valgrind's long double is a double */
    if (one + tiny == one)
        tap_skip("reference: within rounding of long double", "no long double here");
    else
        tap_ok(worst < 1e-14, "reference: within rounding of long double (%g)", worst);
    tap_ok(limit < N * (f32 ? 0x1p-24 : 0x1p-53) && limit > 0, "scores: rounding of %s",
           f32 ? "float32" : "double");
    tap_ok(value[1] == scores[4] && !memcmp(g + N, l->w + N, N * sizeof *g),
           "gradient of a score is its row of weights");
    gull_model_close(&m);
}

static void test_exact_dot(void) {
    const double w[] = {0x1p300, 1, -0x1p300}, x[] = {0x1p50, 3, 0x1p50};
    tap_ok(gull__dot_exactly(w, x, 3, 0.5) == 3.5,
           "the compensated sum survives cancellation");
}

/* ---- One dense layer in an ONNX graph ---- */

int gull__onnx_affine(const gull_graph *, const gull_model_facts *, gull_model **out,
                      gull_error *);

static double *copy_of(const double *v, size_t n) {
    double *copy = malloc(n * sizeof *copy);
    if (copy) memcpy(copy, v, n * sizeof *copy);
    return copy;
}

/* Flatten, times 1/4, MatMul, Add and perhaps a Relu. */
static gull_graph *small_graph(bool relu, gull_error *err) {
    const double scale = 0.25, w[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const double bias[3] = {0.5, 0, -3};
    gull_graph *g = gull__graph_new(13);
    const gull_attributes none = {NULL, 0};
    int t = gull__graph_input(g, "x", 2, (int64_t[]){2, 2});
    const int by = gull__graph_constant(g, "by", 1, (int64_t[]){1}, copy_of(&scale, 1));
    const int m = gull__graph_constant(g, "w", 2, (int64_t[]){4, 3}, copy_of(w, 12));
    const int b = gull__graph_constant(g, "b", 1, (int64_t[]){3}, copy_of(bias, 3));
    t = gull__graph_node(g, "Flatten", "f", 0, &t, 1, &none, err);
    t = gull__graph_node(g, "Mul", "s", 1, (int[]){t, by}, 2, &none, err);
    t = gull__graph_node(g, "MatMul", "d", 2, (int[]){t, m}, 2, &none, err);
    t = gull__graph_node(g, "Add", "a", 3, (int[]){t, b}, 2, &none, err);
    if (relu) t = gull__graph_node(g, "Relu", "r", 4, &t, 1, &none, err);
    gull__graph_finish(g, t, err);
    return g;
}

static void test_graph(void) {
    const gull_model_facts facts = {.classes = 3, .dim = 4, .f32 = true};
    const double x[4] = {4, 0, 0, 8};
    double s[3];
    gull_error err = {0};
    gull_model *m;
    gull_graph *g = small_graph(false, &err);
    tap_ok(gull__onnx_affine(g, &facts, &m, &err) == GULL_OK && m,
           "onnx: a dense layer %s", err.text);
    if (m) gull_model_family(m)->scores(gull_model_state(m), NULL, x, 1, s);
    tap_ok(m && s[0] == 21.5 && s[1] == 24 && s[2] == 24, "onnx: its scores");
    gull_model_close(&m);
    gull_graph_free(g);
    g = small_graph(true, &err);
    tap_ok(gull__onnx_affine(g, &facts, &m, &err) == GULL_OK && !m,
           "onnx: a network with a Relu stays a network");
    gull_graph_free(g);
}

int main(void) {
    random_numbers = gull__stream(1, 0, "linear");
    test_liblinear();
    test_errors();
    test_damage("liblinear", two_rows);
    test_damage("liblinear", three);
    test_damage("libsvm", vectors);
    test_programs();
    test_family(false);
    test_family(true);
    test_exact_dot();
    test_graph();
    return tap_done();
}
