/* test_trees_exhaustive.c - exact distances of random small ensembles against a look at
 * every cell: boxes, weights, frozen and missing features, ties, sums that cancel, trees
 * of more than 64 leaves, two and more classes, both goals. */
#include "trees_ask.h"

enum { DIM = 4, CLASSES = 4, TREES = 8, NODES = 1023, POINTS = 1200 };

static uint64_t state = 1;
static uint64_t draw(void) { /* splitmix64 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
static int below(int n) { return (int)(draw() % (uint64_t)n); }
static double uniform(void) { return (double)(draw() >> 11) * 0x1p-53; }

typedef struct kind {                     /* of ensembles */
    int dim, outputs, trees, depth, grid; /* grid: distinct thresholds; 0: any */
} kind;

static float leaf(int style) {
    switch (style) {
    case 0:
        return (float)(below(5) - 2) * 0.5f; /* many ties */
    case 1:
        return (float)(uniform() - 0.5);
    case 2:
        return (float)((below(3) - 1) * 1e6 + (uniform() - 0.5) * 0.1); /* cancels */
    default:
        return (float)(below(3) - 1) * 0.1f; /* ties but for rounding */
    }
}

static int32_t grow(gull_tree_node *node, const kind *k, int style) {
    int depth[NODES];
    int32_t n = 1;
    depth[0] = 0;
    for (int32_t i = 0; i < n; i++) {
        node[i] = (gull_tree_node){.feature = -1};
        if (depth[i] < k->depth && n + 2 <= NODES && below(8)) {
            node[i].feature = below(k->dim);
            node[i].threshold =
                k->grid ? (float)(below(k->grid) + 1) / (float)k->grid : (float)uniform();
            node[i].default_left = (uint8_t)below(2);
            node[i].left = n;
            node[i].right = n + 1;
            depth[n] = depth[n + 1] = depth[i] + 1;
            n += 2;
        } else {
            node[i].value = leaf(style);
        }
    }
    return n;
}

static gull_model *make(const kind *k) {
    gull_tree *tree = calloc((size_t)k->trees, sizeof *tree);
    gull_tree_node *node = malloc((size_t)k->trees * NODES * sizeof *node);
    float *base = calloc((size_t)k->outputs, sizeof *base);
    const int style = below(4);
    gull_model *m = NULL;
    for (int o = 0; o < k->outputs; o++) base[o] = below(2) ? leaf(style) : 0;
    gull_tree_node *at = node;
    for (int i = 0; i < k->trees; i++) {
        tree[i] = (gull_tree){at, grow(at, k, style), i % k->outputs};
        at += tree[i].count;
    }
    gull_trees t = {(size_t)k->dim, (size_t)k->trees, tree, k->outputs, base, NULL};
    gull_model_facts facts = {.classes = k->outputs == 1 ? 2 : k->outputs,
                              .dim = (size_t)k->dim,
                              .f32 = true,
                              .scores = "margin"};
    gull_trees_model(&m, &t, &facts);
    return m;
}

static int label_of(const gull_trees *t, const double *x) {
    float margin[CLASSES + 1] = {0}, *m = margin + (t->outputs == 1);
    for (int o = 0; o < t->outputs; o++) m[o] = t->base[o];
    for (size_t i = 0; i < t->count; i++) {
        const gull_tree_node *n = t->tree[i].nodes;
        while (n->feature >= 0) {
            const float v = (float)x[n->feature];
            n = t->tree[i].nodes +
                ((isnan(v) ? n->default_left : v < n->threshold) ? n->left : n->right);
        }
        m[t->tree[i].output] += n->value;
    }
    int best = 0;
    const int classes = t->outputs == 1 ? 2 : t->outputs;
    for (int c = 1; c < classes; c++)
        if (margin[c] > margin[best]) best = c;
    return best;
}

/* The points of a feature worth trying: x0, each threshold, and just below it. */
static int points_of(const gull_trees *t, const trees_ask *a, int f, double *points) {
    int n = 0;
    points[n++] = a->x0[f];
    if (isnan(a->x0[f])) return n;
    for (size_t i = 0; i < t->count; i++)
        for (int32_t k = 0; k < t->tree[i].count; k++) {
            const gull_tree_node *node = &t->tree[i].nodes[k];
            if (node->feature != f) continue;
            const double both[2] = {node->threshold,
                                    nextafterf(node->threshold, -INFINITY)};
            for (int s = 0; s < 2; s++)
                if (both[s] >= a->lo[f] && both[s] <= a->hi[f] && n < POINTS)
                    points[n++] = both[s];
        }
    int kept = 1;
    for (int i = 1; i < n; i++) {
        bool seen = false;
        for (int j = 0; j < kept; j++) seen |= points[j] == points[i];
        if (!seen) points[kept++] = points[i];
    }
    return kept;
}

static double norm_of(const trees_ask *a, const double *x, int dim) {
    double max = 0, sum = 0, squares = 0, count = 0;
    for (int f = 0; f < dim; f++) {
        const double w = a->weight ? a->weight[f] : 1, d = w * fabs(x[f] - a->x0[f]);
        if (isnan(d) || d == 0) continue;
        max = fmax(max, d);
        sum += d;
        squares += d * d;
        count += w;
    }
    return a->cost == &gull_cost_l0   ? count
           : a->cost == &gull_cost_l1 ? sum
           : a->cost == &gull_cost_l2 ? sqrt(squares)
                                      : max;
}

