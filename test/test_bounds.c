/* test_bounds.c - bounds of networks: sampled points never leave them, closed forms,
 * relaxations against dense sampling, rounding against extended precision. */
#include "core/registry.h"
#include "graph/lines.h"
#include "prove/bounds.h"
#include "networks.h"
#include "num/kernels.h"
#include <float.h>

/* ---- Questions ---- */

typedef struct question {
    gull_space space;
    double *x0, *lo, *hi, *weight;
} question;

static question ask(size_t dim, bool box, bool weights) {
    question q = {.x0 = calloc(dim, 8), .lo = calloc(dim, 8), .hi = calloc(dim, 8),
                  .weight = calloc(dim, 8)};
    for (size_t i = 0; i < dim; i++) {
        q.x0[i] = uniform(0, 1);
        q.lo[i] = box ? 0 : -INFINITY;
        q.hi[i] = box ? 1 : INFINITY;
        if (box && i == 1) q.lo[i] = q.hi[i] = q.x0[i];
        q.weight[i] = uniform(0.3, 3);
    }
    q.space = (gull_space){q.x0, q.lo, q.hi, weights ? q.weight : NULL, dim, false, NULL};
    return q;
}
static void question_free(question *q) {
    free(q->x0), free(q->lo), free(q->hi), free(q->weight);
}

/* Points of the region: corners in random directions, their mixtures, and projections. */
static void sample(const gull_region *q, double *x, double *a) {
    const size_t dim = q->space->dim;
    const double kind = uniform(0, 1);
    for (size_t i = 0; i < dim; i++) a[i] = uniform(0, 1) < 0.3 ? 0 : normal();
    q->cost->reach(q->space, a, q->radius, x);
    if (kind < 0.5) return;
    for (size_t i = 0; i < dim; i++)
        x[i] = q->space->x0[i] + (x[i] - q->space->x0[i]) * (kind < 0.7 ? uniform(0, 1) : 1);
    if (kind < 0.9) return;
    for (size_t i = 0; i < dim; i++) x[i] = q->space->x0[i] + q->radius * 3 * normal();
    q->cost->project(q->space, x, q->radius);
}

static double excess(double v, double lo, double hi) {
    const double out = fmax(lo - v, v - hi);
    return out > 1e-12 * (1 + fabs(v)) ? out : 0;
}

static double worst_excess(const gull_bounds *b, const values *v) {
    double worst = 0;
    for (size_t t = 0; t < v->g->tensor_count; t++)
        for (size_t i = 0; v->at[t] && i < v->g->tensor[t].size; i++)
            worst = fmax(worst, excess(v->at[t][i], b->lo[t][i], b->hi[t][i]));
    return worst;
}

typedef struct linear_questions {
    double *rows, *lower, *coefficients, *constants;
    size_t count;
} linear_questions;

static linear_questions ask_rows(gull_bounds *b, bool intervals) {
    const size_t size = b->graph->tensor[b->graph->output].size, n = 7;
    linear_questions l = {normals(n * size, 1), calloc(n, 8),
                          calloc(n * b->region.space->dim, 8), calloc(n, 8), n};
    const int status = gull_bounds_rows(b, l.rows, n, intervals, l.lower,
                                        intervals ? NULL : l.coefficients, l.constants);
    if (status < 0) l.lower[0] = INFINITY;
    return l;
}

