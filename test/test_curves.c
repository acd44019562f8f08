/* test_curves.c - bounds of operators that work number by number: intervals and lines hold
 * wherever they are sampled, on tiny, huge, infinite and one-point intervals, against the
 * functions in extended precision, and are tight where the function is smooth. */
#include "core/random.h"
#include "graph/exponential.h"
#include "graph/graph.h"
#include "tap.h"
#include <float.h>

typedef long double real80;
typedef struct sample {
    const char *onnx;
    int opset;
    real80 (*exact)(const double *a, real80 x); /* NaN: not defined */
    const char *name[3];
    double a[3];
    char constant; /* 'x' or 'y': a[0] is that operand */
} sample;

static real80 f_abs(const double *a, real80 x) { return (void)a, fabsl(x); }
static real80 f_exp(const double *a, real80 x) { return (void)a, expl(x); }
static real80 f_sqrt(const double *a, real80 x) { return (void)a, sqrtl(x); }
static real80 f_leaky(const double *a, real80 x) { return x < 0 ? a[0] * x : x; }
static real80 f_clip(const double *a, real80 x) {
    return x < a[0] ? fminl(a[0], a[1]) : x > a[1] ? a[1] : x;
}
static real80 f_pow(const double *a, real80 x) { return powl(x, a[0]); }

static real80 f_log(const double *a, real80 x) { return (void)a, x >= 0 ? logl(x) : NAN; }
static real80 f_erf(const double *a, real80 x) { return (void)a, erfl(x); }
static real80 f_elu(const double *a, real80 x) { return x > 0 ? x : a[0] * expm1l(x); }
static real80 f_selu(const double *a, real80 x) { return a[1] * (x > 0 ? x : a[0] * expm1l(x)); }
static real80 f_celu(const double *a, real80 x) {
    return fmaxl(x, 0) + fminl(0, a[0] * expm1l(x / a[0]));
}
static real80 f_hardsigmoid(const double *a, real80 x) {
    return fmaxl(0, fminl(1, a[0] * x + a[1]));
}
static real80 f_hardswish(const double *a, real80 x) {
    return (void)a, x * fmaxl(0, fminl(1, (x + 3) / 6));
}
static real80 softplus(real80 x) { return log1pl(expl(-fabsl(x))) + fmaxl(x, 0); }
static real80 f_softplus(const double *a, real80 x) { return (void)a, softplus(x); }
static real80 f_softsign(const double *a, real80 x) { return (void)a, x / (1 + fabsl(x)); }
static real80 f_mish(const double *a, real80 x) { return (void)a, x * tanhl(softplus(x)); }
static real80 logistic(real80 x) {
    const real80 e = expl(-fabsl(x));
    return x > 0 ? 1 / (1 + e) : e / (1 + e);
}
static real80 f_swish(const double *a, real80 x) { return x * logistic(a[0] * x); }
static real80 f_gelu(const double *a, real80 x) {
    return (void)a, 0.5L * x * erfcl(-x * 0.70710678118654752440L);
}
static real80 f_gelu_tanh(const double *a, real80 x) {
    return (void)a, x * logistic(2 * 0.79788456080286535588L * (x + 0.044715L * x * x * x));
}
static real80 f_thresholded(const double *a, real80 x) { return x > a[0] ? x : 0; }
static real80 f_over(const double *a, real80 x) { return a[0] / x; }
static real80 f_reciprocal(const double *a, real80 x) { return (void)a, 1 / x; }
static real80 f_sin(const double *a, real80 x) { return (void)a, sinl(x); }
static real80 f_cos(const double *a, real80 x) { return (void)a, cosl(x); }
static real80 f_max(const double *a, real80 x) { return fmaxl(a[0], x); }
static real80 f_min(const double *a, real80 x) { return fminl(a[0], x); }
static real80 f_floor(const double *a, real80 x) { return (void)a, floorl(x); }
static real80 f_ceil(const double *a, real80 x) { return (void)a, ceill(x); }
static real80 f_round(const double *a, real80 x) { return (void)a, rintl(x); }
static real80 f_sign(const double *a, real80 x) { return (void)a, (x > 0) - (x < 0); }

