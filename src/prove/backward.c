/* backward.c - linear bounds carried backward through a network: CROWN (Zhang et al.,
 * NeurIPS 2018), DeepPoly (Singh et al., POPL 2019); concretised over the norm ball cut
 * with the box itself.  Bounds hold for the network as a real function, because every
 * rounding is paid for:
 *
 * Let a be a computed row over the output z' of a node and z, z' the tensors' values at
 * some x of the region.
 * - Affine node, z' = W z + b, computed c = fl(a W), d = fl(a b).  Each c_j is a sum of at
 *   most |z'| products (and of as many partial results as z has consumers), so
 *   |c_j - (a W)_j| <= g (|a| |W|)_j with g = N u / (1 - N u), whatever the order of
 *   summation, with or without fused operations.  Hence |a z' - (c z + d)| <= g |a| M,
 *   M = |W| |z|max + |b|: one forward pass with absolute weights for all rows.
 * - Elementwise node between lines s x + t (already sound, shifts rounded outward):
 *   a z' >= sum a_i (s_i z_i + t_i) in reals, and c_i = fl(a_i s_i), sum fl(a_i t_i) differ
 *   by at most g |a| M, M_i = max|s_i| |z_i|max + max|t_i|.
 * - At the input, a x >= a x0 - reach(-a), errors at most g |a| |x0| and that of reach.
 * The sum E of all |a| M (computed, hence 2 g instead of g, N large enough for its own
 * rounding and for the additions of all constants) is kept per row, and 2 g E subtracted
 * at the end.  Products that underflow lose at most 2^-1074 each: `underflow`.  What
 * overflows becomes infinite or NaN, stays so, and proves nothing. */
#include "prove/bounds.h"
#include <string.h>

enum { LANES = 8 };

/* sum += a . c, size += |a| . m; in independent lanes, any order is paid for. */
static void gather(size_t n, const double *a, const double *c, const double *m, double *sum,
                   double *size) {
    double s[LANES] = {0}, e[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int k = 0; k < LANES; k++) {
            s[k] += a[i + k] * c[i + k];
            e[k] += fabs(a[i + k]) * m[i + k];
        }
    for (; i < n; i++) {
        s[0] += a[i] * c[i];
        e[0] += fabs(a[i]) * m[i];
    }
    for (int k = 0; k < LANES; k++) {
        *sum += s[k];
        *size += e[k];
    }
}

/* sum += the least a . z for z between lo and hi, size += its terms. */
static void gather_box(size_t n, const double *a, const double *lo, const double *hi,
                       double *sum, double *size) {
    for (size_t i = 0; i < n; i++) {
        const double term = a[i] > 0 ? a[i] * lo[i] : a[i] * hi[i];
        *sum += term;
        *size += fabs(term);
    }
}

static void start_inputs(gull_bounds *b, const gull_node *node, size_t n) {
    for (int k = 0; k < node->in_count; k++) {
        const int t = node->in[k];
        if (t < 0 || !b->grad[t] || b->live[t]) continue;
        memset(b->grad[t], 0, n * b->graph->tensor[t].size * sizeof(double));
        b->live[t] = true;
    }
}

static int through_affine(gull_bounds *b, size_t i, size_t n) {
    const gull_node *node = &b->graph->node[i];
    const size_t size = b->graph->tensor[node->out].size;
    const gull_pass64 pass = {b->graph, n, b->value, b->grad, false, NULL};
    start_inputs(b, node, n);
    for (size_t r = 0; r < n; r++) {
        const double *a = b->grad[node->out] + r * size;
        const size_t first = b->start_count ? b->start_neuron[r % b->start_count] : 0;
        const size_t width = b->start_count ? 1 : size; /* one number is not zero, or all */
        gather(width, a + first, b->offset[i] + first, b->magnitude[i] + first,
               &b->shift[r], &b->error[r]);
    }
    return node->op64->gradient(node, &pass);
}

