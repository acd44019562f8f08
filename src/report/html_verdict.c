/* html_verdict.c - the first lines of the page: for each model the answer in plain
 * words, and with several models whether only the deep one can be fooled. */
#include "report/html.h"
#include <string.h>

/* "may every pixel change by at most 8/255" */
static void change_of(html_page *p, const html_view *v, double eps, int direction) {
    const char *cell = v->width ? "pixel value" : "feature";
    if (!strcmp(v->norm, "linf")) {
        html_add(p, "a change of at most <b>");
        html_distance(p, v, eps, direction);
        html_add(p, "</b> in each %s", cell);
    } else if (!strcmp(v->norm, "l0")) {
        html_add(p, "a change of at most <b>%.0f</b> %s%s", floor(eps), cell,
                 floor(eps) == 1 ? "" : "s");
    } else {
        html_add(p, "a change of at most <b>");
        html_distance(p, v, eps, direction);
        html_add(p, "</b> in all (%s, %s)", html_norm_symbol(v->norm),
                 !strcmp(v->norm, "l2") ? "the length of the change"
                                        : "the sum of all changes");
    }
}

static void say_clean(html_page *p, const html_view *v) {
    const double clean = html_number(v->summary, "clean", NAN);
    html_raw(p, "<b class=name>");
    html_name(p, v);
    if (!strcmp(html_string(v->data, "labels", "data"), "model")) {
        html_raw(p, "</b> is asked about ");
        html_count(p, (double)v->rows);
        html_raw(p, v->rows == 1 ? " input. " : " inputs. ");
        html_raw(p, "The data has no labels: the model’s own answer counts as right. ");
        return;
    }
    html_raw(p, "</b> reads ");
    html_share(p, clean, v->rows);
    html_raw(p, " of the inputs right. ");
}

static void say_eps(html_page *p, const html_view *v) {
    if (!html_has(v->summary, "eps")) return;
    const double fooled = html_number(v->summary, "fooled", 0);
    const double proved = html_number(v->summary, "proved", 0);
    const double undecided = html_number(v->summary, "undecided", 0);
    html_raw(p, "With ");
    change_of(p, v, html_number(v->summary, "eps", 0), HTML_NEAR);
    html_raw(p, ", <b>");
    html_percent(p, fooled, v->rows);
    html_raw(p, " are fooled</b>, for <b>");
    html_percent(p, proved, v->rows);
    html_raw(p, " it is proved</b> that no such change exists, ");
    if (undecided > 1e-9) {
        html_raw(p, "and ");
        html_percent(p, undecided, v->rows);
        html_raw(p, " are undecided. ");
    } else {
        html_raw(p, "and none is undecided. ");
    }
}

static void bold_distance(html_page *p, const html_view *v, double value, int direction) {
    html_raw(p, "<b>");
    html_distance(p, v, value, direction);
    html_raw(p, "</b>");
}

static void say_median(html_page *p, const html_view *v) {
    const double upper = html_number(v->summary, "median_upper", NAN);
    const double lower = html_number(v->summary, "median_lower", NAN);
    if (isnan(upper) && !(lower > 0)) return;
    html_raw(p, "For the median input that it reads right, the smallest change that fools it ");
    if (isnan(upper)) {
        html_raw(p, "was not found; it is proved to be no smaller than ");
        bold_distance(p, v, lower, HTML_DOWN);
    } else if (upper - lower <= 1e-4 * upper) {
        html_raw(p, "is exactly ");
        bold_distance(p, v, upper, HTML_NEAR);
    } else if (lower > 0) {
        html_raw(p, "is between ");
        bold_distance(p, v, lower, HTML_DOWN);
        html_raw(p, " (proved) and ");
        bold_distance(p, v, upper, HTML_UP);
        html_raw(p, " (found)");
    } else {
        html_raw(p, "is at most ");
        bold_distance(p, v, upper, HTML_UP);
    }
    html_raw(p, ". ");
}

void html_closest(html_page *p, const html_view *v) {
    const json_t *closest = json_object_get(v->summary, "closest");
    if (!json_is_object(closest)) return;
    html_add(p, "Closest of all: row %.0f, where ", html_number(closest, "row", 0));
    change_of(p, v, html_number(closest, "distance", NAN), HTML_UP);
    html_raw(p, " turns “");
    html_class(p, v, json_object_get(closest, "from"));
    html_raw(p, "” into “");
    html_class(p, v, json_object_get(closest, "to"));
    html_raw(p, "”.");
}