static const sample samples[] = {
    {"Abs", 13, f_abs, {0}, {0}, 0},
    {"Exp", 13, f_exp, {0}, {0}, 0},
    {"Sqrt", 13, f_sqrt, {0}, {0}, 0},
    {"LeakyRelu", 13, f_leaky, {"alpha"}, {0.25}, 0},
    {"LeakyRelu", 13, f_leaky, {"alpha"}, {-0.5}, 0},
    {"LeakyRelu", 13, f_leaky, {"alpha"}, {3}, 0},
    {"Clip", 6, f_clip, {"min", "max"}, {-0.5, 2}, 0},
    {"Clip", 6, f_clip, {"min", "max"}, {0, 6}, 0},
    {"Clip", 6, f_clip, {"min", "max"}, {0, INFINITY}, 0},
    {"Clip", 6, f_clip, {"min", "max"}, {-INFINITY, 1}, 0},
    {"Clip", 6, f_clip, {"min", "max"}, {1, 1}, 0},
    {"Pow", 13, f_pow, {0}, {2}, 'y'},
    {"Pow", 13, f_pow, {0}, {3}, 'y'},
    {"Pow", 13, f_pow, {0}, {4}, 'y'},
    {"Pow", 13, f_pow, {0}, {1}, 'y'},
    {"Pow", 13, f_pow, {0}, {0}, 'y'},
    {"Pow", 13, f_pow, {0}, {0.5}, 'y'},
    {"Pow", 13, f_pow, {0}, {1.5}, 'y'},
    {"Pow", 13, f_pow, {0}, {-0.25}, 'y'},
    {"Pow", 13, f_pow, {0}, {-1}, 'y'},
    {"Pow", 13, f_pow, {0}, {-2}, 'y'},
    {"Log", 13, f_log, {0}, {0}, 0},
    {"Erf", 13, f_erf, {0}, {0}, 0},
    {"Elu", 13, f_elu, {"alpha"}, {1}, 0},
    {"Elu", 13, f_elu, {"alpha"}, {-0.5}, 0},
    {"Elu", 13, f_elu, {"alpha"}, {3}, 0},
    {"Selu", 13, f_selu, {"alpha", "gamma"}, {1.67, 1.05}, 0},
    {"Selu", 13, f_selu, {"alpha", "gamma"}, {-0.5, -2}, 0},
    {"Celu", 13, f_celu, {"alpha"}, {2}, 0},
    {"Celu", 13, f_celu, {"alpha"}, {-0.7}, 0},
    {"HardSigmoid", 13, f_hardsigmoid, {"alpha", "beta"}, {0.2, 0.5}, 0},
    {"HardSigmoid", 13, f_hardsigmoid, {"alpha", "beta"}, {-0.3, 0.1}, 0},
    {"HardSigmoid", 13, f_hardsigmoid, {"alpha", "beta"}, {1e3, -1e4}, 0},
    {"HardSwish", 14, f_hardswish, {0}, {0}, 0},
    {"Softplus", 13, f_softplus, {0}, {0}, 0},
    {"Softsign", 13, f_softsign, {0}, {0}, 0},
    {"Mish", 18, f_mish, {0}, {0}, 0},
    {"Swish", 24, f_swish, {"alpha"}, {1}, 0},
    {"Swish", 24, f_swish, {"alpha"}, {0}, 0},
    {"Swish", 24, f_swish, {"alpha"}, {-2.5}, 0},
    {"Swish", 24, f_swish, {"alpha"}, {1.702}, 0},
    {"Gelu", 20, f_gelu, {0}, {0}, 0},
    {"Gelu", 20, f_gelu_tanh, {"approximate"}, {0}, 0},
    {"ThresholdedRelu", 13, f_thresholded, {"alpha"}, {1}, 0},
    {"ThresholdedRelu", 13, f_thresholded, {"alpha"}, {-1}, 0},
    {"Reciprocal", 13, f_reciprocal, {0}, {0}, 0},
    {"Div", 13, f_over, {0}, {2}, 'x'},
    {"Div", 13, f_over, {0}, {-3}, 'x'},
    {"Div", 13, f_over, {0}, {0}, 'x'},
    {"PRelu", 13, f_leaky, {0}, {0.25}, 'y'},
    {"PRelu", 13, f_leaky, {0}, {-2}, 'y'},
    {"Max", 13, f_max, {0}, {0.5}, 'y'},
    {"Max", 13, f_max, {0}, {0}, 'x'},
    {"Min", 13, f_min, {0}, {-1}, 'y'},
    {"Sin", 13, f_sin, {0}, {0}, 0},
    {"Cos", 13, f_cos, {0}, {0}, 0},
    {"Floor", 13, f_floor, {0}, {0}, 0},
    {"Ceil", 13, f_ceil, {0}, {0}, 0},
    {"Round", 13, f_round, {0}, {0}, 0},
    {"Sign", 13, f_sign, {0}, {0}, 0},
};

