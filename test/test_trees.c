/* test_trees.c - tree ensembles read from XGBoost: margins bit for bit as XGBoost's own,
 * exact distances as those of two other programs, and the readers' refusals. */
#include "trees_ask.h"

static const char *const models[] = {"bc_small", "bc_100", "digits_10c",
                                     "fashion_sandal_vs_boot",
                                     "fashion_sandal_vs_boot_200x8"};

static gull_model *open_model(const char *dir, const char *name) {
    char path[600];
    gull_model *m = NULL;
    gull_error err = {0, ""};
    snprintf(path, sizeof path, "%s/trees/%s/model.json", dir, name);
    if (gull_model_open(&m, path, &err) < 0) printf("# %s\n", err.text);
    return m;
}

static double *rows_of(const char *dir, const char *name, size_t *numbers) {
    float *f = trees_npy(dir, name, "rows_x.npy", numbers);
    double *x = f ? malloc(*numbers * sizeof *x) : NULL;
    for (size_t i = 0; x && i < *numbers; i++) x[i] = f[i];
    free(f);
    return x;
}

/* Both evaluators against output_margin, bit for bit. */
static void test_margins(const char *dir, const char *name) {
    size_t n, k;
    gull_model *m = open_model(dir, name);
    double *x = rows_of(dir, name, &n);
    float *margin = trees_npy(dir, name, "rows_margin.npy", &k);
    if (!tap_ok(m && x && margin, "%s: opened", name)) return;
    const size_t rows = n / m->facts.dim, classes = (size_t)m->facts.classes;
    double *s = malloc(2 * rows * classes * sizeof *s);
    size_t wrong = 0, differ = 0;
    trees_scores(m, x, rows, false, s);
    trees_scores(m, x, rows, true, s + rows * classes);
    for (size_t i = 0; i < rows * classes; i++) {
        const double want = classes > 2 ? margin[i] : i % 2 ? margin[i / 2] : 0;
        wrong += s[i] != want;
        differ += s[i] != s[rows * classes + i];
    }
    tap_ok(k == rows * (classes > 2 ? classes : 1) && !wrong && !differ,
           "%s: %zu margins bit for bit (%zu differ); both evaluators agree; %s", name, k,
           wrong, m->facts.detail);
    free(s);
    free(margin);
    free(x);
    gull_model_close(&m);
}

static size_t read_exact(const char *dir, const char *name, double *exact, size_t room) {
    char path[600], line[200];
    size_t n = 0, row;
    for (size_t r = 0; r < room; r++) exact[r] = NAN;
    double lower, upper;
    int proved;
    snprintf(path, sizeof path, "%s/trees/exact/%s.csv", dir, name);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "%zu,%lf,%lf,%d", &row, &lower, &upper, &proved) == 4 &&
            proved && row < room) {
            exact[row] = upper;
            n++;
        }
    if (f) fclose(f);
    return n;
}

static void test_exact(const char *dir, const char *name, size_t rows, bool warm) {
    enum { ROWS = 100 };
    double exact[ROWS], cpu = 0, most = 0;
    size_t numbers, good = 0, flips = 0;
    gull_model *m = open_model(dir, name);
    double *x = rows_of(dir, name, &numbers);
    if (!m || !x || read_exact(dir, name, exact, rows) != rows) {
        tap_ok(0, "%s: has model, rows and distances", name);
        return;
    }
    const size_t dim = m->facts.dim;
    const int classes = m->facts.classes;
    double *lo = malloc(dim * sizeof *lo), *hi = malloc(dim * sizeof *hi), s[20];
    for (size_t i = 0; i < dim; i++) {
        lo[i] = -INFINITY;
        hi[i] = INFINITY;
    }
    trees_ask ask[ROWS];
    for (size_t r = 0; r < rows; r++) {
        trees_scores(m, x + r * dim, 1, true, s);
        ask[r] = (trees_ask){.x0 = x + r * dim,
                             .lo = lo,
                             .hi = hi,
                             .goal = {GULL_MISS, trees_argmax(s, classes), 0, 0},
                             .start = warm ? exact[r] * 1.2 + 1e-3 : INFINITY,
                             .witness = calloc(dim, sizeof(double))};
    }
    trees_asks asks = {m, ask, rows, 0, 0};
    trees_answer(&asks);
    for (size_t r = 0; r < rows; r++) {
        good += fabs(ask[r].lower - exact[r]) <= 1e-6 && ask[r].upper == ask[r].lower &&
                !ask[r].contradiction;
        trees_scores(m, ask[r].witness, 1, true, s);
        flips += trees_argmax(s, classes) != ask[r].goal.label;
        cpu += ask[r].seconds;
        most = fmax(most, ask[r].seconds);
        free(ask[r].witness);
    }
    tap_ok(good == rows,
           "%s%s: %zu of %zu rows exact (CPU per row: mean %.3g s, most %.3g s)", name,
           warm ? " from a known upper bound" : "", good, rows, cpu / (double)rows, most);
    tap_ok(flips == rows, "%s: %zu of %zu witnesses flip", name, flips, rows);
    free(lo);
    free(hi);
    free(x);
    gull_model_close(&m);
}

/* When time is up both ends still hold. */
static void test_time(const char *dir) {
    const char *name = "fashion_sandal_vs_boot";
    double exact[100];
    size_t numbers;
    gull_model *m = open_model(dir, name);
    double *x = rows_of(dir, name, &numbers);
    if (!m || !x || read_exact(dir, name, exact, 100) != 100) return;
    const size_t dim = m->facts.dim;
    double *box = malloc(2 * dim * sizeof *box), s[2];
    size_t held = 0, stopped = 0;
    for (size_t i = 0; i < dim; i++) {
        box[i] = -INFINITY;
        box[dim + i] = INFINITY;
    }
    for (size_t r = 0; r < 100; r++) {
        trees_scores(m, x + r * dim, 1, true, s);
        trees_ask ask = {.x0 = x + r * dim,
                         .lo = box,
                         .hi = box + dim,
                         .goal = {GULL_MISS, trees_argmax(s, 2), 0, 0},
                         .start = INFINITY,
                         .witness = calloc(dim, sizeof(double))};
        trees_asks asks = {m, &ask, 1, 0, 1e-4};
        trees_answer(&asks);
        stopped += ask.status == GULL_ETIME;
        held += ask.lower <= exact[r] + 1e-6 && ask.upper >= exact[r] - 1e-6;
        free(ask.witness);
    }
    tap_ok(held == 100 && stopped > 0,
           "0.1 ms a row: %zu stopped, %zu of 100 intervals hold", stopped, held);
    free(box);
    free(x);
    gull_model_close(&m);
}

int main(void) {
    const char *dir = tap_data();
    if (!dir) {
        tap_skip("real models", "no test data");
        return tap_done();
    }
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        test_margins(dir, models[i]);
    for (size_t i = 0; i < 4; i++) {
        test_exact(dir, models[i], 100, false);
        test_exact(dir, models[i], 100, true);
    }
    test_exact(dir, models[4], 17, false);
    test_time(dir);
    return tap_done();
}
