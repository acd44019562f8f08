/* html_curve.c - reads the curves of a group of results and draws them: what no
 * attack fooled (upper), what is proved safe (lower), the band nobody knows between
 * them, random noise dotted. */
#include "report/html_curve.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct frame { /* pixels */
    double left, right, top, bottom, x_max;
} frame;
typedef struct box {
    double x0, y0, x1, y1;
} box;
enum { MOST_LABELS = 64 };
typedef struct labels {
    box taken[MOST_LABELS];
    size_t count;
} labels;

static double px(const frame *f, double eps) {
    return f->left + (f->right - f->left) * fmin(eps / f->x_max, 1);
}

static double py(const frame *f, double share) {
    return f->bottom - (f->bottom - f->top) * share;
}

static double unit(double share) { return fmin(fmax(share, 0), 1); }

/* ---- reading ---- */

static int read_series(const html_view *v, curve_series *s) {
    size_t i;
    json_t *point;
    const size_t n = json_array_size(v->curve);
    double *room = calloc(4 * n + 1, sizeof *room);
    if (!room) return GULL_ENOMEM;
    *s = (curve_series){.view = v, .count = n, .eps = room};
    s->unbroken = (curve_line){room + n, true};
    s->proved = (curve_line){room + 2 * n, true};
    s->calm = (curve_line){room + 3 * n, true};
    json_array_foreach(v->curve, i, point) {
        const double before = i ? s->eps[i - 1] : 0;
        s->eps[i] = fmax(html_number(point, "eps", before), before);
        s->unbroken.share[i] = 1 - unit(html_number(point, "fooled", 0));
        s->proved.share[i] = unit(html_number(point, "proved", 0));
        s->calm.share[i] = 1 - unit(html_number(point, "noise", 0));
        s->calm.drawn &= html_has(point, "noise");
    }
    return GULL_OK;
}

static double asked_most(const html_view *v) {
    size_t i;
    json_t *line;
    double most = html_number(v->summary, "eps", 0);
    json_array_foreach(v->table, i, line) most = fmax(most, html_number(line, "eps", 0));
    return most;
}

/* Where the last curve is within 1 % of its end, but no less than what was asked. */
static double choose_x_max(const curve_plot *plot) {
    double most = 0, end = 0;
    for (size_t k = 0; k < plot->count; ++k) {
        const curve_series *s = &plot->series[k];
        size_t i = s->count - 1;
        end = fmax(end, s->eps[i]);
        while (i && fabs(s->unbroken.share[i - 1] - s->unbroken.share[s->count - 1]) < 0.01 &&
               fabs(s->proved.share[i - 1] - s->proved.share[s->count - 1]) < 0.01)
            --i;
        most = fmax(most, fmax(1.06 * s->eps[i], 1.02 * asked_most(s->view)));
    }
    most = fmin(most, end);
    return most > 0 ? most : 1;
}

int curve_open(const html_report *r, size_t group, curve_plot *plot) {
    *plot = (curve_plot){.series = calloc(r->count, sizeof *plot->series)};
    if (!plot->series) return GULL_ENOMEM;
    HTML_EACH(r, v) {
        if (v->group != group || json_array_size(v->curve) < 2) continue;
        const int status = read_series(v, &plot->series[plot->count++]);
        if (status < 0) return curve_close(plot), status;
    }
    plot->x_max = plot->count ? choose_x_max(plot) : 1;
    return GULL_OK;
}

void curve_close(curve_plot *plot) {
    for (size_t k = 0; k < plot->count; ++k) free(plot->series[k].eps);
    free(plot->series);
    *plot = (curve_plot){0};
}

double curve_share(const curve_series *s, const curve_line *line, double eps) {
    for (size_t i = 1; i < s->count; ++i) {
        const double width = s->eps[i] - s->eps[i - 1];
        if (s->eps[i] < eps || width <= 0) continue;
        const double t = fmin(fmax((eps - s->eps[i - 1]) / width, 0), 1);
        return line->share[i - 1] + t * (line->share[i] - line->share[i - 1]);
    }
    return line->share[s->count - 1];
}

/* ---- axes ---- */

static double nice_step(double range, int most) {
    const double rough = range / most, power = pow(10, floor(log10(rough)));
    const double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; ++i)
        if (steps[i] * power >= rough * (1 - 1e-9)) return steps[i] * power;
    return 10 * power;
}

static void draw_y_axis(html_page *p, const frame *f) {
    for (int k = 0; k <= 4; ++k) {
        const double y = py(f, k / 4.0);
        html_add(p, "<path class=grid d=\"M%.1f %.1fH%.1f\"/>", f->left, y, f->right);
        html_add(p, "<text class=tick x=\"%.1f\" y=\"%.1f\" text-anchor=end>%d%s</text>",
                 f->left - 8, y + 4, 25 * k, k == 4 ? HTML_NNBSP "%" : "");
    }
}

