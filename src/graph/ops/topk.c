/* topk.c - ONNX TopK: the k greatest or least numbers of an axis, sorted, and their places.
 * Of equals the lower place comes first; gradients go to the numbers that were chosen. */
#include "graph/real.h"

typedef struct topk_state {
    size_t outer, length, inner, k;
    bool largest, places; /* places: the second output */
} topk_state;

typedef struct ranked {
    real key; /* the least is best */
    size_t at;
} ranked;

static int read_k(const gull_graph *g, const gull_node *n, const gull_attributes *attributes,
                  int64_t *k, gull_error *err) {
    int64_t one[1];
    size_t count;
    *k = gull_attr_int(attributes, "k", -1);
    if (g->opset < 10) return GULL_OK;
    TRY(gull__check_constant(g, n, 1, "k", err));
    TRY(gull__ints_of(g, n, 1, NULL, "k", 1, one, &count, err));
    *k = count ? one[0] : -1;
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    topk_state *s = n->state;
    int64_t k = 0;
    int axis;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(gull__row_axis(g, gull_attr_int(attributes, "axis", -1), x.rank, &axis, err));
    TRY(read_k(g, n, attributes, &k, err));
    if (k < 1 || k > x.dims[axis])
        return gull__fail(err, GULL_EFORMAT, "the best %lld of %lld numbers", (long long)k,
                          (long long)x.dims[axis]);
    *s = (topk_state){1, (size_t)x.dims[axis], 1, (size_t)k,
                      gull_attr_int(attributes, "largest", 1) != 0,
                      gull_attr_int(attributes, "(port)", 0) == 1};
    int64_t dims[GULL_RANK];
    for (int i = 0; i < x.rank; i++) {
        if (i != axis) *(i < axis ? &s->outer : &s->inner) *= (size_t)x.dims[i];
        dims[i] = i == axis ? k : x.dims[i];
    }
    if (s->places) g->tensor[n->out].type = GULL_INT;
    return gull__graph_shape(g, n, x.rank, dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    (void)n;
    return 0;
}

static int by_rank(const void *a, const void *b) {
    const ranked *l = a, *r = b;
    if (l->key != r->key) return l->key < r->key ? -1 : 1;
    return l->at < r->at ? -1 : l->at > r->at;
}

/* The line's numbers, best first. */
static void rank_line(const topk_state *s, const real *x, ranked *line) {
    for (size_t i = 0; i < s->length; i++)
        line[i] = (ranked){s->largest ? -x[i * s->inner] : x[i * s->inner], i};
    qsort(line, s->length, sizeof *line, by_rank);
}

/* Where line k starts in a tensor whose lines have `length` numbers. */
static size_t start_of(const topk_state *s, size_t k, size_t length) {
    return k / s->inner * length * s->inner + k % s->inner;
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const topk_state *s = n->state;
    ranked *line = malloc(s->length * sizeof *line);
    if (!line) return GULL_ENOMEM;
    for (size_t k = 0; k < p->n * s->outer * s->inner; k++) {
        const real *x = p->value[n->in[0]] + start_of(s, k, s->length);
        real *y = p->value[n->out] + start_of(s, k, s->k);
        rank_line(s, x, line);
        for (size_t i = 0; i < s->k; i++)
            y[i * s->inner] = s->places ? (real)line[i].at : x[line[i].at * s->inner];
    }
    free(line);
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    const topk_state *s = n->state;
    ranked *line = s->places ? NULL : malloc(s->length * sizeof *line);
    if (s->places || !line) return s->places ? GULL_OK : GULL_ENOMEM;
    for (size_t k = 0; k < p->n * s->outer * s->inner; k++) {
        const size_t start = start_of(s, k, s->length);
        const real *dy = p->grad[n->out] + start_of(s, k, s->k);
        rank_line(s, p->value[n->in[0]] + start, line);
        for (size_t i = 0; i < s->k; i++)
            p->grad[n->in[0]][start + line[i].at * s->inner] += dy[i * s->inner];
    }
    free(line);
    return GULL_OK;
}

static int by_number(const void *a, const void *b) {
    const double l = *(const double *)a, r = *(const double *)b;
    return l < r ? -1 : l > r;
}

/* The i-th best of numbers that may only rise may only rise: sorts each side by itself. */
static void sorted_side(const topk_state *s, const double *x, double *line, double *out) {
    for (size_t i = 0; i < s->length; i++) line[i] = x[i * s->inner];
    qsort(line, s->length, sizeof *line, by_number);
    for (size_t i = 0; i < s->k; i++)
        out[i * s->inner] = line[s->largest ? s->length - 1 - i : i];
}

static int interval(const gull_node *n, const gull_graph *g, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi) {
    const topk_state *s = n->state;
    double *line = malloc(s->length * sizeof *line);
    if (!line) return GULL_ENOMEM;
    for (size_t i = 0; s->places && i < g->tensor[n->out].size; i++) {
        out_lo[i] = 0;
        out_hi[i] = (double)(s->length - 1);
    }
    for (size_t k = 0; !s->places && k < s->outer * s->inner; k++) {
        const size_t from = start_of(s, k, s->length), to = start_of(s, k, s->k);
        sorted_side(s, lo[n->in[0]] + from, line, out_lo + to);
        sorted_side(s, hi[n->in[0]] + from, line, out_hi + to);
    }
    free(line);
    return GULL_OK;
}

const gull_op GULL_OP(topk);
const gull_op GULL_OP(topk) = {
    .onnx = "TopK",
    .summary = "the k best numbers of an axis and their places",
    .since = 1,
    .until = GULL_OPSET_LATEST,
    .outputs = 2,
    .unbatched = true,
    .state_size = sizeof(topk_state),
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
    .interval = interval,
};
