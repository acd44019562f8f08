/* html_threat.c - the threat model in one line for each question, with the identifiers
 * of NIST AI 100-2 E2025 (evasion) and MITRE ATLAS (craft adversarial data). */
#include "report/html.h"
#include <stdlib.h>
#include <string.h>

static bool sees_inside(const html_view *v) {
    const char *access = html_string(v->question, "access", "structure");
    return !strcmp(access, "structure") || !strcmp(access, "gradient");
}

static const char *access_words(const char *access) {
    if (!strcmp(access, "structure")) return "the attacker knows the whole model";
    if (!strcmp(access, "gradient")) return "the attacker sees scores and gradients";
    if (!strcmp(access, "scores")) return "the attacker sees the scores of all classes";
    return !strcmp(access, "labels") ? "the attacker sees only the answer" : "unknown access";
}

static const char *norm_words(const html_view *v) {
    if (!strcmp(v->norm, "linf"))
        return v->width ? "L∞, the largest change of any pixel value"
                        : "L∞, the largest change of any feature";
    if (!strcmp(v->norm, "l2")) return "L2, the Euclidean length of the change";
    if (!strcmp(v->norm, "l1")) return "L1, the sum of all changes";
    return v->width ? "L0, the number of pixel values changed"
                    : "L0, the number of features changed";
}

static void goal_words(html_page *p, const html_view *v) {
    const char *goal = html_string(v->question, "goal", "miss");
    if (strncmp(goal, "target:", 7)) {
        html_raw(p, "any wrong answer");
        return;
    }
    json_t *label = json_integer(atoi(goal + 7));
    html_raw(p, "the answer “");
    html_class(p, v, label);
    html_raw(p, "”");
    json_decref(label);
}

static void limits(html_page *p, const html_view *v) {
    if (html_has(v->question, "budget")) {
        html_raw(p, "at most ");
        html_count(p, html_number(v->question, "budget", 0));
        html_raw(p, " queries an input");
    } else {
        html_raw(p, "no limit on queries");
    }
    if (html_has(v->question, "timeout")) {
        html_raw(p, ", ");
        html_seconds(p, html_number(v->question, "timeout", 0));
        html_raw(p, " an input");
    }
}

static void identifiers(html_page *p, const html_view *v) {
    html_raw(p, sees_inside(v)
                    ? "NIST AI 100-2: evasion, NISTAML.022; MITRE ATLAS: AML.T0015 Evade "
                      "AI Model by AML.T0043.000 White-Box Optimization"
                    : "NIST AI 100-2: black-box evasion, NISTAML.025; MITRE ATLAS: AML.T0015 "
                      "Evade AI Model by AML.T0043.001 Black-Box Optimization");
}

static void threat_line(html_page *p, const html_view *v) {
    html_raw(p, "<b>Goal</b> ");
    goal_words(p, v);
    html_raw(p, " <i>·</i> <b>Distance</b> ");
    html_raw(p, norm_words(v));
    if (json_is_true(json_object_get(v->question, "weights")))
        html_raw(p, ", weighted by feature");
    html_raw(p, " <i>·</i> <b>Access</b> ");
    html_raw(p, access_words(html_string(v->question, "access", "structure")));
    html_raw(p, ", ");
    limits(p, v);
    html_raw(p, " <i>·</i> <b>May change</b> ");
    html_text(p, html_string(v->question, "domain", "not recorded"));
    html_raw(p, " <i>·</i> <span class=ids>");
    identifiers(p, v);
    html_raw(p, "</span>");
}

static bool same(const html_view *a, const html_view *b) {
    const char *part[] = {"goal", "norm", "access", "domain", "budget", "timeout", "weights"};
    for (size_t i = 0; i < sizeof part / sizeof *part; ++i) {
        const json_t *x = json_object_get(a->question, part[i]);
        const json_t *y = json_object_get(b->question, part[i]);
        if (x != y && !json_equal(x, y)) return false;
    }
    return !a->width == !b->width;
}

static const html_view *first_same(const html_report *r, const html_view *v) {
    const html_view *first = r->view;
    while (!same(first, v)) ++first;
    return first;
}

static void whose(html_page *p, const html_report *r, const html_view *first) {
    const char *between = "";
    html_raw(p, "<span class=whose>");
    HTML_EACH(r, v) {
        if (first_same(r, v) != first) continue;
        html_raw(p, between);
        html_name(p, v);
        between = ", ";
    }
    html_raw(p, "</span> ");
}

void html_threat(html_page *p, const html_report *r) {
    bool several = false;
    HTML_EACH(r, v) several |= first_same(r, v) != r->view;
    html_raw(p, "<section class=threat aria-labelledby=threat><h2 id=threat>"
                "What the attacker wants and may do</h2>");
    HTML_EACH(r, v) {
        if (first_same(r, v) != v) continue;
        html_raw(p, "<p>");
        if (several) whose(p, r, v);
        threat_line(p, v);
        html_raw(p, "</p>");
    }
    html_raw(p, "</section>");
}