/* One row: in += a through the lines. */
static void row_through_lines(size_t n, const gull_lines *l, const double *magnitude,
                              const double *a, double *in, double *shift, double *error) {
    double s[LANES] = {0}, e[LANES] = {0};
    size_t i = 0;
    for (; i < n;) {
        const int width = n - i < LANES ? (int)(n - i) : LANES;
        for (int k = 0; k < width; k++, i++) {
            const double up = a[i] > 0 ? a[i] : 0, down = a[i] > 0 ? 0 : a[i]; /* or NaN */
            in[i] += up * l->lower_slope[i] + down * l->upper_slope[i];
            s[k] += up * l->lower_shift[i] + down * l->upper_shift[i];
            e[k] += (up - down) * magnitude[i];
        }
    }
    for (int k = 0; k < LANES; k++) {
        *shift += s[k];
        *error += e[k];
    }
}

static int activation_of(const gull_graph *g, const gull_node *node) {
    for (int k = 0; k < node->in_count; k++)
        if (node->in[k] >= 0 && g->tensor[node->in[k]].producer >= -1) return node->in[k];
    return -1;
}

static int through_lines(gull_bounds *b, size_t i, size_t n) {
    const gull_node *node = &b->graph->node[i];
    const int t = activation_of(b->graph, node);
    const size_t size = b->graph->tensor[t].size;
    start_inputs(b, node, n);
    for (size_t r = 0; r < n; r++)
        row_through_lines(size, &b->lines[i], b->magnitude[i],
                          b->grad[node->out] + r * size, b->grad[t] + r * size,
                          &b->shift[r], &b->error[r]);
    return GULL_OK;
}

/* The coefficients stop here: z' is only known to lie in its interval. */
static void through_interval(gull_bounds *b, int tensor, size_t n) {
    const size_t size = b->graph->tensor[tensor].size;
    for (size_t r = 0; r < n; r++)
        gather_box(size, b->grad[tensor] + r * size, b->lo[tensor], b->hi[tensor],
                   &b->shift[r], &b->error[r]);
}

static int through_other(gull_bounds *b, size_t i, size_t n) {
    const gull_node *node = &b->graph->node[i];
    const int t = activation_of(b->graph, node);
    const size_t size = b->graph->tensor[node->out].size;
    start_inputs(b, node, n);
    for (size_t r = 0; r < n; r++)
        gather(size, b->grad[node->out] + r * size, b->offset[i], b->magnitude[i],
               &b->shift[r], &b->error[r]);
    return node->op64->backward_lines(node, b->graph, b->lo[t], b->hi[t], n,
                                      b->grad[node->out], b->grad[t], b->shift);
}

static int through_node(gull_bounds *b, size_t i, size_t n, bool intervals) {
    const gull_node *node = &b->graph->node[i];
    const bool affine = b->traits[i] & GULL_OP_AFFINE;
    int status = GULL_OK;
    if (affine)
        status = through_affine(b, i, n);
    else if (!intervals && b->has_lines[i])
        status = through_lines(b, i, n);
    else if (!intervals && node->op64->backward_lines)
        status = through_other(b, i, n);
    else
        through_interval(b, node->out, n);
    /* Rows of one number each stay so, at its place, through elementwise affine nodes. */
    if (!affine || !(b->traits[i] & GULL_OP_ELEMENTWISE)) b->start_count = 0;
    return status;
}

int gull__backward(gull_bounds *b, int tensor, size_t n, bool intervals) {
    const gull_graph *g = b->graph;
    memset(b->live, 0, g->tensor_count * sizeof *b->live);
    memset(b->shift, 0, n * sizeof *b->shift);
    memset(b->error, 0, n * sizeof *b->error);
    b->live[tensor] = true;
    for (int i = g->tensor[tensor].producer; i >= 0; i--)
        if (b->live[g->node[i].out]) TRY(through_node(b, (size_t)i, n, intervals));
    if (b->options.stop) TRY(b->options.stop(b->options.stop_arg));
    return GULL_OK;
}