static double dot(const double *a, const double *b, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

static double rows_excess(const linear_questions *l, const values *v, bool lines,
                          const double *x, double *slack) {
    const size_t size = v->g->tensor[v->g->output].size, dim = v->g->tensor[v->g->input].size;
    double worst = 0;
    for (size_t r = 0; r < l->count; r++) {
        const double y = dot(l->rows + r * size, v->at[v->g->output], size);
        worst = fmax(worst, excess(y, l->lower[r], INFINITY));
        if (lines)
            worst = fmax(worst, excess(y, dot(l->coefficients + r * dim, x, dim) +
                                              l->constants[r], INFINITY));
        *slack = fmin(*slack, y - l->lower[r]);
    }
    return worst;
}

static void free_rows(linear_questions *l) {
    free(l->rows), free(l->lower), free(l->coefficients), free(l->constants);
}

/* No sampled point leaves any bound, whatever the mode. */
static double violation(const gull_graph *g, const gull_region *region, int mode,
                        int points, double *slack) {
    const size_t dim = region->space->dim;
    gull_bounds *b;
    const gull_bounds_options o = {.intermediate = mode, .budget = 1e9};
    if (gull_bounds_new(&b, g, NULL) < 0) return INFINITY;
    double worst = gull_bounds_over(b, region, &o) < 0 ? INFINITY : 0;
    linear_questions back = ask_rows(b, false), intervals = ask_rows(b, true);
    values v = values_new(g);
    double *x = calloc(dim, 8), *a = calloc(dim, 8), loose = INFINITY;
    for (int k = 0; k < points; k++) {
        sample(region, x, a);
        evaluate(&v, x);
        worst = fmax(worst, worst_excess(b, &v));
        worst = fmax(worst, rows_excess(&back, &v, true, x, slack));
        worst = fmax(worst, rows_excess(&intervals, &v, false, x, &loose));
    }
    free(x), free(a), free_rows(&back), free_rows(&intervals);
    values_free(&v);
    gull_bounds_free(b);
    return worst;
}

static void sampled_points_stay_inside(const char *name, gull_graph *g) {
    double slack = INFINITY;
    for (int c = 0; gull_costs[c]; c++) {
        double worst = 0;
        for (int k = 0; k < 8; k++) {
            question q = ask(g->tensor[g->input].size, k & 1, k & 2);
            const bool counts = c == GULL_L0;
            const double r = counts ? 1 + (k & 3) : uniform(0.02, k & 4 ? 1.5 : 0.3);
            const gull_region region = {&q.space, gull_costs[c], r};
            for (int mode = GULL_BOUNDS_AUTO; mode <= GULL_BOUNDS_CROWN; mode++)
                if (!counts || k & 1)
                    worst = fmax(worst, violation(g, &region, mode, 450, &slack));
            question_free(&q);
        }
        tap_ok(worst == 0, "%s, %s: 10,800 points stay inside all bounds (worst %g)", name,
               gull_costs[c]->name, worst);
    }
    printf("# %s: least slack of a row %.3g\n", name, slack);
    gull_graph_free(g);
}

/* ---- Closed forms ---- */

static void linear_network_is_exact(void) {
    for (int c = 0; gull_costs[c]; c++) {
        double worst = 0;
        for (int k = 0; k < 20; k++) {
            build net = begin(1, (int64_t[]){7});
            gemm(&net, 9), gemm(&net, 3);
            gull_graph *g = end(&net);
            question q = ask(7, k & 1 || c == GULL_L0, k & 2);
            const gull_region region = {&q.space, gull_costs[c],
                                        c == GULL_L0 ? 2 : uniform(0.1, 1)};
            gull_bounds *b;
            double lower[3], a[7], best, zero[7] = {0};
            values v = values_new(g);
            gull_bounds_new(&b, g, NULL);
            gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
            gull_bounds_margins(b, &(gull_goal){GULL_MISS, 0, 0, 0}, 3, false, lower);
            evaluate(&v, zero);
            const double *s = v.at[g->output];
            const double at_zero = s[0] - s[2];
            for (int j = 0; j < 7; j++) {
                zero[j] = 1;
                evaluate(&v, zero);
                a[j] = -(s[0] - s[2] - at_zero);
                zero[j] = 0;
            }
            evaluate(&v, q.x0);
            best = s[0] - s[2] - gull_costs[c]->reach(&q.space, a, region.radius, NULL);
            worst = fmax(worst, fabs(lower[2] - best));
            if (lower[0] != INFINITY) worst = INFINITY;
            values_free(&v), gull_bounds_free(b), question_free(&q), gull_graph_free(g);
        }
        tap_ok(worst < 1e-11, "linear network, %s: margin is the closed form (off by %g)",
               gull_costs[c]->name, worst);
    }
}

/* A radius so small that no ReLU bends: the network is linear there. */
static void stable_network_is_exact(void) {
    gull_graph *g = net_conv();
    for (int c = GULL_L1; gull_costs[c]; c++) {
        const size_t dim = g->tensor[g->input].size;
        question q = ask(dim, false, true);
        const gull_region region = {&q.space, gull_costs[c], 1e-7};
        gull_bounds *b;
        double lower[5], *a = calloc(dim, 8), *x = malloc(dim * 8);
        values v = values_new(g);
        const double *s = v.at[g->output];
        gull_bounds_new(&b, g, NULL);
        gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
        gull_bounds_margins(b, &(gull_goal){GULL_MISS, 1, 0, 0}, 5, false, lower);
        evaluate(&v, q.x0);
        const double here = s[1] - s[3];
        for (size_t j = 0; j < dim; j++) {
            memcpy(x, q.x0, dim * 8);
            x[j] += 1e-5;
            evaluate(&v, x);
            a[j] = -(s[1] - s[3] - here) / 1e-5;
        }
        const double want = here - gull_costs[c]->reach(&q.space, a, 1e-7, NULL);
        tap_ok(fabs(lower[3] - want) < 1e-9, "stable ReLU network, %s: exact (off by %g)",
               gull_costs[c]->name, lower[3] - want);
        free(a), free(x), values_free(&v), gull_bounds_free(b), question_free(&q);
    }
    gull_graph_free(g);
}

/* One input: a dense grid with its Lipschitz gap is an oracle for the true minimum. */
static void one_input_bounds_the_minimum(void) {
    double worst = 0, tightest = INFINITY;
    for (int k = 0; k < 40; k++) {
        build net = begin(1, (int64_t[]){1});
        gemm(&net, 5), unary(&net, k & 1 ? "Relu" : "Tanh"), gemm(&net, 4);
        unary(&net, k & 2 ? "Relu" : "Sigmoid"), gemm(&net, 2);
        gull_graph *g = end(&net);
        question q = ask(1, false, false);
        const gull_region region = {&q.space, gull_costs[GULL_LINF], uniform(0.01, 2)};
        gull_bounds *b;
        double lower[2], least = INFINITY;
        values v = values_new(g);
        gull_bounds_new(&b, g, NULL);
        gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
        gull_bounds_margins(b, &(gull_goal){GULL_MISS, 0, 0, 0}, 2, false, lower);
        for (int i = 0; i <= 20000; i++) {
            const double x = q.x0[0] + region.radius * (i / 10000. - 1);
            evaluate(&v, &x);
            least = fmin(least, v.at[g->output][0] - v.at[g->output][1]);
        }
        worst = fmax(worst, lower[1] - least);
        tightest = fmin(tightest, least - lower[1]);
        values_free(&v), gull_bounds_free(b), question_free(&q), gull_graph_free(g);
    }
    tap_ok(worst < 1e-12, "one input: bound is below the grid's minimum (%g, tightest %g)",
           worst, tightest);
}

/* ---- Relaxations ---- */

typedef long double (*exact_fn)(long double);
static long double exact_relu(long double x) { return x > 0 ? x : 0; }
static long double exact_logistic(long double x) {
    const long double e = expl(-fabsl(x));
    return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
static long double exact_tanh(long double x) { return tanhl(x); }

typedef void (*lines_fn)(double lo, double hi, double out[4], double range[2]);
static void relu_lines(double lo, double hi, double out[4], double range[2]) {
    gull_lines l = {out, out + 1, out + 2, out + 3};
    gull__relu_lines(1, &lo, &hi, &l);
    gull__relu_interval(1, &lo, &hi, range, range + 1);
}
static void logistic_lines(double lo, double hi, double out[4], double range[2]) {
    gull_lines l = {out, out + 1, out + 2, out + 3};
    gull__s_shape_lines(&gull__logistic, 1, &lo, &hi, &l);
    gull__s_shape_interval(&gull__logistic, 1, &lo, &hi, range, range + 1);
}
static void tanh_lines(double lo, double hi, double out[4], double range[2]) {
    gull_lines l = {out, out + 1, out + 2, out + 3};
    gull__s_shape_lines(&gull__tanh, 1, &lo, &hi, &l);
    gull__s_shape_interval(&gull__tanh, 1, &lo, &hi, range, range + 1);
}

static bool line_holds(exact_fn f, double lo, double hi, lines_fn lines, double *gap) {
    double l[4], range[2];
    lines(lo, hi, l, range);
    for (int i = 0; i <= 400; i++) {
        const double part = i / 400., low = fmax(lo, -1e300), high = fmin(hi, 1e300);
        double x = i == 400 ? high : i ? low + (high - low) * part : low;
        if (i % 7 == 3) x = low + (high - low) * exp(-40 * part);
        if (i % 7 == 5) x = high - (high - low) * exp(-40 * part);
        if (x < lo || x > hi) continue;
        const long double y = f(x), err = fabsl(y) * 1e-18L;
        const long double below = (long double)l[0] * x + l[1];
        const long double above = (long double)l[2] * x + l[3];
        if (!(below <= y + err && y - err <= above && range[0] <= y + err && y - err <= range[1])) {
            printf("# [%.17g, %.17g] at %.17g: %.20Lg %.20Lg %.20Lg\n", lo, hi, x, below, y, above);
            return false;
        }
        if (hi - lo < 1e3) *gap = fmax(*gap, (double)(above - below));
    }
    return true;
}

static double special(void) {
    static const double at[] = {0, 1e-300, -1e-300, 1e-160, -1e-160, 5e-324, 1e8, -1e8, 1e-8,
                                -1e-8, 1e30, -1e30, 700, -700, 750, -750, 37, -37, 1, -1,
                                INFINITY, -INFINITY, 1e200, -1e200, 1.7e308, -1.7e308, 20, -20};
    return at[gull__stream_next(&stream) % (sizeof at / sizeof *at)];
}

static void relaxations_hold(const char *name, exact_fn f, lines_fn lines) {
    bool good = true;
    double gap = 0, tight = 0, thin = 0;
    for (int k = 0; k < 6000 && good; k++) {
        double lo, hi;
        if (k % 3 == 0) lo = special(), hi = special();
        else if (k % 3 == 1) lo = 6 * normal(), hi = 6 * normal();
        else lo = 3 * normal(), hi = lo + exp(uniform(-45, 2));
        if (lo > hi) { const double t = lo; lo = hi; hi = t; }
        if (lo == INFINITY || hi == -INFINITY) continue;
        good = line_holds(f, lo, hi, lines, &gap);
    }
    tap_ok(good, "%s: lines hold on 6,000 intervals", name);
    good = line_holds(f, -0.5, 1, lines, &tight) && line_holds(f, 0.3, 0.3 + 1e-9, lines, &thin);
    tap_ok(good && tight < 0.7 && thin < 1e-9, "%s: lines are tight (%g, %g)", name, tight, thin);
}

/* ---- Rounding ---- */

/* Layers that cancel: a plain double bound is above the true minimum, this one never. */
static void rounding_is_paid_for(void) {
    int plain_wrong = 0, wrong = 0;
    double loose = 0;
    for (int k = 0; k < 300; k++) {
        enum { N = 30 };
        const int64_t first[2] = {N, N}, second[2] = {N, 1};
        build net = begin(1, first);
        double *w = normals(N * N, 1e6), *u = normals(N, 1e6);
        const int in1[2] = {0, gull__graph_constant(net.g, "w", 2, first, w)};
        const int h = add_node(&net, "MatMul", in1, 2, NULL);
        const int in2[2] = {h, gull__graph_constant(net.g, "u", 2, second, u)};
        add_node(&net, "MatMul", in2, 2, NULL);
        gull_graph *g = end(&net);
        question q = ask(N, false, false);
        const gull_region region = {&q.space, gull_costs[GULL_LINF], 1e-9};
        const double row = 1;
        double lower = INFINITY, plain = 0;
        long double exact = 0;
        gull_bounds *b;
        gull_bounds_new(&b, g, NULL);
        gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
        gull_bounds_rows(b, &row, 1, false, &lower, NULL, NULL);
        for (int i = 0; i < N; i++) {
            double c = 0;
            long double e = 0;
            for (int j = 0; j < N; j++) c += w[i * N + j] * u[j];
            for (int j = 0; j < N; j++) e += (long double)w[i * N + j] * u[j];
            plain += c * q.x0[i] - fabs(c) * region.radius;
            exact += e * q.x0[i] - fabsl(e) * region.radius;
        }
        plain_wrong += plain > exact;
        wrong += lower > exact || b->lo[g->output][0] > exact;
        loose = fmax(loose, (double)(exact - lower) / 1e12);
        gull_bounds_free(b), question_free(&q), gull_graph_free(g);
    }
    tap_ok(!wrong, "cancelling layers: never above the exact minimum");
    tap_ok(plain_wrong > 50, "cancelling layers: plain double is, %d times of 300", plain_wrong);
    tap_ok(loose < 1e-9, "cancelling layers: the term is small (%g of the weights)", loose);
}

/* ---- Shape of the answer ---- */

static void intervals_grow_with_radius(void) {
    gull_graph *g = net_relu();
    question q = ask(6, true, false);
    gull_bounds *b;
    double last[4] = {INFINITY, INFINITY, INFINITY, INFINITY}, lower[4];
    bool good = true;
    gull_bounds_new(&b, g, NULL);
    for (double r = 0; r < 1; r += 0.05) {
        const gull_region region = {&q.space, gull_costs[GULL_L2], r};
        gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_IBP});
        gull_bounds_margins(b, &(gull_goal){GULL_MISS, 2, 0, 0}, 4, true, lower);
        for (int c = 0; c < 4; c++) {
            good &= lower[c] <= last[c] + 1e-9;
            last[c] = lower[c];
        }
    }
    tap_ok(good, "interval margins fall as the radius grows");
    gull_bounds_free(b), question_free(&q), gull_graph_free(g);
}