static void draw_x_axis(html_page *p, const frame *f, const char *symbol) {
    const double step = nice_step(f->x_max, f->right - f->left > 450 ? 8 : 4);
    for (int k = 0; k * step <= f->x_max * (1 + 1e-9) && k < 20; ++k) {
        const double x = px(f, k * step);
        html_add(p, "<path class=axis d=\"M%.1f %.1fv5\"/>", x, f->bottom);
        html_add(p, "<text class=tick x=\"%.1f\" y=\"%.1f\" text-anchor=middle>%.6g</text>",
                 x, f->bottom + 20, k * step);
    }
    html_add(p, "<path class=axis d=\"M%.1f %.1fH%.1f\"/>", f->left, f->bottom, f->right);
    html_add(p, "<text class=title x=\"%.1f\" y=\"%.1f\" text-anchor=middle>", 
             (f->left + f->right) / 2, f->bottom + 42);
    html_add(p, "size of the change, %s</text>", symbol);
}

/* ---- lines ---- */

static void line_points(html_page *p, const frame *f, const curve_series *s,
                        const curve_line *line, bool back) {
    for (size_t k = 0; k < s->count; ++k) {
        const size_t i = back ? s->count - 1 - k : k;
        if (s->eps[i] > f->x_max) continue;
        html_add(p, "%c%.2f %.2f", k || back ? 'L' : 'M', px(f, s->eps[i]),
                 py(f, line->share[i]));
    }
}

static bool cut_off(const frame *f, const curve_series *s) {
    return s->eps[s->count - 1] > f->x_max;
}

static void end_point(html_page *p, const frame *f, const curve_series *s,
                      const curve_line *line) {
    if (cut_off(f, s))
        html_add(p, "L%.2f %.2f", f->right, py(f, curve_share(s, line, f->x_max)));
}

static void draw_band(html_page *p, const frame *f, const curve_series *s) {
    html_raw(p, "<path class=band d=\"");
    line_points(p, f, s, &s->unbroken, false);
    end_point(p, f, s, &s->unbroken);
    end_point(p, f, s, &s->proved);
    line_points(p, f, s, &s->proved, true);
    html_raw(p, "Z\"/>");
}

static void draw_line(html_page *p, const frame *f, const curve_series *s,
                      const curve_line *line, const char *class) {
    html_add(p, "<path class=%s d=\"", class);
    line_points(p, f, s, line, false);
    end_point(p, f, s, line);
    html_raw(p, "\"/>");
}

static void draw_series(html_page *p, const frame *f, const curve_series *s) {
    html_add(p, "<g class=\"m%zu\">", s->view->index % HTML_COLOURS);
    draw_band(p, f, s);
    if (s->calm.drawn) draw_line(p, f, s, &s->calm, "calm");
    draw_line(p, f, s, &s->proved, "proved");
    draw_line(p, f, s, &s->unbroken, "unbroken");
    html_add(p, "<circle class=clean cx=\"%.2f\" cy=\"%.2f\" r=\"4.5\"/></g>", px(f, 0),
             py(f, s->unbroken.share[0]));
}

/* ---- direct labels: the free place nearest to the line ---- */

/* How often the line runs through the box. */
static int hits(const frame *f, const curve_series *s, const curve_line *line, box b) {
    int count = 0;
    double before = NAN;
    for (double x = b.x0; x <= b.x1 && line->drawn; x += 3) {
        if (x < f->left || x > f->right) continue;
        const double eps = (x - f->left) / (f->right - f->left) * f->x_max;
        const double y = py(f, curve_share(s, line, eps));
        count += fmax(y, before) >= b.y0 && fmin(y, before) <= b.y1;
        before = y;
    }
    return count;
}

static double crowding(const frame *f, const curve_plot *plot, const labels *l, box b) {
    double cost = 0;
    if (b.x0 < f->left + 4 || b.x1 > f->right + 6 || b.y0 < f->top - 4 || b.y1 > f->bottom)
        cost += 1000;
    for (size_t i = 0; i < l->count; ++i) {
        const box t = l->taken[i];
        if (b.x0 < t.x1 && t.x0 < b.x1 && b.y0 < t.y1 && t.y0 < b.y1) cost += 200;
    }
    for (size_t k = 0; k < plot->count; ++k) {
        const curve_series *s = &plot->series[k];
        cost += hits(f, s, &s->unbroken, b) + hits(f, s, &s->proved, b) +
                0.3 * hits(f, s, &s->calm, b);
    }
    return cost;
}

/* Where the line first falls to a share, in pixels; outside when it never does. */
static double crossing(const frame *f, const curve_series *s, const curve_line *line,
                       double share) {
    for (double x = f->left; x <= f->right; x += 2)
        if (curve_share(s, line, (x - f->left) / (f->right - f->left) * f->x_max) <= share)
            return x;
    return INFINITY;
}

