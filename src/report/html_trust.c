/* html_trust.c - "How sure are these numbers": what stands behind each input's number,
 * the self-checks of the result, one more that the page computes from the inputs
 * (contradictions), and what was not tested. */
#include "report/html.h"
#include <stdio.h>
#include <string.h>

static const struct status {
    const char *name, *count, *title, *meaning; /* in the inputs, in the summary */
} statuses[] = {
    {"exact", "exact", "Exact", "smallest change found and proved smallest"},
    {"bracketed", "bracketed", "Bracketed", "lies between a proved and a found distance"},
    {"attacked", "attacked", "Attacked only", "found; whether less would do is unknown"},
    {"proved", "proved_only", "Proved only", "proved safe as far as asked; nothing found"},
    {"undecided", "undecided_rows", "Undecided", "nothing found, nothing proved as far as asked"},
    {"misread", "misread", "Misread", "wrong without any change"},
};
enum { STATUSES = sizeof statuses / sizeof *statuses };

static size_t count_of(const html_view *v, const struct status *s) {
    if (json_array_size(v->inputs)) return html_status_count(v, s->name);
    return (size_t)fmin(fmax(0, html_number(v->summary, s->count, 0)), 1e15);
}

static void status_bar(html_page *p, const html_view *v) {
    double at = 0, all = 0;
    for (int k = 0; k < STATUSES; ++k) all += (double)count_of(v, &statuses[k]);
    html_raw(p, "<svg class=bar viewBox=\"0 0 100 6\" preserveAspectRatio=none "
                "aria-hidden=true>");
    for (int k = 0; k < STATUSES && all > 0; ++k) {
        const double width = 100 * (double)count_of(v, &statuses[k]) / all;
        if (width > 0)
            html_add(p, "<rect class=\"%s\" x=\"%.3f\" y=0 width=\"%.3f\" height=6 />",
                     statuses[k].name, at, fmax(width - 0.3, 0.1));
        at += width;
    }
    html_raw(p, "</svg>");
}

static void status_row(html_page *p, const html_view *v) {
    html_add(p, "<tr><th scope=row class=\"model m%zu\">", v->index % HTML_COLOURS);
    html_name(p, v);
    status_bar(p, v);
    html_raw(p, "</th>");
    for (int k = 0; k < STATUSES; ++k) {
        const size_t count = count_of(v, &statuses[k]);
        html_raw(p, count ? "<td>" : "<td class=none>");
        html_count(p, (double)count);
        html_raw(p, "</td>");
    }
    html_raw(p, "</tr>");
}

static void status_table(html_page *p, const html_report *r) {
    html_raw(p, "<div class=scroll tabindex=0 role=group aria-labelledby=sure><table>"
                "<caption>Inputs by what stands behind their number</caption>"
                "<thead><tr><th scope=col>Model</th>");
    for (int k = 0; k < STATUSES; ++k)
        html_add(p, "<th scope=col class=\"num\"><span class=\"key %s\"></span>%s"
                    "<span class=sub>%s</span></th>",
                 statuses[k].name, statuses[k].title, statuses[k].meaning);
    html_raw(p, "</tr></thead><tbody>");
    HTML_EACH(r, v) status_row(p, v);
    html_raw(p, "</tbody></table></div>");
}

/* ---- checks ---- */

static void check(html_page *p, const char *result, const char *name, const char *detail) {
    const char *mark = !strcmp(result, "pass") ? "pass" : !strcmp(result, "fail") ? "fail"
                                                                                  : "skip";
    html_add(p, "<li class=%s><b class=mark>", mark);
    html_text_cut(p, result, 12);
    html_raw(p, "</b> <b>");
    html_text(p, name);
    html_raw(p, "</b> ");
    html_text(p, detail);
    html_raw(p, "</li>");
}

static void contradictions(html_page *p, const html_view *v) {
    size_t i, both = 0, wrong = 0;
    json_t *input;
    char detail[160];
    json_array_foreach(v->inputs, i, input) {
        const double lower = html_number(input, "lower", NAN);
        const double upper = html_number(input, "upper", NAN);
        both += !isnan(lower) && !isnan(upper);
        wrong += lower > upper;
    }
    snprintf(detail, sizeof detail,
             "%zu of %zu inputs with both ends have a found change below a proved bound.",
             wrong, both);
    check(p, wrong ? "fail" : both ? "pass" : "not run", "No contradiction, counted again by this page", detail);
}

static void checks_of(html_page *p, const html_report *r, const html_view *v) {
    size_t i;
    json_t *one;
    if (r->count > 1) {
        html_add(p, "<h4 class=\"m%zu\">", v->index % HTML_COLOURS);
        html_name(p, v);
        html_raw(p, "</h4>");
    }
    html_raw(p, "<ul class=checks>");
    json_array_foreach(v->checks, i, one)
        check(p, html_string(one, "result", "not run"), html_string(one, "name", "unnamed"),
              html_string(one, "detail", ""));
    contradictions(p, v);
    html_raw(p, "</ul>");
}

/* ---- what was not tested ---- */

static bool said_before(const html_report *r, const html_view *v, const json_t *sentence) {
    for (const html_view *u = r->view; u < v; ++u) {
        size_t i;
        json_t *other;
        json_array_foreach(u->untested, i, other) if (json_equal(other, sentence)) return true;
    }
    return false;
}

static void untested(html_page *p, const html_report *r) {
    size_t i, said = 0;
    json_t *sentence;
    html_raw(p, "<section aria-labelledby=untested><h2 id=untested>What was not tested</h2>"
                "<ul class=plain>");
    HTML_EACH(r, v) json_array_foreach(v->untested, i, sentence) {
        if (!json_is_string(sentence) || said_before(r, v, sentence)) continue;
        html_raw(p, "<li>");
        html_text(p, json_string_value(sentence));
        html_raw(p, "</li>");
        ++said;
    }
    if (!said) html_raw(p, "<li>The results do not say.</li>");
    html_raw(p, "</ul></section>");
}

void html_trust(html_page *p, const html_report *r) {
    html_raw(p, "<section aria-labelledby=sure><h2 id=sure>How sure are these numbers</h2>"
                "<p>Every answer is an interval: proved from below, found from above. A found "
                "change was put inside the allowed range, rounded to the precision the model "
                "runs in and asked again of a second evaluator before it was counted. A proof "
                "shows <i>stability</i> in the sense of ISO/IEC 24029-2; no attack, however "
                "clever, gets below it.</p>");
    status_table(p, r);
    html_raw(p, "<h3>Self-checks</h3>");
    HTML_EACH(r, v) checks_of(p, r, v);
    html_raw(p, "</section>");
    untested(p, r);
}