static gull_stream stream = {11, 0};
static double uniform(double lo, double hi) {
    return lo + (hi - lo) * gull__stream_uniform(&stream);
}
static double normal(void) { return gull__stream_normal(&stream); }

static gull_graph *build(const sample *s) {
    const int64_t one = 1;
    gull_graph *g = gull__graph_new(s->opset);
    gull_error err = {0, ""};
    gull_attribute item[3];
    size_t count = 0;
    const int x = gull__graph_input(g, "x", 1, &one);
    int in[2] = {x, x}, n = 1;
    const bool words = s->name[0] && !strcmp(s->name[0], "approximate");
    if (words) item[count++] = (gull_attribute){.name = s->name[0], .kind = 's', .s = "tanh"};
    for (int i = 0; i < 3 && s->name[i] && !words; i++)
        item[count++] = (gull_attribute){.name = s->name[i], .kind = 'f', .f = s->a[i]};
    if (s->constant) {
        double *v = malloc(sizeof *v);
        *v = s->a[0];
        in[s->constant == 'y'] = gull__graph_constant(g, "c", 1, &one, v);
        n = 2;
    }
    const int out = gull__graph_node(g, s->onnx, "n", 0, in, n, &(gull_attributes){item, count},
                                     &err);
    if (out >= 0 && gull__graph_finish(g, out, &err) == GULL_OK) return g;
    printf("# %s\n", err.text);
    gull_graph_free(g);
    return NULL;
}

typedef struct bounds {
    double slope[2], shift[2], range[2];
} bounds;

static bounds bounds_of(const gull_graph *g, double lo, double hi) {
    const gull_node *n = &g->node[0];
    bounds b;
    const double *los[4] = {0}, *his[4] = {0};
    gull_lines l = {&b.slope[0], &b.shift[0], &b.slope[1], &b.shift[1]};
    los[g->input] = &lo;
    his[g->input] = &hi;
    n->op64->interval(n, g, los, his, &b.range[0], &b.range[1]);
    n->op64->lines(n, g, &lo, &hi, &l);
    return b;
}

/* A point of [lo, hi]: spread evenly, crowded at either end, or about 0. */
static double point(double lo, double hi, int i) {
    const double low = fmax(lo, -1e300), high = fmin(hi, 1e300), part = i / 400.;
    double x = i == 400 ? high : i ? low + (high - low) * part : low;
    if (i % 7 == 3) x = low + (high - low) * exp(-40 * part);
    if (i % 7 == 5) x = high - (high - low) * exp(-40 * part);
    if (i % 7 == 6) x = (i & 1 ? 1 : -1) * exp(12 * part - 6);
    return x;
}

