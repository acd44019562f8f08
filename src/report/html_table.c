/* html_table.c - the table of the first screen: for each model and asked distance the
 * share fooled, proved safe and undecided. */
#include "report/html.h"
#include <string.h>

static void share_cell(html_page *p, double share, size_t n) {
    double low, high;
    html_raw(p, "<td>");
    html_percent(p, share, n);
    html_wilson(fmin(fmax(share, 0), 1), n, &low, &high);
    html_add(p, " <span class=ci>%.1f–%.1f</span></td>", 100 * low, 100 * high);
}

static void model_head(html_page *p, const html_view *v, size_t lines) {
    html_add(p, "<th scope=rowgroup rowspan=%zu class=\"model m%zu\">", lines,
             v->index % HTML_COLOURS);
    html_name(p, v);
    html_raw(p, "<span class=sub>");
    html_text_cut(p, html_string(v->model, "family", ""), 24);
    html_add(p, "<br>%s, ", html_norm_symbol(v->norm));
    html_count(p, (double)v->rows);
    html_raw(p, v->rows == 1 ? " input</span></th>" : " inputs</span></th>");
}

static void distance_line(html_page *p, const html_view *v, const json_t *line) {
    const double fooled = html_number(line, "fooled", 0);
    const double proved = html_number(line, "proved", 0);
    html_raw(p, "<th scope=row class=num>");
    html_distance(p, v, html_number(line, "eps", NAN), HTML_NEAR);
    html_raw(p, "</th>");
    share_cell(p, fooled, v->rows);
    share_cell(p, proved, v->rows);
    html_raw(p, "<td>");
    html_percent(p, 1 - fooled - proved, v->rows);
    html_raw(p, "</td></tr>");
}

static void model_lines(html_page *p, const html_view *v) {
    size_t i;
    json_t *line;
    html_raw(p, "<tbody>");
    json_array_foreach(v->table, i, line) {
        html_raw(p, "<tr>");
        if (!i) model_head(p, v, json_array_size(v->table));
        distance_line(p, v, line);
    }
    if (!json_array_size(v->table)) {
        html_raw(p, "<tr>");
        model_head(p, v, 1);
        html_raw(p, "<td colspan=4>no distance to report</td></tr>");
    }
    html_raw(p, "</tbody>");
}

void html_tables(html_page *p, const html_report *r) {
    html_raw(p, "<section aria-labelledby=table><h2 id=table>The table</h2>"
                "<div class=scroll tabindex=0 role=group aria-labelledby=table>"
                "<table class=summary><caption>Shares of all inputs, small figures: 95" HTML_NNBSP
                "% confidence interval in per cent (Wilson). An input that is misread without "
                "any change counts as fooled at every distance.</caption><thead><tr>"
                "<th scope=col>Model</th><th scope=col class=num>Distance ≤</th>"
                "<th scope=col class=num>Fooled</th><th scope=col class=num>Proved safe</th>"
                "<th scope=col class=num>Undecided</th></tr></thead>");
    HTML_EACH(r, v) model_lines(p, v);
    html_raw(p, "</table></div></section>");
}
