/* bounds.c - bounds of every tensor of a network over a region of inputs.  Intervals
 * forward (Gowal et al., "On the Effectiveness of Interval Bound Propagation", 2018), and
 * at inputs of nonlinear operators backward linear bounds (backward.c) of the neurons that
 * are not settled; the better of both.  Sound for the network as a real function. */
#include "prove/bounds.h"
#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_MOST = 128, NUMBERS_AT_MOST = 1 << 17 };

static bool is_activation(const gull_graph *g, int t) {
    return t >= 0 && (t == g->input || g->tensor[t].producer >= 0);
}

/* ---- The workspace ---- */

/* Buffers of `rows` rows for every activation; NULL when memory is out. */
static double **new_buffers(const gull_graph *g, size_t rows) {
    double **set = calloc(g->tensor_count + 1, sizeof *set);
    for (size_t t = 0; set && t < g->tensor_count; t++) {
        if (!is_activation(g, (int)t)) continue;
        set[t] = g->tensor[t].size < SIZE_MAX / 16 / rows
                     ? calloc(g->tensor[t].size * rows + 1, sizeof(double))
                     : NULL;
        if (set[t]) continue;
        while (t-- > 0) free(set[t]);
        free(set);
        return NULL;
    }
    return set;
}

static void free_set(double **set, size_t count) {
    for (size_t i = 0; set && i < count; i++) free(set[i]);
    free(set);
}

static void free_lines(gull_bounds *b) {
    for (size_t i = 0; b->lines && i < b->graph->node_count; i++)
        free(b->lines[i].lower_slope);
    free(b->lines);
}

void gull_bounds_free(gull_bounds *b) {
    if (!b) return;
    const size_t tensors = b->graph->tensor_count, nodes = b->graph->node_count;
    free_set(b->lo, tensors);
    free_set(b->hi, tensors);
    free_set(b->value, tensors);
    free_set(b->grad, tensors);
    free_set(b->offset, nodes);
    free_set(b->absolute_offset, nodes);
    free_set(b->magnitude, nodes);
    free_lines(b);
    free(b->traits);
    free(b->has_lines);
    free(b->affine);
    free(b->hull);
    free(b->below);
    free(b->start);
    free(b->live);
    free(b->shift);
    free(b->error);
    free(b->picked.a);
    free(b->found_lo);
    free(b->found_hi);
    free(b->neuron);
    free(b->open);
    free(b);
}

static double **new_node_buffers(const gull_graph *g) {
    double **set = calloc(g->node_count + 1, sizeof *set);
    for (size_t i = 0; set && i < g->node_count; i++) {
        set[i] = calloc(g->tensor[g->node[i].out].size, sizeof(double));
        if (set[i]) continue;
        free_set(set, i);
        return NULL;
    }
    return set;
}

/* All four arrays of a node in one block. */
static bool new_lines(gull_bounds *b, size_t i) {
    const size_t n = b->graph->tensor[b->graph->node[i].out].size;
    double *block = n < SIZE_MAX / 64 ? calloc(4 * n, sizeof *block) : NULL;
    if (block) b->lines[i] = (gull_lines){block, block + n, block + 2 * n, block + 3 * n};
    return block != NULL;
}

static bool allocate_nodes(gull_bounds *b) {
    const gull_graph *g = b->graph;
    b->traits = calloc(g->node_count + 1, sizeof *b->traits);
    b->has_lines = calloc(g->node_count + 1, sizeof *b->has_lines);
    b->lines = calloc(g->node_count + 1, sizeof *b->lines);
    b->offset = new_node_buffers(g);
    b->absolute_offset = new_node_buffers(g);
    b->magnitude = new_node_buffers(g);
    return b->traits && b->has_lines && b->lines && b->offset && b->absolute_offset &&
           b->magnitude;
}

/* Rows at a time: few enough that the coefficients of all tensors stay in the cache. */
static size_t rows_at_a_time(const gull_graph *g) {
    size_t total = 1;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_activation(g, (int)t)) total += g->tensor[t].size;
    const size_t rows = NUMBERS_AT_MOST / total & ~(size_t)1;
    return rows < 2 ? 2 : rows > ROWS_AT_MOST ? ROWS_AT_MOST : rows;
}

