/* html_cases.c - the gallery: what the model was shown, the smallest change found, the
 * difference, both answers; for tables the changed cells. */
#include "report/html.h"
#include <stdlib.h>
#include <string.h>

enum { LARGE = 96, MOST_CHANGES = 12, MOST_BYTES = 8 << 20 };

typedef struct pair { /* both arrays in one allocation */
    float *before, *after, *change;
} pair;

static bool read_pair(const html_view *v, const json_t *item, pair *both) {
    if (!v->features || v->features > (1u << 26)) return false;
    float *room = malloc(3 * v->features * sizeof *room);
    *both = (pair){room, room + v->features, room + 2 * v->features};
    if (!room) return false;
    if (html_floats(json_object_get(item, "original"), v->features, both->before) &&
        html_floats(json_object_get(item, "witness"), v->features, both->after)) {
        for (size_t i = 0; i < v->features; ++i)
            both->change[i] = both->after[i] - both->before[i];
        return true;
    }
    free(room);
    both->before = NULL;
    return false;
}

/* ---- pictures ---- */

/* The greatest 1, 2 or 5 times a power of ten that keeps the change within the range. */
static double amplification(double most, double range) {
    if (!(most > 0) || !(range > 0)) return 1;
    const double power = pow(10, floor(log10(range / most)));
    const double digit = range / most / power * (1 + 1e-6);
    return power * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}

static void range_of(const html_view *v, const pair *both, double *low, double *high) {
    *low = v->low, *high = v->high;
    if (v->low < v->high) return;
    *low = INFINITY, *high = -INFINITY;
    for (size_t i = 0; i < 2 * v->features; ++i) { /* before and after are neighbours */
        *low = fmin(*low, both->before[i]);
        *high = fmax(*high, both->before[i]);
    }
    if (!(*low < *high)) *high = *low + 1;
}

static void picture(html_page *p, const html_view *v, const float *x, double low,
                    double high, const char *what) {
    html_add(p, "<div class=pane><img width=%zu height=%zu alt=\"%s\" src=\"", v->width,
             v->height, what);
    html_picture_uri(p, v, x, low, high);
    html_raw(p, "\">");
}

static void pictures(html_page *p, const html_view *v, const pair *both) {
    double low, high, most = 0;
    range_of(v, both, &low, &high);
    for (size_t i = 0; i < v->features; ++i) most = fmax(most, fabs(both->change[i]));
    /* half a range up is white, half a range down is black */
    const double scale = amplification(most, (high - low) / 2);
    const double half = (high - low) / 2 / scale;
    html_raw(p, "<div class=panes>");
    picture(p, v, both->before, low, high, "the input");
    html_raw(p, "<span>input</span></div>");
    picture(p, v, both->after, low, high, "the changed input");
    html_raw(p, "<span>changed</span></div>");
    picture(p, v, both->change, -half, half, "the difference, amplified");
    html_add(p, "<span>change ×%.6g</span></div></div>", scale);
}

/* ---- tables ---- */

static size_t greatest_change(const html_view *v, const float *change) {
    size_t best = 0;
    for (size_t i = 1; i < v->features; ++i)
        if (fabsf(change[i]) > fabsf(change[best])) best = i;
    return best;
}

static size_t count_changes(const html_view *v, const float *change) {
    size_t count = 0;
    for (size_t i = 0; i < v->features; ++i) count += change[i] != 0;
    return count;
}

/* Uses up `change`: each cell written is set to zero. */
static void changed_cells(html_page *p, const html_view *v, const pair *both) {
    const size_t count = count_changes(v, both->change);
    html_add(p, "<table class=cells><caption>%zu of %zu features changed</caption><thead><tr>"
                "<th scope=col>Feature</th><th scope=col class=num>Input</th>"
                "<th scope=col class=num>Changed</th></tr></thead><tbody>",
             count, v->features);
    for (size_t k = 0; k < count && k < MOST_CHANGES; ++k) {
        const size_t i = greatest_change(v, both->change);
        html_raw(p, "<tr><th scope=row>");
        html_feature(p, v, i);
        html_raw(p, "</th><td>");
        html_float(p, both->before[i]);
        html_raw(p, "</td><td>→ ");
        html_float(p, both->after[i]);
        html_raw(p, "</td></tr>");
        both->change[i] = 0;
    }
    html_raw(p, "</tbody></table>");
    if (count > MOST_CHANGES)
        html_add(p, "<p class=note>and %zu smaller changes</p>", count - MOST_CHANGES);
}