static bool hold_at(const sample *s, const bounds *b, double x) {
    const real80 y = s->exact(s->a, x), err = fabsl(y) * 1e-18L + 1e-4000L;
    if (isinf(y) || isnan(y)) return b->range[0] == -INFINITY || b->range[1] == INFINITY;
    const real80 below = (real80)b->slope[0] * x + b->shift[0];
    const real80 above = (real80)b->slope[1] * x + b->shift[1];
    return below <= y + err && y - err <= above && b->range[0] <= y + err &&
           y - err <= b->range[1];
}

/* The greatest distance of both lines in the middle goes to *gap. */
static bool holds(const sample *s, const gull_graph *g, double lo, double hi, double *gap) {
    const bounds b = bounds_of(g, lo, hi);
    for (int i = 0; i <= 400; i++) {
        const double x = point(lo, hi, i);
        if (x < lo || x > hi || hold_at(s, &b, x)) continue;
        printf("# [%.17g, %.17g] at %.17g: %.20Lg in [%.17g, %.17g], lines %.17g x + %.17g, "
               "%.17g x + %.17g\n", lo, hi, x, s->exact(s->a, x), b.range[0], b.range[1],
               b.slope[0], b.shift[0], b.slope[1], b.shift[1]);
        return false;
    }
    const double middle = lo / 2 + hi / 2;
    *gap = (b.slope[1] - b.slope[0]) * middle + b.shift[1] - b.shift[0];
    return true;
}

static double special(void) {
    static const double at[] = {
        0, 1e-300, -1e-300, 1e-160, -1e-160, 5e-324, 1e8, -1e8, 1e-8, -1e-8, 1e30, -1e30, 700,
        -700, 750, -750, 37, -37, 1, -1, INFINITY, -INFINITY, 1e200, -1e200, 1.7e308,
        -1.7e308, 20, -20, 3, -3, 0.5, -0.5, -1.5, 6, 2, -2};
    return at[gull__stream_next(&stream) % (sizeof at / sizeof *at)];
}

static void interval_to_try(int k, double *lo, double *hi) {
    *lo = k % 4 ? 3 * normal() : special();
    *hi = k % 4 == 0 ? special() : k % 4 == 1 ? 6 * normal() : *lo + exp(uniform(-45, 2));
    if (k % 4 == 3 && k % 3) *lo = k % 3 == 1 ? special() : *lo, *hi = *lo;
    if (!(*lo > *hi)) return;
    const double t = *lo;
    *lo = *hi;
    *hi = t;
}

/* Smooth functions are straight in the small: the lines close up as the square of the
 * width, however the function bends. */
static bool closes_up(const sample *s, const gull_graph *g, double *worst) {
    *worst = 0;
    for (int k = 0; k < 200; k++) {
        const double at = uniform(0.1, 5) * (k & 1 ? -1 : 1), w = 1e-3;
        double gap;
        const real80 left = s->exact(s->a, at - w), right = s->exact(s->a, at + w);
        const real80 middle = s->exact(s->a, at);
        const real80 bend = fabsl(left - 2 * middle + right);
        if (isnan(left) || isnan(right) || bend > 1e-4L) continue; /* undefined, or a kink */
        if (!holds(s, g, at - w, at + w, &gap)) return false;
        *worst = fmax(*worst, gap - 1.5 * (double)bend);
    }
    return *worst < 1e-9;
}

static void check(const sample *s) {
    gull_graph *g = build(s);
    bool good = true;
    double gap, worst;
    if (!tap_ok(g != NULL, "%s is built", s->onnx)) return;
    for (int k = 0; k < 2400 && good; k++) {
        double lo, hi;
        interval_to_try(k, &lo, &hi);
        if (lo == INFINITY || hi == -INFINITY) continue;
        good = holds(s, g, lo, hi, &gap);
    }
    tap_ok(good, "%s %g %g: bounds hold on 2,400 intervals", s->onnx, s->a[0], s->a[1]);
    good = closes_up(s, g, &worst);
    tap_ok(good, "%s %g %g: lines close up with the square of the width (off by %g)", s->onnx,
           s->a[0], s->a[1], worst);
    gull_graph_free(g);
}