static bool allocate_rows(gull_bounds *b) {
    const gull_graph *g = b->graph;
    b->chunk = rows_at_a_time(g);
    b->grad = new_buffers(g, b->chunk);
    b->live = calloc(g->tensor_count, sizeof *b->live);
    b->shift = calloc(b->chunk, sizeof(double));
    b->error = calloc(b->chunk, sizeof(double));
    b->found_lo = calloc(b->chunk, sizeof(double));
    b->found_hi = calloc(b->chunk, sizeof(double));
    const size_t dim = g->tensor[g->input].size;
    double *block = dim < SIZE_MAX / 64 ? calloc(5 * dim + 1, sizeof *block) : NULL;
    if (block)
        b->picked = (gull_picked){block, block + dim, block + 2 * dim, block + 3 * dim,
                                  block + 4 * dim};
    return b->grad && b->live && b->shift && b->error && b->found_lo && b->found_hi &&
           block;
}

static bool allocate_tensors(gull_bounds *b) {
    const gull_graph *g = b->graph;
    size_t largest = 1;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_activation(g, (int)t) && g->tensor[t].size > largest)
            largest = g->tensor[t].size;
    b->lo = new_buffers(g, 1);
    b->hi = new_buffers(g, 1);
    b->value = new_buffers(g, 2);
    b->affine = calloc(g->tensor_count, sizeof *b->affine);
    b->hull = calloc(g->tensor_count, sizeof *b->hull);
    b->below = calloc(g->tensor_count, sizeof *b->below);
    b->start = calloc(g->tensor_count, sizeof *b->start);
    b->neuron = calloc(largest, sizeof *b->neuron);
    b->open = calloc(largest, sizeof *b->open);
    return b->lo && b->hi && b->value && b->affine && b->hull && b->below && b->start &&
           b->neuron && b->open;
}

/* ---- What depends on the graph alone ---- */

static int first_activation(const gull_graph *g, const gull_node *node) {
    for (int k = 0; k < node->in_count; k++)
        if (is_activation(g, node->in[k])) return node->in[k];
    return g->input;
}

static int activations(const gull_graph *g, const gull_node *node) {
    int count = 0;
    for (int k = 0; k < node->in_count; k++) count += is_activation(g, node->in[k]);
    return count;
}

/* Which operators bend, and which have a bound at all. */
static int classify(gull_bounds *b, size_t i, gull_error *err) {
    const gull_node *node = &b->graph->node[i];
    const gull_op *op = node->op64;
    b->traits[i] = op->traits ? op->traits(b->graph, node) : 0;
    if (b->traits[i] & GULL_OP_AFFINE) return GULL_OK;
    if (!op->interval)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "node %d (%s '%s'): operator without a bound; only attacks apply",
                          node->number, op->onnx, node->name ? node->name : "");
    b->has_lines[i] = op->lines && b->traits[i] & GULL_OP_ELEMENTWISE;
    return b->has_lines[i] && !new_lines(b, i) ? GULL_ENOMEM : GULL_OK;
}

/* A convolution's weights: one neuron's row meets few of its outputs. */
static bool is_shared(const gull_graph *g, const gull_node *node, int k) {
    return !strcmp(node->op64->onnx, "Conv") && k == 1 && g->tensor[node->in[1]].rank > 2;
}

/* Multiplications of one row through a node, roughly. */
static double row_cost(const gull_graph *g, const gull_node *node) {
    const double out = (double)g->tensor[node->out].size;
    double cost = 4 * out;
    for (int k = 0; k < node->in_count; k++) {
        if (node->in[k] < 0 || is_activation(g, node->in[k])) continue;
        const gull_tensor *w = &g->tensor[node->in[k]];
        const double size = (double)w->size;
        cost += is_shared(g, node, k) ? out * size / (double)w->dims[0] : size;
    }
    return cost;
}

/* The exact interval of a function of one box is lost where numbers mix twice. */
static void describe(gull_bounds *b, size_t i) {
    const gull_graph *g = b->graph;
    const gull_node *node = &g->node[i];
    const bool affine = b->traits[i] & GULL_OP_AFFINE;
    const bool mixes = !(b->traits[i] & (GULL_OP_INDEX | GULL_OP_ELEMENTWISE));
    bool all = affine;
    double below = row_cost(g, node);
    for (int k = 0; k < node->in_count; k++)
        if (is_activation(g, node->in[k])) {
            all &= b->affine[node->in[k]];
            below += b->below[node->in[k]];
        }
    const int hull = b->hull[first_activation(g, node)];
    b->affine[node->out] = all;
    b->below[node->out] = below;
    b->start[node->out] = below - (is_shared(g, node, 1) ? 0.9 * row_cost(g, node) : 0);
    b->hull[node->out] = activations(g, node) > 1 ? 2 : !mixes ? hull : hull == 0 ? 1 : 2;
}