static void goals_are_read_right(void) {
    const gull_goal miss = {GULL_MISS, 1, 0, 0}, target = {GULL_TARGET, 0, 2, 0};
    tap_ok(gull_bounds_proved(&miss, 3, (double[]){1, INFINITY, 0.5}), "miss: all ahead");
    tap_ok(!gull_bounds_proved(&miss, 3, (double[]){1, INFINITY, 0}), "miss: a tie is open");
    tap_ok(!gull_bounds_proved(&miss, 3, (double[]){NAN, INFINITY, 1}), "miss: NaN is open");
    tap_ok(gull_bounds_proved(&target, 3, (double[]){-1, 0.1, -INFINITY}), "target: one ahead");
    tap_ok(!gull_bounds_proved(&target, 3, (double[]){0, -0.1, -INFINITY}), "target: none");
}

/* Weights so great that coefficients overflow to infinities of both signs. */
static void overflow_proves_nothing(void) {
    bool good = true;
    for (int k = 0; k < 50; k++) {
        build net = begin(1, (int64_t[]){3});
        for (int layer = 0; layer < 3; layer++) {
            const int64_t dims[2] = {3, 3};
            const int w = gull__graph_constant(net.g, "w", 2, dims, normals(9, 1e36));
            for (int i = 0; i < 9; i++) ((double *)(uintptr_t)net.g->tensor[w].f64)[i] *= 1e100;
            add_node(&net, "MatMul", (int[]){net.top, w}, 2, NULL), unary(&net, "Relu");
        }
        gull_graph *g = end(&net);
        question q = ask(3, true, false);
        const gull_region region = {&q.space, gull_costs[GULL_LINF], k % 2 ? 0.1 : 1e-200};
        gull_bounds *b;
        double lower[3];
        for (int i = 0; i < 3; i++) q.x0[i] = q.lo[i] = 0;
        gull_bounds_new(&b, g, NULL);
        gull_bounds_over(b, &region, &(gull_bounds_options){.intermediate = GULL_BOUNDS_CROWN});
        gull_bounds_margins(b, &(gull_goal){GULL_MISS, 0, 0, 0}, 3, k % 4 > 1, lower);
        good &= !(lower[1] > 0) && !(lower[2] > 0); /* x0 itself is a tie */
        gull_bounds_free(b), question_free(&q), gull_graph_free(g);
    }
    tap_ok(good, "overflow proves nothing");
}