/* ---- The input's region ---- */

/* The features that a row moves, side by side; |a x0| is added to *size, a x0 to *at. */
static size_t pick(gull_bounds *b, const double *a, double *at, double *size) {
    const gull_space *s = b->region.space;
    gull_picked *p = &b->picked;
    size_t n = 0;
    for (size_t j = 0; j < s->dim; j++) {
        if (a[j] == 0) continue;
        p->a[n] = a[j];
        p->x0[n] = s->x0[j];
        p->lo[n] = s->lo[j];
        p->hi[n] = s->hi[j];
        p->weight[n] = s->weight ? s->weight[j] : 1;
        *at += a[j] * s->x0[j];
        *size += fabs(a[j] * s->x0[j]);
        n++;
    }
    return n;
}

/* The greatest a . (x - x0) over the region for the n picked features, rounded up. */
static double reach_above(const gull_bounds *b, const double *a, size_t n) {
    const gull_region *q = &b->region;
    const gull_picked *p = &b->picked;
    const gull_space s = {p->x0, p->lo, p->hi, p->weight, n, q->space->f32, NULL};
    const double most = n ? q->cost->reach(&s, a, q->radius, NULL) : 0;
    return most + fabs(most) * ((double)n + 16) * 0x1p-50;
}

static void concretise_row(gull_bounds *b, size_t r, double *lower, double *upper) {
    double size = b->error[r] + fabs(b->shift[r]), at = b->shift[r];
    double below = 0, above = 0;
    if (b->live[b->graph->input]) {
        const double *a = b->grad[b->graph->input] + r * b->region.space->dim;
        const size_t n = pick(b, a, &at, &size);
        if (upper) above = reach_above(b, b->picked.a, n);
        for (size_t k = 0; k < n; k++) b->picked.a[k] = -b->picked.a[k];
        below = reach_above(b, b->picked.a, n);
    }
    const double off = b->gamma * size + b->underflow;
    *lower = at - below - off - b->gamma * below;
    if (isnan(*lower)) *lower = -INFINITY;
    if (!upper) return;
    *upper = at + above + off + b->gamma * above;
    if (isnan(*upper)) *upper = INFINITY;
}

void gull__concretise(gull_bounds *b, size_t n, double *lower, double *upper) {
    for (size_t r = 0; r < n; r++)
        concretise_row(b, r, &lower[r], upper ? &upper[r] : NULL);
}

static void take(double *lo, double *hi, double new_lo, double new_hi) {
    if (new_lo > *lo && new_lo <= *hi) *lo = new_lo;
    if (new_hi < *hi && new_hi >= *lo) *hi = new_hi;
}

/* Rows +1 (and, where lower and upper bounds have different lines, -1) of some neurons. */
static int refine_chunk(gull_bounds *b, int t, const size_t *neuron, size_t count) {
    const size_t size = b->graph->tensor[t].size;
    const size_t n = b->affine[t] ? count : 2 * count;
    memset(b->grad[t], 0, n * size * sizeof(double));
    for (size_t k = 0; k < n; k++)
        b->grad[t][k * size + neuron[k % count]] = k < count ? 1 : -1;
    b->start_neuron = neuron;
    b->start_count = count;
    TRY(gull__backward(b, t, n, false));
    gull__concretise(b, n, b->found_lo, b->affine[t] ? b->found_hi : NULL);
    for (size_t k = 0; k < count; k++) {
        const double hi = b->affine[t] ? b->found_hi[k] : -b->found_lo[count + k];
        take(&b->lo[t][neuron[k]], &b->hi[t][neuron[k]], b->found_lo[k], hi);
    }
    return GULL_OK;
}

int gull__refine(gull_bounds *b, int t, const size_t *neuron, size_t count) {
    const size_t most = b->affine[t] ? b->chunk : b->chunk / 2;
    for (size_t k = 0; k < count; k += most)
        TRY(refine_chunk(b, t, neuron + k, count - k < most ? count - k : most));
    return GULL_OK;
}