static int forward(gull_bounds *b, size_t i, size_t n, bool absolute) {
    const gull_node *node = &b->graph->node[i];
    const gull_pass64 pass = {b->graph, n, b->value, b->grad, absolute, NULL};
    return node->op64->forward(node, &pass);
}

/* b and |b| of an affine node: what it makes of zero. */
static int learn_offset(gull_bounds *b, size_t i) {
    const gull_graph *g = b->graph;
    const gull_node *node = &g->node[i];
    const size_t bytes = g->tensor[node->out].size * sizeof(double);
    if (!(b->traits[i] & GULL_OP_AFFINE)) return GULL_OK;
    for (int k = 0; k < node->in_count; k++)
        if (is_activation(g, node->in[k]))
            memset(b->value[node->in[k]], 0, g->tensor[node->in[k]].size * sizeof(double));
    TRY(forward(b, i, 1, false));
    memcpy(b->offset[i], b->value[node->out], bytes);
    TRY(forward(b, i, 1, true));
    memcpy(b->absolute_offset[i], b->value[node->out], bytes);
    return GULL_OK;
}

/* N of backward.c: the terms of any sum, in either direction, and all additions of
 * constants and of consumers' parts; a few more for constants folded by operators. */
static double rounding(const gull_graph *g) {
    double most = (double)g->longest_sum;
    for (size_t i = 0; i < g->node_count; i++) {
        const gull_node *node = &g->node[i];
        double terms = (double)g->tensor[node->out].size;
        for (int k = 0; k < node->in_count; k++)
            if (is_activation(g, node->in[k])) terms += (double)g->tensor[node->in[k]].size;
        most = fmax(most, terms);
    }
    const double input = (double)g->tensor[g->input].size;
    const double n = most + input + 16 * (double)g->node_count + 64;
    return 2 * n * 0x1p-53 / (1 - n * 0x1p-53);
}

static int learn(gull_bounds *b, gull_error *err) {
    const gull_graph *g = b->graph;
    b->affine[g->input] = true;
    b->gamma = rounding(g);
    for (size_t i = 0; i < g->node_count; i++) {
        TRY(classify(b, i, err));
        TRY(learn_offset(b, i));
        describe(b, i);
    }
    return GULL_OK;
}

double gull_bounds_bytes(const gull_graph *g) {
    const double per_tensor = 4 + (double)rows_at_a_time(g), per_node = 3 + 4;
    double numbers = 7 * (double)g->tensor[g->input].size;
    for (size_t t = 0; t < g->tensor_count; t++)
        if (is_activation(g, (int)t)) numbers += per_tensor * (double)g->tensor[t].size;
    for (size_t i = 0; i < g->node_count; i++)
        numbers += per_node * (double)g->tensor[g->node[i].out].size;
    return numbers * sizeof(double);
}

int gull_bounds_new(gull_bounds **out, const gull_graph *g, gull_error *err) {
    gull_bounds *b = calloc(1, sizeof *b);
    *out = NULL;
    if (!b) return GULL_ENOMEM;
    b->graph = g;
    int status = GULL_ENOMEM;
    if (allocate_nodes(b) && allocate_tensors(b) && allocate_rows(b))
        status = learn(b, err);
    if (status < 0) {
        gull_bounds_free(b);
        return status == GULL_ENOMEM ? gull__fail(err, status, "out of memory for bounds")
                                     : status;
    }
    *out = b;
    return GULL_OK;
}

/* ---- Forward ---- */

static double magnitude(double lo, double hi) { return fmax(fabs(lo), fabs(hi)); }