static void open_boxes_prove_nothing(void) {
    gull_graph *g = net_relu();
    question q = ask(6, false, false);
    const gull_region region = {&q.space, gull_costs[GULL_L0], 1};
    gull_bounds *b;
    double lower[4];
    gull_bounds_new(&b, g, NULL);
    gull_bounds_over(b, &region, &(gull_bounds_options){0});
    gull_bounds_margins(b, &(gull_goal){GULL_MISS, 0, 0, 0}, 4, false, lower);
    tap_ok(lower[1] == -INFINITY, "L0 in an open box: no bound, no NaN");
    gull_bounds_free(b), question_free(&q), gull_graph_free(g);
}

/* The gradient of a convolution is linear: a dense row is the sum of its numbers' rows. */
static void sparse_rows_of_convolutions(void) {
    double worst = 0;
    for (int k = 0; k < 40; k++) {
        gull_conv_shape s = {1 + k % 2, 4, 6, {{9, 7}, {0, 0}, {3, 2}, {1, 2}, {1, 1}, {1, 0}, {2, 1}}};
        gull_window *v = &s.window;
        v->stride[0] = 1 + (size_t)k % 3;
        v->dilation[1] = 1 + (size_t)k / 3 % 2;
        for (int a = 0; a < 2; a++)
            v->out[a] = (v->in[a] + v->before[a] + v->after[a] -
                         ((v->kernel[a] - 1) * v->dilation[a] + 1)) / v->stride[a] + 1;
        const size_t n = 6 * v->out[0] * v->out[1], dim = 4 * 9 * 7;
        double *w = normals(6 * 4 * 6, 1), *dy = normals(n, 1), *one = calloc(n, 8);
        double *dense = calloc(dim, 8), *sum = calloc(dim, 8);
        gull__conv_back64(&s, 1, w, dy, dense);
        for (size_t i = 0; i < n; i++) {
            one[i] = dy[i];
            gull__conv_back64(&s, 1, w, one, sum);
            one[i] = 0;
        }
        for (size_t i = 0; i < dim; i++) worst = fmax(worst, fabs(dense[i] - sum[i]));
        free(w), free(dy), free(one), free(dense), free(sum);
    }
    tap_ok(worst < 1e-12, "convolutions: sparse rows sum up to the dense one (off by %g)", worst);
}

