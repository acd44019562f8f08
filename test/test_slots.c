/* test_slots.c - shared buffers: tensors that are needed at the same time never share one,
 * a long chain needs few, and the evaluator's answers are, bit by bit, those of passes in
 * which every tensor has its own buffer. */
#include "graph/slots.h"
#include "networks.h"

/* The first and last node that needs tensor t, found by looking at every node. */
static void needed(const gull_graph *g, int t, int *first, int *last) {
    *first = g->tensor[t].producer;
    *last = t == g->output ? (int)g->node_count : *first;
    for (int i = 0; i < (int)g->node_count; i++)
        for (int k = 0; k < g->node[i].in_count; k++)
            if (g->node[i].in[k] == t && i > *last) *last = i;
}

static bool is_computed(const gull_graph *g, size_t t) {
    return (int)t == g->input || g->tensor[t].producer >= 0;
}

static void check_plan(const char *name, const gull_graph *g) {
    gull_slots s;
    size_t clashes = 0, small = 0, all = 0, held = 0;
    if (!tap_ok(gull__slots_new(g, &s) == GULL_OK, "%s: planned", name)) return;
    for (size_t t = 0; t < g->tensor_count; t++) {
        int first, last, other_first, other_last;
        if (!is_computed(g, t)) continue;
        needed(g, (int)t, &first, &last);
        all += g->tensor[t].size;
        small += s.size[s.of[t]] < g->tensor[t].size;
        for (size_t u = 0; u < t; u++) {
            if (!is_computed(g, u) || s.of[u] != s.of[t]) continue;
            needed(g, (int)u, &other_first, &other_last);
            clashes += first <= other_last && other_first <= last;
        }
    }
    for (size_t k = 0; k < s.count; k++) held += s.size[k];
    tap_ok(!clashes && !small && held < all, "%s: %zu buffers hold %zu numbers a row instead of %zu, %zu clashes",
           name, s.count, held, all, clashes);
    gull__slots_free(&s);
}

/* Both passes with a buffer for each tensor; the gradient of the sum of scores times 1, 2 ... */
static void plain_passes(const gull_graph *g, const double *x, double *scores, double *gradient) {
    values v = values_new(g), d = values_new(g);
    const size_t classes = g->tensor[g->output].size;
    const gull_pass64 pass = {g, 1, v.at, d.at, false, NULL};
    evaluate(&v, x);
    for (size_t k = 0; k < classes; k++) d.at[g->output][k] = (double)(k + 1);
    for (size_t i = g->node_count; i-- > 0;) g->node[i].op64->gradient(&g->node[i], &pass);
    memcpy(scores, v.at[g->output], classes * sizeof *scores);
    memcpy(gradient, d.at[g->input], g->tensor[g->input].size * sizeof *gradient);
    values_free(&v);
    values_free(&d);
}

static double counted(const void *arg, const double *scores, int classes, double *w) {
    double sum = 0;
    (void)arg;
    for (int k = 0; k < classes; k++) sum += scores[k] * (w[k] = k + 1);
    return sum;
}

static void check_answers(const char *name, const gull_graph *g) {
    const size_t dim = g->tensor[g->input].size, classes = g->tensor[g->output].size;
    double *x = normals(dim, 1), *want = calloc(classes, 8), *slope = calloc(dim, 8);
    double *got = calloc(classes, 8), *here = calloc(dim, 8), value;
    const gull_loss loss = {counted, NULL};
    gull_evaluator *e;
    bool same = gull_evaluator_new(&e, g, 1, "f64", NULL) == GULL_OK;
    for (int round = 0; same && round < 3; round++) {
        for (size_t i = 0; i < dim; i++) x[i] = normal();
        plain_passes(g, x, want, slope);
        same &= !gull_evaluator_forward(e, x, 1, got) && !memcmp(got, want, classes * 8);
        same &= !gull_evaluator_gradient(e, x, 1, &loss, got, &value, here);
        same &= !memcmp(got, want, classes * 8) && !memcmp(here, slope, dim * 8);
    }
    tap_ok(same, "%s: scores and gradients to the bit", name);
    gull_evaluator_free(e);
    free(x), free(want), free(slope), free(got), free(here);
}

static void check(const char *name, gull_graph *g) {
    check_plan(name, g);
    check_answers(name, g);
    gull_graph_free(g);
}

static void chain_needs_two(void) {
    build b = begin(1, (int64_t[]){8});
    for (int i = 0; i < 50; i++) unary(&b, i % 2 ? "Relu" : "Tanh");
    gull_graph *g = end(&b);
    gull_slots s;
    const int status = gull__slots_new(g, &s);
    tap_ok(status == GULL_OK && s.count == 2, "50 layers in a row: %zu buffers", s.count);
    gull__slots_free(&s);
    gull_graph_free(g);
}

int main(void) {
    check("relu", net_relu());
    check("smooth", net_smooth());
    check("conv", net_conv());
    check("residual", net_residual());
    check("constants", net_constants());
    check("pools", net_pools());
    check("moves", net_moves());
    check("copies", net_copies());
    check("choices", net_choices());
    chain_needs_two();
    return tap_done();
}