static double look_everywhere(const gull_trees *t, const trees_ask *a) {
    static double points[DIM][POINTS];
    int count[DIM], at[DIM] = {0};
    double least = INFINITY, x[DIM];
    const int dim = (int)t->dim;
    for (int f = 0; f < dim; f++) count[f] = points_of(t, a, f, points[f]);
    for (;;) {
        for (int f = 0; f < dim; f++) x[f] = points[f][at[f]];
        const double cost = norm_of(a, x, dim);
        if (cost < least) {
            const int label = label_of(t, x);
            if (a->goal.kind == GULL_MISS ? label != a->goal.label
                                          : label == a->goal.target)
                least = cost;
        }
        int f = 0;
        while (f < dim && ++at[f] == count[f]) at[f++] = 0;
        if (f == dim) return least;
    }
}

typedef struct tally {
    int asked, wrong, unreachable, warm, contradicted, early;
} tally;

/* Sums may round, maxima may not. */
static bool same(const trees_ask *a, double got, double want) {
    return got == want ||
           (a->cost != &gull_cost_linf && fabs(got - want) <= 1e-12 * want);
}

static void try_row(const gull_model *m, const gull_trees *t, const kind *k, tally *y) {
    const gull_cost *const norms[] = {&gull_cost_l0, &gull_cost_l1, &gull_cost_l2};
    double x0[DIM], lo[DIM], hi[DIM], weight[DIM], witness[DIM];
    for (int f = 0; f < k->dim; f++) {
        x0[f] = k->grid && below(2) ? (float)below(k->grid + 2) / (float)k->grid
                                    : (float)(uniform() * 1.2 - 0.1);
        lo[f] = below(3) ? -INFINITY : (float)(x0[f] - (float)uniform() * 0.5f);
        hi[f] = below(3) ? INFINITY : (float)(x0[f] + (float)uniform() * 0.5f);
        if (!below(8)) lo[f] = hi[f] = x0[f];
        if (!below(8)) x0[f] = NAN;
        weight[f] = exp(4 * uniform() - 2);
    }
    trees_ask ask = {.x0 = x0,
                     .lo = lo,
                     .hi = hi,
                     .weight = below(2) ? weight : NULL,
                     .goal = {GULL_MISS, label_of(t, x0), 0, 0},
                     .cost = below(2) ? &gull_cost_linf : norms[below(3)],
                     .start = INFINITY,
                     .witness = witness};
    if (!below(3)) {
        ask.goal.kind = GULL_TARGET;
        ask.goal.target = below(m->facts.classes);
    }
    if (!below(4)) ask.nodes = 1 + below(12);
    const double want = look_everywhere(t, &ask);
    if (!below(3) && isfinite(want)) {
        ask.start = want * (below(2) ? 1 : 1 + uniform());
        y->warm++;
    }
    trees_asks asks = {m, &ask, 1, 0, 0};
    trees_answer(&asks);
    y->asked++;
    y->unreachable += isinf(want);
    y->contradicted += ask.contradiction;
    const bool early = ask.status == GULL_EBUDGET && ask.nodes > 0;
    y->early += early;
    const bool good =
        early ? ask.lower <= want * (1 + 1e-12) && ask.upper >= want * (1 - 1e-12)
              : same(&ask, ask.lower, want) && same(&ask, ask.upper, want) &&
                    ask.status >= 0;
    if (!good) {
        if (!y->wrong++)
            printf("# want %s %.17g, got %.17g..%.17g, status %d\n", ask.cost->name, want,
                   ask.lower, ask.upper, ask.status);
    }
}

static void test_kind(const char *name, const kind *k, int models, int rows) {
    tally y = {0};
    for (int i = 0; i < models; i++) {
        gull_model *m = make(k);
        const gull_trees *t = m ? m->family->structure(m->state, GULL_CAN_TREES) : NULL;
        if (!t) {
            tap_ok(0, "%s: a model", name);
            return;
        }
        for (int r = 0; r < rows; r++) try_row(m, t, k, &y);
        gull_model_close(&m);
    }
    tap_ok(!y.wrong && !y.contradicted && y.unreachable < y.asked,
           "%s: %d problems, %d wrong, %d contradictions (%d unreachable, %d started "
           "warm, %d "
           "ended early)",
           name, y.asked, y.wrong, y.contradicted, y.unreachable, y.warm, y.early);
}

int main(void) {
    test_kind("one feature", &(kind){1, 1, 3, 3, 0}, 3000, 5);
    test_kind("two features, two classes", &(kind){2, 1, 5, 3, 8}, 4000, 5);
    test_kind("three features, two classes", &(kind){3, 1, 6, 3, 5}, 2000, 4);
    test_kind("four features, two classes", &(kind){4, 1, 5, 2, 4}, 1200, 4);
    test_kind("two features, three classes", &(kind){2, 3, 6, 3, 8}, 4000, 5);
    test_kind("three features, four classes", &(kind){3, 4, 8, 2, 4}, 2000, 4);
    test_kind("trees of up to 128 leaves", &(kind){2, 1, 3, 8, 0}, 100, 4);
    test_kind("trees of up to 256 leaves, three classes", &(kind){2, 3, 3, 9, 40}, 100,
              4);
    return tap_done();
}
