/* html_figure.c - one figure for each group of results whose distances can be
 * compared: the picture at two sizes, what to see in it, the slider's readout. */
#include "report/html_curve.h"
#include <string.h>

static void readout_numbers(html_page *p, const curve_series *s, const char *name,
                            const curve_line *line) {
    html_add(p, " data-%s=\"", name);
    for (size_t i = 0; i < s->count; ++i)
        html_add(p, "%s%.6g", i ? " " : "", line ? line->share[i] : s->eps[i]);
    html_raw(p, "\"");
}

/* Works by script only: hidden without. */
static void slider(html_page *p, const curve_plot *plot) {
    const size_t group = plot->series[0].view->group;
    html_add(p, "<form class=slider data-group=\"%zu\" hidden><label>Size of the change "
                "<input type=range min=0 max=1000 value=0 data-x-max=\"%.17g\"></label> "
                "<output></output><ul>",
             group, plot->x_max);
    for (size_t k = 0; k < plot->count; ++k) {
        const curve_series *s = &plot->series[k];
        html_add(p, "<li class=\"m%zu\"", s->view->index % HTML_COLOURS);
        readout_numbers(p, s, "eps", NULL);
        readout_numbers(p, s, "unbroken", &s->unbroken);
        readout_numbers(p, s, "proved", &s->proved);
        html_raw(p, "><b>");
        html_name(p, s->view);
        html_raw(p, "</b> <span></span></li>");
    }
    html_raw(p, "</ul></form>");
}

static bool any_noise(const curve_plot *plot) {
    for (size_t k = 0; k < plot->count; ++k)
        if (plot->series[k].calm.drawn) return true;
    return false;
}

static void caption(html_page *p, const curve_plot *plot) {
    html_raw(p, "<figcaption><b>How to read it.</b> ");
    if (plot->count > 1) html_raw(p, "One colour for each model. ");
    html_raw(p, "The solid line is the share of inputs that no attack fooled with a change "
                "of that size; the dashed line is the share for which it is proved that no "
                "such change exists. The truth lies in the band between them. The dot at "
                "zero is the share read right without any change.");
    if (any_noise(plot))
        html_raw(p, " The dotted line is random noise of the same size: the distance "
                    "between it and the solid line is how special the worst case is.");
    if (plot->count > 1) html_raw(p, " A line ends where its result ends.");
    for (size_t k = 0; k < plot->count; ++k)
        if (plot->series[k].eps[plot->series[k].count - 1] > plot->x_max) {
            html_raw(p, " Farther right the lines are nearly flat and are not drawn.");
            break;
        }
    html_raw(p, "</figcaption>");
}

static void figure(html_page *p, const curve_plot *plot) {
    html_raw(p, "<figure class=curve>");
    curve_draw(p, plot, "wide", 760, 400);
    curve_draw(p, plot, "narrow", 380, 360);
    slider(p, plot);
    caption(p, plot);
    html_raw(p, "</figure>");
}

static void group_title(html_page *p, const html_report *r, size_t group) {
    const html_view *v = &r->view[group];
    bool several = false;
    HTML_EACH(r, other) several |= other->group != group;
    if (!several) return;
    html_add(p, "<h3>%s, ", html_norm_symbol(v->norm));
    html_count(p, (double)v->features);
    html_raw(p, " features");
    if (v->low < v->high) html_add(p, ", values %.6g to %.6g", v->low, v->high);
    html_raw(p, "</h3>");
}

static void draw_group(html_page *p, const html_report *r, size_t group) {
    curve_plot plot;
    if (curve_open(r, group, &plot) < 0) {
        p->failed = true;
        return;
    }
    group_title(p, r, group);
    if (plot.count)
        figure(p, &plot);
    else
        html_raw(p, "<p class=empty>No curve: the result holds too few distances.</p>");
    curve_close(&plot);
}

void html_curves(html_page *p, const html_report *r) {
    html_raw(p, "<section aria-labelledby=picture><h2 id=picture>The picture</h2>");
    HTML_EACH(r, v)
        if (v->group == v->index) draw_group(p, r, v->group);
    html_raw(p, "</section>");
}