/* Each input's interval: what the ball and the box leave of it. */
static void input_interval(gull_bounds *b) {
    const gull_region *q = &b->region;
    const int t = b->graph->input;
    for (size_t j = 0; j < q->space->dim; j++) {
        const gull_space *s = q->space;
        const gull_space one = {s->x0 + j, s->lo + j, s->hi + j,
                                s->weight ? s->weight + j : NULL, 1, s->f32, NULL};
        const double up = 1, down = -1, x0 = s->x0[j];
        const double above = q->cost->reach(&one, &up, q->radius, NULL) * (1 + 0x1p-45);
        const double below = q->cost->reach(&one, &down, q->radius, NULL) * (1 + 0x1p-45);
        const double slack = (fabs(x0) + above + below) * 0x1p-50 + DBL_MIN;
        b->lo[t][j] = fmax(x0 - below - slack, s->lo[j]);
        b->hi[t][j] = fmin(x0 + above + slack, s->hi[j]);
        if (above == 0 && below == 0) b->lo[t][j] = b->hi[t][j] = x0;
    }
}

/* Row `row` of each input's value: the middle, the half width, or the magnitude. */
static void put_inputs(gull_bounds *b, const gull_node *node, int what, size_t row) {
    for (int k = 0; k < node->in_count; k++) {
        const int t = node->in[k];
        if (!is_activation(b->graph, t)) continue;
        const size_t n = b->graph->tensor[t].size;
        double *to = b->value[t] + row * n;
        for (size_t i = 0; i < n; i++) {
            const double lo = b->lo[t][i], hi = b->hi[t][i], middle = lo / 2 + hi / 2;
            const double half = fmax(hi - middle, middle - lo) * (1 + 0x1p-50);
            to[i] = what == 0 ? middle : what == 1 ? half : magnitude(lo, hi);
        }
    }
}

/* W m + b +- |W| r, m the middles and r the half widths; rounding as in backward.c. */
static int affine_interval(gull_bounds *b, size_t i) {
    const gull_node *node = &b->graph->node[i];
    const size_t n = b->graph->tensor[node->out].size;
    double *lo = b->lo[node->out], *hi = b->hi[node->out], *most = b->magnitude[i];
    put_inputs(b, node, 0, 0);
    TRY(forward(b, i, 1, false));
    memcpy(lo, b->value[node->out], n * sizeof *lo);
    put_inputs(b, node, 1, 0);
    put_inputs(b, node, 2, 1);
    TRY(forward(b, i, 2, true));
    const double *half = b->value[node->out], *all = half + n;
    for (size_t k = 0; k < n; k++) {
        const double middle = lo[k], offset = b->absolute_offset[i][k];
        const double off = b->gamma * (half[k] + offset + all[k]) + 1e-300;
        const double wide = fmax(half[k] - offset, 0) + off;
        most[k] = all[k];
        lo[k] = middle - wide;
        hi[k] = middle + wide;
    }
    return GULL_OK;
}

/* Moves that mix nothing keep the bounds as they are. */
static int index_interval(gull_bounds *b, size_t i) {
    const gull_node *node = &b->graph->node[i];
    const size_t out = b->graph->tensor[node->out].size;
    for (int k = 0; k < node->in_count; k++) {
        const int t = node->in[k];
        if (!is_activation(b->graph, t)) continue;
        const size_t n = b->graph->tensor[t].size;
        memcpy(b->value[t], b->lo[t], n * sizeof(double));
        memcpy(b->value[t] + n, b->hi[t], n * sizeof(double));
    }
    TRY(forward(b, i, 2, false));
    for (size_t k = 0; k < out; k++) {
        b->lo[node->out][k] = b->value[node->out][k];
        b->hi[node->out][k] = b->value[node->out][out + k];
        b->magnitude[i][k] = magnitude(b->lo[node->out][k], b->hi[node->out][k]);
    }
    return GULL_OK;
}

static bool settled(const gull_lines *l, size_t k) {
    return l->lower_slope[k] == l->upper_slope[k] && l->lower_shift[k] == l->upper_shift[k];
}

/* How far apart the lines are in the middle; without lines the interval's width. */
static double gap(const gull_bounds *b, size_t i, int t, size_t k) {
    const double lo = b->lo[t][k], hi = b->hi[t][k];
    const gull_lines *l = &b->lines[i];
    if (!b->has_lines[i]) return hi - lo;
    return (l->upper_slope[k] - l->lower_slope[k]) * (lo / 2 + hi / 2) +
           (l->upper_shift[k] - l->lower_shift[k]);
}

/* Neurons of tensor t whose bounds matter to node i: where its lines differ, and for
 * intervals wherever its output moves. */
