/* summary.c - see summary.h.  Rows that are misread count as fooled at every distance. */
#include "report/summary.h"
#include <stdlib.h>
#include <string.h>

gull_point gull__point_at(const gull_result *r, double eps) {
    gull_point p = {eps, 0, 0, 0};
    double done = 0;
    bool noise = false;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->status == GULL_NOT_DONE) continue;
        done++;
        noise |= a->noise_tried;
        p.fooled += a->upper <= eps;
        p.proved += a->status != GULL_MISREAD && a->lower_by >= 0 && a->lower > 0 &&
                    a->lower >= eps && a->upper > eps;
        p.noise += a->status == GULL_MISREAD || a->noise <= eps;
    }
    if (done > 0) {
        p.fooled /= done;
        p.proved /= done;
        p.noise /= done;
    }
    if (!noise) p.noise = NAN;
    return p;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of n sorted numbers; infinite or NaN when that is what stands there. */
static double quantile(const double *v, size_t n, double q) {
    if (!n) return NAN;
    return v[(size_t)(q * (double)(n - 1) + 0.5)];
}

/* Two significant digits: distances for people. */
static double rounded(double v) {
    if (!(v > 0) || isinf(v)) return v;
    const double unit = pow(10, floor(log10(v)) - 1);
    return round(v / unit) * unit;
}

static void add_row(const gull_result *r, gull_summary *s, double eps) {
    const bool fresh = !s->table_count || eps > s->table[s->table_count - 1].eps;
    if (isfinite(eps) && eps > 0 && fresh && s->table_count < GULL_TABLE)
        s->table[s->table_count++] = gull__point_at(r, eps);
}

/* The asked distances; where none was asked, those at which shares of the rows are proved
 * (rounded down, so that they still are) and fooled. */
static void fill_table(const gull_result *r, gull_summary *s, const double *upper,
                       const double *lower, size_t n) {
    static const double share[] = {0.1, 0.25, 0.5, 0.75, 0.9};
    double eps[7] = {0.95 * quantile(lower, n, 0.25), 0.95 * quantile(lower, n, 0.5)};
    for (size_t i = 0; i < r->asked.eps_count; i++) add_row(r, s, r->asked.eps[i]);
    if (r->asked.eps_count || !n) return;
    const bool open = eps[1] < 0.9 * quantile(upper, n, 0.5); /* the ends lie apart */
    for (size_t i = 0; i < 2; i++) eps[i] = open ? rounded(eps[i]) : 0;
    for (size_t i = 0; i < 5; i++) eps[2 + i] = rounded(quantile(upper, n, share[i]));
    qsort(eps, 7, sizeof *eps, ascending);
    for (size_t i = 0; i < 7; i++) add_row(r, s, eps[i]);
}

static void fill_curve(const gull_result *r, gull_summary *s, const double *upper, size_t n) {
    double far = r->asked.eps_count ? r->asked.eps[r->asked.eps_count - 1] : 0;
    size_t finite = n;
    while (finite && isinf(upper[finite - 1])) finite--;
    if (finite) far = fmax(far, 1.1 * quantile(upper, finite, 0.97));
    if (!(far > 0)) return;
    for (size_t i = 0; i < GULL_CURVE; i++)
        s->curve[s->curve_count++] = gull__point_at(r, far * (double)i / (GULL_CURVE - 1));
}

static size_t collect(const gull_result *r, gull_summary *s, double *upper, double *lower) {
    size_t n = 0;
    for (size_t i = 0; i < r->task.rows; i++) {
        const gull_answer *a = &r->answer[i];
        if (a->status == GULL_NOT_DONE) continue;
        s->rows++;
        s->count[a->status]++;
        s->queries += a->queries;
        if (a->status == GULL_MISREAD) continue;
        if (isfinite(a->upper) && (s->closest == SIZE_MAX || a->upper < r->answer[s->closest].upper))
            s->closest = i;
        upper[n] = a->upper;
        lower[n++] = a->lower_by >= 0 ? a->lower : 0;
    }
    return n;
}

int gull__summarise(const gull_result *r, gull_summary *s) {
    memset(s, 0, sizeof *s);
    s->closest = SIZE_MAX;
    double *upper = malloc(2 * (r->task.rows + 1) * sizeof *upper);
    if (!upper) return GULL_ENOMEM;
    double *lower = upper + r->task.rows;
    const size_t n = collect(r, s, upper, lower);
    bool bounded = false;
    for (size_t i = 0; i < r->task.rows; i++) bounded |= r->answer[i].lower_by >= 0;
    qsort(upper, n, sizeof *upper, ascending);
    qsort(lower, n, sizeof *lower, ascending);
    s->misread = s->count[GULL_MISREAD];
    s->median_upper = quantile(upper, n, 0.5);
    s->median_lower = bounded ? quantile(lower, n, 0.5) : NAN;
    const size_t asked = r->asked.eps_count;
    s->at = gull__point_at(r, asked ? r->asked.eps[asked - 1] : rounded(s->median_upper));
    fill_table(r, s, upper, lower, n);
    fill_curve(r, s, upper, n);
    free(upper);
    return GULL_OK;
}