/* ---- Attributes that no network should have ---- */

static double value_at(const gull_graph *g, double x) {
    double y = NAN, *value[4] = {0};
    value[g->input] = &x;
    value[g->output] = &y;
    const gull_pass64 pass = {.graph = g, .n = 1, .value = value};
    g->node[0].op64->forward(&g->node[0], &pass);
    return y;
}

/* Where the value is a number, bounds that are numbers hold. */
static bool is_bounded(const gull_graph *g, double lo, double hi) {
    const bounds b = bounds_of(g, lo, hi);
    for (int i = 0; i <= 400; i += 5) {
        const double x = point(lo, hi, i);
        if (x < lo || x > hi) continue;
        const real80 y = value_at(g, x), off = fabsl(y) * 1e-11L + 1e-300L;
        const real80 below = (real80)b.slope[0] * x + b.shift[0];
        const real80 above = (real80)b.slope[1] * x + b.shift[1];
        if (isfinite(y) && (b.range[0] > y + off || b.range[1] < y - off || below > y + off ||
                            above < y - off))
            return false;
    }
    return true;
}

static void odd_attributes_are_harmless(void) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, 1e300, -1e300, 1e-300, -1, 1};
    enum { ODD = sizeof odd / sizeof *odd };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        bool good = true;
        sample s = samples[i];
        for (int k = 0; k < ODD * ODD && good && (s.name[0] || s.constant); k++) {
            s.a[0] = odd[k % ODD];
            s.a[1] = odd[k / ODD];
            gull_graph *g = build(&s);
            for (int t = 0; t < 40 && good && g; t++) {
                double lo, hi;
                interval_to_try(t, &lo, &hi);
                if (lo == INFINITY || hi == -INFINITY) continue;
                good = is_bounded(g, lo, hi);
                if (!good) printf("# %s %g %g: [%g, %g]\n", s.onnx, s.a[0], s.a[1], lo, hi);
            }
            gull_graph_free(g);
        }
        tap_ok(good, "%s: odd attributes do no harm", s.onnx);
    }
}

/* ---- exp and exp - 1 of floats ---- */

/* In units of the last place of the right answer, subnormals in those of the least one. */
static double units_off(float got, real80 want) {
    if (isinf(got)) return want > FLT_MAX ? 0 : 1e9;
    const real80 unit = fmaxl(exp2l(floorl(log2l(fabsl(want))) - 23), 0x1p-149L);
    return (double)(fabsl(got - want) / unit);
}

static void exponentials_are_right(void) {
    double worst[2] = {0};
    for (int k = 0; k < 400000; k++) {
        const float x = k % 4 == 0 ? (float)uniform(-110, 89)
                        : k % 4 == 1 ? (float)uniform(-1, 1)
                        : k % 4 == 2 ? (float)(exp(uniform(-80, 0)) * (k & 8 ? 1 : -1))
                                     : (float)uniform(-20, 20);
        worst[0] = fmax(worst[0], units_off(gull__exp32(x), expl(x)));
        worst[1] = fmax(worst[1], units_off(gull__expm32(x), expm1l(x)));
    }
    tap_ok(worst[0] < 2, "exp of floats: off by %.2f units in the last place", worst[0]);
    tap_ok(worst[1] < 2.5, "exp - 1 of floats: off by %.2f units", worst[1]);
    tap_ok(gull__exp32(INFINITY) == INFINITY && gull__exp32(-INFINITY) == 0 &&
               gull__exp32(0) == 1 && isnan(gull__exp32(NAN)) && gull__exp32(89) == INFINITY,
           "exp of special floats");
    tap_ok(gull__expm32(INFINITY) == INFINITY && gull__expm32(-INFINITY) == -1 &&
               gull__expm32(0) == 0 && isnan(gull__expm32(NAN)), "exp - 1 of special floats");
}

int main(void) {
    exponentials_are_right();
    odd_attributes_are_harmless();
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) check(&samples[i]);
    return tap_done();
}