/* A batch normalization whose shift cancels, then a great weight: paid for all the same. */
static void cancelling_shift(void) {
    int wrong = 0, plain_wrong = 0;
    for (int k = 0; k < 300; k++) {
        build net = begin(1, (int64_t[]){1});
        double *at[4];
        int in[5] = {0};
        const int64_t one = 1;
        for (int i = 0; i < 4; i++) at[i] = malloc(sizeof(double));
        *at[0] = uniform(1, 2);
        *at[2] = uniform(1e6, 2e6);
        *at[3] = uniform(0.5, 2);
        *at[1] = *at[2] * (*at[0] / sqrt(*at[3]));
        for (int i = 0; i < 4; i++) in[i + 1] = gull__graph_constant(net.g, "c", 1, &one, at[i]);
        const gull_attribute epsilon = {.name = "epsilon", .kind = 'f', .f = 0};
        add_node(&net, "BatchNormalization", in, 5, &(gull_attributes){&epsilon, 1});
        gull_graph *g = end(&net);
        const long double scale = *at[0] / sqrtl(*at[3]);
        const long double exact = (0 - (long double)*at[2]) * scale + *at[1];
        const double x0 = 0, lo = -1, hi = 1, row = 1;
        const gull_space space = {&x0, &lo, &hi, NULL, 1, false, NULL};
        const gull_region region = {&space, gull_costs[GULL_LINF], 0};
        double lower;
        gull_bounds *b;
        gull_bounds_new(&b, g, NULL);
        gull_bounds_over(b, &region, &(gull_bounds_options){0});
        gull_bounds_rows(b, &row, 1, false, &lower, NULL, NULL);
        wrong += lower > exact || b->lo[g->output][0] > exact || b->hi[g->output][0] < exact;
        plain_wrong += b->offset[0][0] > exact;
        gull_bounds_free(b), gull_graph_free(g);
    }
    tap_ok(!wrong, "cancelling batch norm: never above the exact value");
    tap_ok(plain_wrong > 50, "cancelling batch norm: plain double is, %d times of 300", plain_wrong);
}