/* Before any number: a failed self-check means that what was not fooled may still fall. */
static void say_doubts(html_page *p, const html_view *v) {
    const json_t *doubts = json_object_get(v->summary, "doubts");
    size_t i;
    json_t *name;
    if (!json_array_size(doubts)) return;
    html_raw(p, "<b class=doubt>The attacks are not to be trusted here</b>: what was not fooled is "
                "not shown to be robust. These self-checks failed: ");
    json_array_foreach(doubts, i, name) {
        if (i) html_raw(p, "; ");
        html_text_cut(p, json_is_string(name) ? json_string_value(name) : "", 80);
    }
    html_raw(p, ". ");
}

static void say_model(html_page *p, const html_view *v, bool alone) {
    html_add(p, "<p class=\"verdict m%zu\">", v->index % HTML_COLOURS);
    if (!v->rows) {
        html_raw(p, "<b class=name>");
        html_name(p, v);
        html_raw(p, "</b> was asked about no inputs: there is nothing to say about it.</p>");
        return;
    }
    say_doubts(p, v);
    say_clean(p, v);
    say_eps(p, v);
    say_median(p, v);
    if (alone) html_closest(p, v);
    html_raw(p, "</p>");
}

/* ---- is it only the deep one? ---- */

static bool is_deep(const html_view *v) {
    return !strcmp(html_string(v->model, "family", ""), "network");
}

/* Fooled among the rows read right: misreading is another fault. */
static double fooled_of_clean(const html_view *v, double eps) {
    const double clean = 1 - html_curve_at(v, 0, "fooled");
    const double fooled = html_curve_at(v, eps, "fooled");
    return clean > 0 ? fmin(fmax((fooled + clean - 1) / clean, 0), 1) : NAN;
}

static double common_eps(const html_report *r, size_t group) {
    double eps = NAN;
    HTML_EACH(r, v) {
        const double asked = html_number(v->summary, "eps", NAN);
        const double median = html_number(v->summary, "median_upper", NAN);
        const double own = isnan(asked) ? median : asked;
        if (v->group == group && is_deep(v) && (isnan(eps) || own < eps)) eps = own;
    }
    return eps;
}

typedef struct contest {
    size_t deep, other;
    double deep_most, other_most; /* fooled of clean */
    const html_view *deep_worst, *other_worst;
} contest;

static contest compare(const html_report *r, size_t group, double eps) {
    contest c = {.deep_most = -1, .other_most = -1};
    HTML_EACH(r, v) {
        const double fooled = fooled_of_clean(v, eps);
        if (v->group != group || isnan(fooled)) continue;
        const bool deep = is_deep(v);
        double *most = deep ? &c.deep_most : &c.other_most;
        *(deep ? &c.deep : &c.other) += 1;
        if (fooled <= *most) continue;
        *most = fooled;
        *(deep ? &c.deep_worst : &c.other_worst) = v;
    }
    return c;
}

static const char *answer(const contest *c) {
    double deep_low, deep_high, other_low, other_high;
    html_wilson(c->deep_most, c->deep_worst->rows, &deep_low, &deep_high);
    html_wilson(c->other_most, c->other_worst->rows, &other_low, &other_high);
    if (other_high >= deep_low && c->deep_most > 0) return "No. ";
    if (c->other_most == 0) return "At this distance, yes. ";
    return "Not only, but more. ";
}

static void deep_answer(html_page *p, const html_report *r, size_t group) {
    const double eps = common_eps(r, group);
    const contest c = compare(r, group, eps);
    if (isnan(eps) || !c.deep || !c.other) return;
    html_raw(p, "<p class=deep><b>Is it only the deep one?</b> <b>");
    html_raw(p, answer(&c));
    html_raw(p, "</b>Of the inputs each model reads right, ");
    change_of(p, c.deep_worst, eps, HTML_NEAR);
    html_raw(p, " fools ");
    const char *between = "";
    HTML_EACH(r, v) {
        const double fooled = fooled_of_clean(v, eps);
        if (v->group != group || isnan(fooled)) continue;
        html_raw(p, between);
        html_percent(p, fooled, v->rows);
        html_raw(p, " for ");
        html_name(p, v);
        html_raw(p, " (");
        html_text_cut(p, html_string(v->model, "family", "unknown family"), 24);
        html_raw(p, ")");
        between = ", ";
    }
    html_raw(p, ".</p>");
}

void html_verdict(html_page *p, const html_report *r) {
    html_raw(p, "<section class=answer aria-label=Verdict>");
    HTML_EACH(r, v) say_model(p, v, r->count == 1);
    HTML_EACH(r, v)
        if (v->group == v->index) deep_answer(p, r, v->group);
    html_raw(p, "</section>");
}
