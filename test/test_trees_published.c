/* test_trees_published.c - forests and boosted trees of other people (robust training,
 * 256 leaves a tree; random forests): exact distances as another program proved them. */
#include "trees_ask.h"

enum { ROWS = 110 };

static FILE *open_file(const char *dir, const char *folder, const char *name,
                       const char *rest) {
    char path[600];
    snprintf(path, sizeof path, "%s/trees/%s/%s%s", dir, folder, name, rest);
    return fopen(path, "r");
}

/* "trees features 1", then for each tree "class nodes" and its nodes, parents first. */
static gull_model *read_model(FILE *f) {
    int trees, dim, classes, class, count;
    if (!f || fscanf(f, "%d %d %d", &trees, &dim, &classes) != 3 || classes != 1)
        return NULL;
    gull_tree *tree = calloc((size_t)trees, sizeof *tree);
    gull_tree_node *node = malloc((size_t)trees * 1024 * sizeof *node), *at = node;
    float *base = calloc(1, sizeof *base);
    for (int t = 0; t < trees; t++) {
        if (fscanf(f, "%d %d", &class, &count) != 2 || count > 1024) return NULL;
        tree[t] = (gull_tree){at, count, 0};
        for (int n = 0; n < count; n++, at++) {
            double threshold, value;
            *at = (gull_tree_node){0};
            if (fscanf(f, "%d %d %d %la %la", &at->feature, &at->left, &at->right,
                       &threshold, &value) != 5)
                return NULL;
            if (at->left < 0) at->feature = -1;
            at->threshold = (float)threshold;
            at->value = (float)value;
        }
    }
    gull_trees t = {(size_t)dim, (size_t)trees, tree, 1, base, NULL};
    gull_model_facts facts = {
        .classes = 2, .dim = (size_t)dim, .f32 = true, .scores = "margin"};
    gull_model *m = NULL;
    gull_trees_model(&m, &t, &facts);
    return m;
}

static size_t read_exact(FILE *f, double *exact) {
    char line[200];
    double lower;
    size_t n = 0, row;
    int proved;
    while (f && n < ROWS && fgets(line, sizeof line, f))
        if (sscanf(line, "%zu,%lf,%lf,%d", &row, &lower, &exact[n], &proved) == 4 &&
            proved && row == n)
            n++;
    return n;
}

static void test_model(const char *dir, const char *name) {
    FILE *files[3] = {open_file(dir, "normalized", name, "/model.txt"),
                      open_file(dir, "normalized", name, "/rows.txt"),
                      open_file(dir, "exact", name, ".csv")};
    gull_model *m = read_model(files[0]);
    double exact[ROWS], s[2], cpu = 0;
    const size_t rows = read_exact(files[2], exact);
    if (!tap_ok(m && files[1] && rows >= 50, "%s: model and %zu distances", name, rows))
        return;
    const size_t dim = m->facts.dim;
    double *box = malloc((2 + ROWS) * dim * sizeof *box), *x = box + 2 * dim;
    double *witness = malloc(dim * sizeof *witness);
    trees_ask ask[ROWS];
    size_t good = 0, flips = 0;
    for (size_t i = 0; i < dim; i++) {
        box[i] = -INFINITY;
        box[dim + i] = INFINITY;
    }
    for (size_t r = 0; r < rows; r++) {
        int label = -1;
        bool read = fscanf(files[1], "%d", &label) == 1;
        for (size_t i = 0; i < dim; i++) {
            read = read && fscanf(files[1], "%lf", &x[r * dim + i]) == 1;
            x[r * dim + i] = (double)(float)x[r * dim + i];
        }
        trees_scores(m, x + r * dim, 1, true, s);
        if (!read || trees_argmax(s, 2) != label)
            printf("# row %zu is not read right\n", r);
        ask[r] = (trees_ask){.x0 = x + r * dim,
                             .lo = box,
                             .hi = box + dim,
                             .goal = {GULL_MISS, label, 0, 0},
                             .start = INFINITY,
                             .witness = witness};
        trees_asks asks = {m, ask + r, 1, 0, 0};
        trees_answer(&asks);
        good += ask[r].lower == ask[r].upper && fabs(ask[r].lower - exact[r]) <= 1e-6;
        trees_scores(m, witness, 1, true, s);
        flips += trees_argmax(s, 2) != label;
        cpu += ask[r].seconds;
    }
    tap_ok(good == rows && flips == rows,
           "%s: %zu of %zu rows exact, %zu witnesses flip (CPU per row: mean %.3g s)",
           name, good, rows, flips, cpu / (double)rows);
    free(witness);
    free(box);
    for (int i = 0; i < 3; i++) fclose(files[i]);
    gull_model_close(&m);
}

int main(void) {
    static const char *const names[] = {"rf_bc", "rf_webspam", "tv_bc", "tv_higgs"};
    const char *dir = tap_data();
    for (size_t i = 0; dir && i < 4; i++) test_model(dir, names[i]);
    if (!dir) tap_skip("published models", "no test data");
    return tap_done();
}