static size_t find_open(gull_bounds *b, size_t i, int t) {
    const bool all = b->options.intermediate != GULL_BOUNDS_CROWN && b->affine[t];
    const gull_lines *l = &b->lines[i];
    size_t count = 0;
    for (size_t k = 0; k < b->graph->tensor[t].size; k++) {
        const bool fixed = b->has_lines[i] && settled(l, k) &&
                           !(all && l->upper_slope[k] != 0);
        if (!fixed && b->lo[t][k] < b->hi[t][k])
            b->open[count++] = (gull_neuron){gap(b, i, t, k), k};
    }
    return count;
}

static int by_gain(const void *left, const void *right) {
    const gull_neuron *l = left, *r = right;
    if (l->gain != r->gain) return l->gain > r->gain ? -1 : 1;
    return l->at < r->at ? -1 : l->at > r->at;
}

/* Into b->neuron the open neurons that the budget allows, those with most to gain. */
static size_t choose(gull_bounds *b, size_t i, int t, double *spent) {
    size_t count = find_open(b, i, t);
    const double row = 4 * b->start[t], left = b->options.budget - *spent;
    const bool limited = b->options.intermediate == GULL_BOUNDS_AUTO && !b->affine[t];
    if (limited && (double)count * row > left) {
        qsort(b->open, count, sizeof *b->open, by_gain);
        count = left > 0 ? (size_t)(left / row) : 0;
    }
    for (size_t k = 0; k < count; k++) b->neuron[k] = b->open[k].at;
    *spent += (double)count * row;
    return count;
}

/* Whether backward rows can tell more than intervals did. */
static bool wants_rows(const gull_bounds *b, int t) {
    const gull_graph *g = b->graph;
    const int producer = g->tensor[t].producer;
    const bool ball = strcmp(b->region.cost->name, "linf") != 0;
    if (producer < 0 || !(b->traits[producer] & GULL_OP_AFFINE)) return false;
    if (b->options.intermediate == GULL_BOUNDS_IBP && !(ball && b->affine[t])) return false;
    return ball || b->hull[t] == 2;
}

static int find_lines(gull_bounds *b, size_t i, int t) {
    const gull_node *node = &b->graph->node[i];
    if (!b->has_lines[i]) return GULL_OK;
    return node->op64->lines(node, b->graph, b->lo[t], b->hi[t], &b->lines[i]);
}

/* Backward bounds at the input of node i, lines made anew; *spent: operations. */
static int refine_input(gull_bounds *b, size_t i, double *spent) {
    const int t = first_activation(b->graph, &b->graph->node[i]);
    TRY(find_lines(b, i, t));
    if (!wants_rows(b, t)) return GULL_OK;
    const size_t count = choose(b, i, t, spent);
    TRY(gull__refine(b, t, b->neuron, count));
    return find_lines(b, i, t);
}

/* |out| terms of a nonlinear node: see backward.c. */
static void nonlinear_magnitude(gull_bounds *b, size_t i) {
    const gull_node *node = &b->graph->node[i];
    const int t = first_activation(b->graph, node);
    const size_t n = b->graph->tensor[node->out].size;
    const gull_lines *l = &b->lines[i];
    double most = 0;
    for (size_t k = 0; k < b->graph->tensor[t].size; k++)
        most = fmax(most, magnitude(b->lo[t][k], b->hi[t][k]));
    for (size_t k = 0; k < n; k++)
        b->magnitude[i][k] =
            !b->has_lines[i] ? GULL_LINE_TERMS * most
                             : magnitude(l->lower_slope[k], l->upper_slope[k]) *
                                       magnitude(b->lo[t][k], b->hi[t][k]) +
                                   magnitude(l->lower_shift[k], l->upper_shift[k]);
}

static int nonlinear(gull_bounds *b, size_t i, double *spent) {
    const gull_node *node = &b->graph->node[i];
    if (activations(b->graph, node) == 1) {
        TRY(refine_input(b, i, spent));
        nonlinear_magnitude(b, i);
    }
    return node->op64->interval(node, b->graph, (const double *const *)b->lo,
                                (const double *const *)b->hi, b->lo[node->out],
                                b->hi[node->out]);
}