/* Tries both sides of the line at all heights, and above it along its length. */
static box free_place(const frame *f, const curve_plot *plot, const curve_series *s,
                      const curve_line *line, const labels *l, double width) {
    box best = {f->left, f->top, f->left + width, f->top + 16};
    double least = INFINITY;
    for (int k = 0; k < 3 * 24; ++k) {
        const double share = 0.97 - 0.04 * (k / 3);
        double x = crossing(f, s, line, share), y = py(f, share);
        if (k % 3 == 2) {
            x = f->left + (f->right - f->left - width) * (k / 3) / 23.0;
            const double eps = (x - f->left) / (f->right - f->left) * f->x_max;
            y = py(f, curve_share(s, line, eps)) - 13;
        } else {
            x += k % 3 ? -10 - width : 10;
        }
        if (!isfinite(x)) continue;
        const box b = {x, y - 9, x + width, y + 9};
        const double cost = crowding(f, plot, l, b) + 2 * fabs(share - 0.45) + 0.4 * (k % 3);
        if (cost < least) least = cost, best = b;
    }
    return best;
}

static void put_label(html_page *p, const frame *f, const curve_plot *plot,
                      const curve_series *s, const curve_line *line, labels *l,
                      const char *text, const html_view *name) {
    size_t points = name ? html_points(name->name) : html_points(text);
    if (points > 34) points = 34;
    const double width = 7.3 * (double)(points + (name && name->twin ? 4 : 0));
    const box b = free_place(f, plot, s, line, l, width);
    if (l->count < MOST_LABELS) l->taken[l->count++] = b;
    html_add(p, "<text class=\"label m%zu\" x=\"%.1f\" y=\"%.1f\">",
             s->view->index % HTML_COLOURS, b.x0, b.y1 - 4);
    if (name) {
        html_text_cut(p, name->name, 33);
        if (name->twin) html_add(p, " (%zu)", name->twin + 1);
    } else {
        html_raw(p, text);
    }
    html_raw(p, "</text>");
}

static double widest_gap(const curve_series *s) {
    double widest = 0;
    for (size_t i = 0; i < s->count; ++i)
        widest = fmax(widest, s->unbroken.share[i] - s->proved.share[i]);
    return widest;
}

static void label_one(html_page *p, const frame *f, const curve_plot *plot, labels *l) {
    const curve_series *s = &plot->series[0];
    const bool exact = widest_gap(s) < 0.02;
    put_label(p, f, plot, s, &s->unbroken, l,
              exact ? "proved safe = not fooled" : "not fooled by any attack tried", NULL);
    if (!exact) put_label(p, f, plot, s, &s->proved, l, "proved safe", NULL);
}

static void draw_labels(html_page *p, const frame *f, const curve_plot *plot) {
    labels l = {.count = 0};
    if (plot->count == 1)
        label_one(p, f, plot, &l);
    else
        for (size_t k = 0; k < plot->count; ++k) {
            const curve_series *s = &plot->series[k];
            put_label(p, f, plot, s, &s->unbroken, &l, NULL, s->view);
        }
    for (size_t k = 0; k < plot->count; ++k) {
        const curve_series *s = &plot->series[k];
        if (!s->calm.drawn) continue;
        put_label(p, f, plot, s, &s->calm, &l, "random noise", NULL);
        break;
    }
}

/* ---- the whole ---- */

static void describe(html_page *p, const curve_plot *plot, const char *class) {
    const html_view *first = plot->series[0].view;
    html_add(p, "<title id=\"t%zu%c\">Share of inputs not fooled, and share proved safe, "
                "by the size of the change</title><desc id=\"d%zu%c\">",
             first->index, *class, first->index, *class);
    for (size_t k = 0; k < plot->count; ++k) {
        const curve_series *s = &plot->series[k];
        html_name(p, s->view);
        html_add(p, ": %.0f %% read right without any change. ", 100 * s->unbroken.share[0]);
        for (int j = 1; j <= 4; ++j) {
            const double eps = plot->x_max * j / 4;
            html_add(p, "At %.3g: %.0f %% not fooled, %.0f %% proved safe. ", eps,
                     100 * curve_share(s, &s->unbroken, eps),
                     100 * curve_share(s, &s->proved, eps));
        }
    }
    html_raw(p, "The tables below hold the numbers.</desc>");
}

void curve_draw(html_page *p, const curve_plot *plot, const char *class, double width,
                double height) {
    const frame f = {50, width - 14, 14, height - 54, plot->x_max};
    const html_view *first = plot->series[0].view;
    html_add(p, "<svg class=\"plot %s\" viewBox=\"0 0 %.0f %.0f\" role=img ", class, width,
             height);
    html_add(p, "aria-labelledby=\"t%zu%c d%zu%c\" data-left=\"%.0f\" data-right=\"%.0f\" ",
             first->index, *class, first->index, *class, f.left, f.right);
    html_add(p, "data-top=\"%.0f\" data-bottom=\"%.0f\" data-x-max=\"%.17g\">", f.top,
             f.bottom, f.x_max);
    describe(p, plot, class);
    draw_y_axis(p, &f);
    draw_x_axis(p, &f, html_norm_symbol(first->norm));
    for (size_t k = plot->count; k-- > 0;) draw_series(p, &f, &plot->series[k]);
    html_add(p, "<path class=cursor d=\"M0 %.1fV%.1f\"/>", f.top, f.bottom);
    draw_labels(p, &f, plot);
    html_raw(p, "</svg>");
}