/* ---- words ---- */

static void reading(html_page *p, const html_view *v, const json_t *item, const char *answer,
                    const char *confidence) {
    html_raw(p, "<b>");
    html_class(p, v, json_object_get(item, answer));
    html_raw(p, "</b>");
    if (!html_has(item, confidence)) return;
    html_raw(p, " <span class=sure>");
    html_percent(p, html_number(item, confidence, 0), 1000);
    html_raw(p, "</span>");
}

static void answers(html_page *p, const html_view *v, const json_t *item) {
    html_raw(p, "<p class=flip>");
    reading(p, v, item, "predicted", "confidence");
    html_raw(p, " <span class=arrow aria-label=becomes>→</span> ");
    reading(p, v, item, "becomes", "confidence_after");
    html_raw(p, "</p>");
}

static void other_norms(html_page *p, const html_view *v, const json_t *item) {
    static const char *const norms[] = {"linf", "l2", "l1", "l0"};
    const json_t *all = json_object_get(item, "norms");
    for (int k = 0; k < 4; ++k) {
        if (!strcmp(norms[k], v->norm) || !html_has(all, norms[k])) continue;
        const double value = html_number(all, norms[k], 0);
        html_add(p, " <span>%s ", html_norm_symbol(norms[k]));
        if (k == 3)
            html_add(p, "%.0f of %zu", value, v->features);
        else
            html_add(p, value >= 1000 ? "%.0f" : "%.3g", value);
        html_raw(p, "</span>");
    }
}

static void facts(html_page *p, const html_view *v, const json_t *item) {
    html_raw(p, "<p class=facts><b>");
    html_raw(p, html_norm_symbol(v->norm));
    html_raw(p, " ");
    html_distance(p, v, html_number(item, "distance", NAN), HTML_UP);
    html_raw(p, "</b>");
    other_norms(p, v, item);
    html_add(p, "<br>row %.0f, label ", html_number(item, "row", 0));
    html_class(p, v, json_object_get(item, "label"));
    html_raw(p, ", found by <code>");
    html_text(p, html_string(item, "attack", "unknown"));
    html_raw(p, "</code></p>");
}

static void one_case(html_page *p, const html_view *v, const json_t *item) {
    pair both;
    html_add(p, "<article class=case data-group=\"%zu\" data-distance=\"%.17g\">", v->group,
             html_number(item, "distance", 0));
    const bool good = read_pair(v, item, &both);
    if (good && v->width) pictures(p, v, &both);
    answers(p, v, item);
    if (good && !v->width) changed_cells(p, v, &both);
    facts(p, v, item);
    html_raw(p, "</article>");
    if (good) free(both.before);
}

static void cases_of(html_page *p, const html_report *r, const html_view *v) {
    size_t i;
    json_t *item;
    const size_t start = p->size, count = json_array_size(v->cases);
    if (r->count > 1 && count) {
        html_add(p, "<h3 class=\"m%zu\">", v->index % HTML_COLOURS);
        html_name(p, v);
        html_raw(p, "</h3><p>");
        html_closest(p, v);
        html_raw(p, "</p>");
    }
    html_raw(p, v->width > LARGE ? "<div class=\"gallery large\">"
                : v->width       ? "<div class=\"gallery pictures\">"
                                 : "<div class=gallery>");
    json_array_foreach(v->cases, i, item) {
        if (p->size - start > MOST_BYTES) break;
        one_case(p, v, item);
    }
    html_raw(p, "</div>");
    if (i < count)
        html_add(p, "<p class=note>%zu more are in the result; this page would grow too "
                    "large.</p>", count - i);
}

void html_cases(html_page *p, const html_report *r) {
    size_t count = 0;
    HTML_EACH(r, v) count += json_array_size(v->cases);
    html_raw(p, "<section aria-labelledby=cases><h2 id=cases>Cases</h2>");
    html_raw(p, count ? "<p>Smallest changes found. The model’s answer, before → after; the "
                        "third picture is the change, amplified as written; grey is no change.</p>"
                      : "<p class=empty>The results hold no cases.</p>");
    HTML_EACH(r, v) cases_of(p, r, v);
    html_raw(p, "</section>");
}