/* Looks at one tensor: finite?  Underflow is at most 1e-300 of its magnitude a node. */
static void inspect(gull_bounds *b, int t) {
    double most = 0;
    for (size_t k = 0; k < b->graph->tensor[t].size; k++) {
        const double m = magnitude(b->lo[t][k], b->hi[t][k]);
        if (!isfinite(b->lo[t][k]) || !isfinite(b->hi[t][k])) b->finite = false;
        if (m > most) most = m;
    }
    b->underflow += 1e-300 * (1 + most);
}

int gull_bounds_over(gull_bounds *b, const gull_region *region,
                     const gull_bounds_options *options) {
    const gull_graph *g = b->graph;
    double spent = 0;
    if (region->space->dim != g->tensor[g->input].size) return GULL_EUSAGE;
    b->region = *region;
    b->options = *options;
    b->finite = true;
    b->underflow = 0;
    input_interval(b);
    inspect(b, g->input);
    for (size_t i = 0; i < g->node_count && b->finite; i++) {
        TRY(b->traits[i] & GULL_OP_INDEX    ? index_interval(b, i)
            : b->traits[i] & GULL_OP_AFFINE ? affine_interval(b, i)
                                            : nonlinear(b, i, &spent));
        inspect(b, g->node[i].out);
    }
    return GULL_OK;
}

/* ---- Questions ---- */

static void keep_line(const gull_bounds *b, size_t n, double *coefficients,
                      double *constants) {
    const size_t dim = b->region.space->dim;
    const bool live = b->live[b->graph->input];
    for (size_t r = 0; r < n; r++) {
        if (live) memcpy(coefficients + r * dim, b->grad[b->graph->input] + r * dim,
                         dim * sizeof(double));
        else memset(coefficients + r * dim, 0, dim * sizeof(double));
        constants[r] = b->shift[r] - b->gamma * (b->error[r] + fabs(b->shift[r])) -
                       b->underflow;
    }
}

int gull_bounds_rows(gull_bounds *b, const double *rows, size_t count, bool intervals,
                     double *lower, double *coefficients, double *constants) {
    const int t = b->graph->output;
    const size_t size = b->graph->tensor[t].size, dim = b->region.space->dim;
    for (size_t k = 0; k < count; k += b->chunk) {
        const size_t n = count - k < b->chunk ? count - k : b->chunk;
        for (size_t r = 0; r < n; r++) lower[k + r] = -INFINITY;
        if (!b->finite) continue;
        memcpy(b->grad[t], rows + k * size, n * size * sizeof(double));
        TRY(gull__backward(b, t, n, intervals));
        if (coefficients) keep_line(b, n, coefficients + k * dim, constants + k);
        gull__concretise(b, n, lower + k, NULL);
    }
    return GULL_OK;
}

/* scores[win] - scores[lose] as a row over the output; one output stands for the scores
 * (0, output) of two classes. */
static void margin_row(double *row, size_t size, int win, int lose) {
    memset(row, 0, size * sizeof *row);
    if (size == 1) {
        row[0] = win - lose;
        return;
    }
    row[win] += 1;
    row[lose] -= 1;
}

int gull_bounds_margins(gull_bounds *b, const gull_goal *goal, int classes, bool intervals,
                        double *lower) {
    const size_t size = b->graph->tensor[b->graph->output].size;
    const bool miss = goal->kind == GULL_MISS;
    const int fixed = miss ? goal->label : goal->target;
    int status = GULL_OK;
    if (fixed < 0 || fixed >= classes || classes < 2 ||
        size != (size_t)(classes == 2 && size == 1 ? 1 : classes))
        return GULL_EUNSUPPORTED;
    double *rows = calloc((size_t)classes, (size + 1) * sizeof *rows);
    if (!rows) return GULL_ENOMEM;
    double *found = rows + (size_t)classes * size;
    size_t n = 0;
    for (int c = 0; c < classes; c++)
        if (c != fixed)
            margin_row(rows + n++ * size, size, miss ? fixed : c, miss ? c : fixed);
    status = gull_bounds_rows(b, rows, n, intervals, found, NULL, NULL);
    for (int c = 0, k = 0; c < classes; c++)
        lower[c] = c == fixed ? (miss ? INFINITY : -INFINITY) : found[k++];
    free(rows);
    return status;
}

bool gull_bounds_proved(const gull_goal *goal, int classes, const double *lower) {
    const bool miss = goal->kind == GULL_MISS;
    for (int c = 0; c < classes; c++)
        if ((lower[c] > 0) != miss) return !miss;
    return miss;
}