int main(void) {
    sampled_points_stay_inside("relu", net_relu());
    sampled_points_stay_inside("sigmoid and tanh", net_smooth());
    sampled_points_stay_inside("conv", net_conv());
    sampled_points_stay_inside("residual", net_residual());
    sampled_points_stay_inside("pools and batch norm", net_pools());
    sampled_points_stay_inside("constants", net_constants());
    sampled_points_stay_inside("one window", net_window());
    sampled_points_stay_inside("moves and attributes", net_moves());
    sampled_points_stay_inside("copies beside constants", net_copies());
    sampled_points_stay_inside("choices", net_choices());
    sampled_points_stay_inside("bends", net_bends());
    sampled_points_stay_inside("groups", net_groups());
    linear_network_is_exact();
    stable_network_is_exact();
    one_input_bounds_the_minimum();
    relaxations_hold("relu", exact_relu, relu_lines);
    relaxations_hold("logistic", exact_logistic, logistic_lines);
    relaxations_hold("tanh", exact_tanh, tanh_lines);
    rounding_is_paid_for();
    cancelling_shift();
    sparse_rows_of_convolutions();
    intervals_grow_with_radius();
    goals_are_read_right();
    open_boxes_prove_nothing();
    overflow_proves_nothing();
    return tap_done();
}
