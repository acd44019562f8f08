/* html.c - the report page: one self-contained HTML file from result JSON alone.  No
 * network, no script needed; a Content-Security-Policy allows the page's own style and
 * script by their hashes and pictures from data: only. */
#include "report/html.h"
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void page_title(html_page *p, const html_report *r) {
    html_raw(p, "How little does it take to fool ");
    if (r->count == 1)
        html_name(p, r->view);
    else
        html_add(p, "these %zu models", r->count);
    html_raw(p, "?");
}

static void head(html_page *p, const html_report *r) {
    html_raw(p, "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
                "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
                "img-src data:; base-uri 'none'; form-action 'none'; style-src ");
    html_policy_hash(p, html_style);
    html_raw(p, "; script-src ");
    html_policy_hash(p, html_script);
    html_raw(p, "\"><meta name=viewport content=\"width=device-width, initial-scale=1\">"
                "<meta name=color-scheme content=\"light dark\">"
                "<meta name=referrer content=no-referrer><meta name=generator content=\"gull "
                GULL_VERSION "\"><title>");
    page_title(p, r);
    html_raw(p, "</title><style>");
    html_raw(p, html_style);
    html_raw(p, "</style></head>\n");
}

static void body(html_page *p, const html_report *r) {
    html_raw(p, "<body><a class=skip href=\"#table\">Skip to the table</a>"
                "<header><p class=brand>gull <span>robustness report</span></p><h1>");
    page_title(p, r);
    html_raw(p, "</h1></header>\n<main>");
    html_verdict(p, r);
    html_threat(p, r);
    html_curves(p, r);
    html_tables(p, r);
    html_trust(p, r);
    html_cases(p, r);
    html_methods(p, r);
    html_inputs(p, r);
    html_provenance(p, r);
    html_raw(p, "</main>\n<footer>Made by gull " GULL_VERSION " from the result alone; this "
                "page loads nothing from anywhere.</footer><script>");
    html_raw(p, html_script);
    html_raw(p, "</script></body></html>\n");
}

/* Numbers are written with a point, whatever the program's locale is. */
static void write_page(html_page *p, const html_report *r, locale_t plain) {
    const locale_t before = uselocale(plain);
    head(p, r);
    body(p, r);
    uselocale(before);
}

static int make_page(const html_report *r, char **html, gull_error *err) {
    html_page p = {0};
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain) write_page(&p, r, plain);
    if (plain) freelocale(plain);
    if (!plain || p.failed) {
        free(p.text);
        return gull__fail(err, GULL_ENOMEM, "out of memory");
    }
    *html = p.text;
    return GULL_OK;
}

int gull_report_html(const char *const *json, size_t count, char **html, gull_error *err) {
    html_report r;
    *html = NULL;
    int status = html_open(json, count, &r, err);
    if (status == GULL_OK) status = make_page(&r, html, err);
    html_close(&r);
    return status;
}
