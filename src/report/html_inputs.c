/* html_inputs.c - what is behind the numbers: the methods that ran, every input's
 * interval with the attack and the proof that set it, and what is needed to run it
 * again. */
#include "report/html.h"
#include <string.h>

enum { MOST_INPUTS = 5000 };

static void title(html_page *p, const html_report *r, const html_view *v, const char *words) {
    if (r->count > 1) {
        html_name(p, v);
        html_raw(p, ": ");
    }
    html_raw(p, words);
}

/* ---- methods ---- */

/* "not run: 12 independent attacks agree" under the part's name */
static void skips(html_page *p, const json_t *skipped) {
    const char *why;
    json_t *rows;
    const char *before = "<span class=sub>not run on ";
    json_object_foreach((json_t *)skipped, why, rows) {
        if (!json_is_number(rows)) continue;
        html_raw(p, before);
        html_count(p, fmin(fmax(json_number_value(rows), 0), 1e15));
        html_raw(p, ": ");
        html_text_cut(p, why, 60);
        before = "; ";
    }
    if (*before == ';') html_raw(p, "</span>");
}

static void method_row(html_page *p, const json_t *method) {
    html_raw(p, "<tr><th scope=row><code>");
    html_text(p, html_string(method, "spec", "?"));
    html_raw(p, "</code>");
    skips(p, json_object_get(method, "skipped"));
    html_raw(p, "</th><td class=word>");
    html_text_cut(p, html_string(method, "kind", ""), 12);
    html_raw(p, "</td><td>");
    html_count(p, html_number(method, "successes", 0));
    html_raw(p, "</td><td>");
    html_count(p, html_number(method, "wins", 0));
    html_raw(p, "</td><td>");
    html_count(p, html_number(method, "queries", 0));
    html_raw(p, "</td><td>");
    html_seconds(p, html_number(method, "seconds", 0));
    html_raw(p, "</td></tr>");
}

static void methods_of(html_page *p, const html_report *r, const html_view *v) {
    size_t i;
    json_t *method;
    if (!json_array_size(v->methods)) return;
    html_add(p, "<div class=scroll tabindex=0 role=group aria-label=Methods><table><caption"
                " class=\"m%zu\">", v->index % HTML_COLOURS);
    title(p, r, v, "the methods, in the order they ran; a method’s parts follow it, and are counted in it");
    html_raw(p, "</caption><thead><tr><th scope=col>Method</th><th scope=col>Kind</th>"
                "<th scope=col class=num>Inputs it answered</th>"
                "<th scope=col class=num>Inputs it answered best</th>"
                "<th scope=col class=num>Queries</th><th scope=col class=num>Time, all inputs</th>"
                "</tr></thead><tbody>");
    json_array_foreach(v->methods, i, method) method_row(p, method);
    html_raw(p, "</tbody></table></div>");
}

void html_methods(html_page *p, const html_report *r) {
    html_raw(p, "<section aria-labelledby=methods><h2 id=methods>The attacks and proofs behind "
                "the numbers</h2>");
    HTML_EACH(r, v) methods_of(p, r, v);
    html_raw(p, "</section>");
}

/* ---- inputs ---- */

static void distance_cell(html_page *p, const html_view *v, const json_t *input,
                          const char *key, int direction, const char *otherwise) {
    if (!html_has(input, key)) {
        html_add(p, "<td>%s</td>", otherwise);
        return;
    }
    const double value = html_number(input, key, 0);
    const bool exact = !strcmp(html_string(input, "status", ""), "exact");
    html_add(p, "<td data-v=\"%.17g\">", value);
    html_distance(p, v, value, exact ? HTML_NEAR : direction);
    html_raw(p, "</td>");
}

static void code_cell(html_page *p, const json_t *input, const char *key) {
    const char *spec = json_string_value(json_object_get(input, key));
    html_raw(p, "<td class=word>");
    if (spec) {
        html_raw(p, "<code>");
        html_text(p, spec);
        html_raw(p, "</code>");
    }
    html_raw(p, "</td>");
}

static void class_cell(html_page *p, const html_view *v, const json_t *input,
                       const char *key) {
    html_raw(p, "<td class=word>");
    html_class(p, v, json_object_get(input, key));
    html_raw(p, "</td>");
}

static void input_row(html_page *p, const html_view *v, const json_t *input) {
    const double row = html_number(input, "row", 0);
    html_add(p, "<tr><th scope=row class=num data-v=\"%.0f\">%.0f</th>", row, row);
    class_cell(p, v, input, "label");
    class_cell(p, v, input, "predicted");
    html_raw(p, "<td class=word>");
    html_text_cut(p, html_string(input, "status", "?"), 12);
    html_raw(p, "</td>");
    distance_cell(p, v, input, "lower", HTML_DOWN, "");
    distance_cell(p, v, input, "upper", HTML_UP, "");
    code_cell(p, input, "attack");
    code_cell(p, input, "proof");
    const double queries = html_number(input, "queries", 0);
    const double seconds = html_number(input, "seconds", 0);
    html_add(p, "<td data-v=\"%.0f\">", queries);
    html_count(p, queries);
    html_add(p, "</td><td data-v=\"%.6g\">", seconds);
    html_seconds(p, seconds);
    html_raw(p, "</td></tr>");
}

static void inputs_of(html_page *p, const html_report *r, const html_view *v) {
    size_t i;
    json_t *input;
    const size_t count = json_array_size(v->inputs);
    html_add(p, "<details class=inputs><summary class=\"m%zu\">", v->index % HTML_COLOURS);
    title(p, r, v, "all ");
    html_count(p, (double)count);
    html_raw(p, " inputs</summary><div class=scroll tabindex=0 role=group "
                "aria-label=\"All inputs\"><table class=long><caption>");
    title(p, r, v, "each input’s interval and what set its ends</caption><thead><tr>"
                   "<th scope=col class=num>Row</th><th scope=col>Label</th>"
                   "<th scope=col>Read as</th><th scope=col>Status</th>"
                   "<th scope=col class=num>Nothing below</th>"
                   "<th scope=col class=num>Fooled at</th><th scope=col>Attack</th>"
                   "<th scope=col>Proof</th><th scope=col class=num>Queries</th>"
                   "<th scope=col class=num>Time</th></tr></thead><tbody>");
    json_array_foreach(v->inputs, i, input) {
        if (i == MOST_INPUTS) break;
        input_row(p, v, input);
    }
    html_raw(p, "</tbody></table></div>");
    if (count > MOST_INPUTS)
        html_add(p, "<p class=note>The other %zu inputs are in the result file.</p>",
                 count - MOST_INPUTS);
    html_raw(p, "</details>");
}

void html_inputs(html_page *p, const html_report *r) {
    html_raw(p, "<section aria-labelledby=inputs><h2 id=inputs>Every input</h2>");
    HTML_EACH(r, v) inputs_of(p, r, v);
    html_raw(p, "</section>");
}

/* ---- provenance ---- */

static void fact(html_page *p, const char *name, const char *value, const char *class) {
    html_add(p, "<dt>%s</dt><dd class=\"%s\">", name, class);
    html_text(p, value);
    html_raw(p, "</dd>");
}

static void model_facts(html_page *p, const html_view *v) {
    const bool plain = !strcmp(html_string(v->model, "head", "logits"), "logits");
    html_raw(p, "<dt>Model</dt><dd>");
    html_text(p, html_string(v->model, "path", "?"));
    html_raw(p, " · ");
    html_text(p, html_string(v->model, "family", "?"));
    html_raw(p, " · ");
    html_text(p, html_string(v->model, "format", "?"));
    if (*html_string(v->model, "detail", "")) {
        html_raw(p, " · ");
        html_text(p, html_string(v->model, "detail", ""));
    }
    static const char *const how[][2] = {{"output", "output "}, {"head", "head "},
                                         {"preprocess", "the network sees "}};
    for (size_t i = 0; i < 3; i++) {
        const char *text = html_string(v->model, how[i][0], "");
        if (!*text || !strcmp(text, "logits") || (i == 0 && plain)) continue;
        html_raw(p, " · ");
        html_raw(p, how[i][1]);
        html_text(p, text);
    }
    html_add(p, " · %.0f classes · ", html_number(v->model, "classes", 0));
    html_count(p, (double)v->features);
    html_raw(p, v->features == 1 ? " feature</dd>" : " features</dd>");
    fact(p, "SHA-256 of the model", html_string(v->model, "sha256", "not recorded"), "hash");
}

static void data_facts(html_page *p, const html_view *v) {
    html_raw(p, "<dt>Data</dt><dd>");
    html_text(p, html_string(v->data, "path", "?"));
    html_raw(p, " · ");
    html_text(p, html_string(v->data, "format", "?"));
    html_raw(p, " · ");
    html_count(p, html_number(v->data, "rows", 0));
    html_add(p, " rows from row %.0f · ", html_number(v->data, "first_row", 0));
    html_raw(p, !strcmp(html_string(v->data, "labels", "data"), "model")
                    ? "labels: the model’s own answers"
                    : "labels: from the data");
    if (v->low < v->high) html_add(p, " · range %.6g to %.6g", v->low, v->high);
    if (html_has(v->data, "note")) {
        html_raw(p, " · ");
        html_text(p, html_string(v->data, "note", ""));
    }
    html_raw(p, "</dd>");
    fact(p, "SHA-256 of the data", html_string(v->data, "sha256", "not recorded"), "hash");
}

static void run_facts(html_page *p, const html_view *v) {
    html_raw(p, "<dt>Cost</dt><dd>");
    html_count(p, html_number(v->summary, "queries", 0));
    html_raw(p, " queries · ");
    html_seconds(p, html_number(v->summary, "cpu_seconds", 0));
    html_raw(p, " of CPU time · ");
    html_seconds(p, html_number(v->summary, "seconds", 0));
    html_raw(p, " by the clock</dd><dt>Version, seed</dt><dd>gull ");
    html_text(p, html_string(v->gull, "version", "?"));
    html_add(p, " · seed %.0f</dd><dt>Run it again</dt><dd><pre tabindex=0><code>",
             html_number(v->gull, "seed", 0));
    html_text(p, html_string(v->gull, "command", "not recorded"));
    html_raw(p, "</code></pre></dd>");
}

void html_provenance(html_page *p, const html_report *r) {
    html_raw(p, "<section class=origin aria-labelledby=origin><h2 id=origin>"
                "Where this comes from</h2>");
    HTML_EACH(r, v) {
        if (r->count > 1) {
            html_add(p, "<h3 class=\"m%zu\">", v->index % HTML_COLOURS);
            html_name(p, v);
            html_raw(p, "</h3>");
        }
        html_raw(p, "<dl>");
        model_facts(p, v);
        data_facts(p, v);
        run_facts(p, v);
        html_raw(p, "</dl>");
    }
    html_raw(p, "</section>");
}
