/* html.h - what the files of the page share: a growing text, a view of one result,
 * honest numbers.  The page is a pure function of the result JSON. */
#ifndef GULL_HTML_H
#define GULL_HTML_H
#include "core/plugin.h"
#include <jansson.h>

#define HTML_NNBSP "\xe2\x80\xaf" /* narrow no-break space, before units */
enum { HTML_COLOURS = 6 };

/* ---- html_page.c: a growing text; after a failed allocation all calls do nothing ---- */

typedef struct html_page {
    char *text;
    size_t size, room;
    bool failed;
} html_page;
void html_bytes(html_page *, const char *bytes, size_t size);
void html_raw(html_page *, const char *trusted);
__attribute__((format(printf, 2, 3))) void html_add(html_page *, const char *format, ...);
/* Untrusted UTF-8: markup is escaped, control characters become U+FFFD. */
void html_text(html_page *, const char *untrusted);
/* The same, at most `points` characters, then an ellipsis. */
void html_text_cut(html_page *, const char *untrusted, size_t points);
size_t html_points(const char *utf8);
void html_base64(html_page *, const void *bytes, size_t size);
/* 'sha256-...' of a trusted text, as a Content-Security-Policy wants it. */
void html_policy_hash(html_page *, const char *text);

/* ---- html_view.c: one result, its parts borrowed from the JSON ---- */

typedef struct html_view {
    const json_t *root, *gull, *model, *data, *question, *summary;
    const json_t *curve, *table, *methods, *checks, *cases, *untested, *inputs;
    const char *name; /* the file's last part */
    const char *norm;
    size_t index, rows, features, channels, height, width; /* width 0: not a picture */
    size_t twin;  /* how many earlier results have this name */
    size_t group; /* first result with the same norm and scale */
    double low, high; /* the data's range; low == high: unknown */
} html_view;
typedef struct html_report {
    json_t *all;
    html_view *view;
    size_t count;
} html_report;
int html_open(const char *const *json, size_t count, html_report *, gull_error *);
void html_close(html_report *);
double html_number(const json_t *object, const char *key, double otherwise);
const char *html_string(const json_t *object, const char *key, const char *otherwise);
bool html_has(const json_t *object, const char *key); /* present and not null */
size_t html_status_count(const html_view *, const char *status);
/* The curve at a distance: its last point at or before it. */
double html_curve_at(const html_view *, double eps, const char *key);
/* "gray.onnx", with a number behind it when several results have that name. */
void html_name(html_page *, const html_view *);
void html_class(html_page *, const html_view *, const json_t *label);
void html_feature(html_page *, const html_view *, size_t feature);

/* ---- html_figures.c: numbers for people ---- */

void html_wilson(double share, size_t n, double *low, double *high); /* 95 % */
void html_percent(html_page *, double share, size_t n);
/* "86.0 % (172 of 200, 95 % CI 80.6-90.1)" */
void html_share(html_page *, double share, size_t n);
enum { HTML_DOWN = -1, HTML_NEAR = 0, HTML_UP = 1 };
/* Three digits; a lower bound is rounded down, an upper one up. */
void html_distance(html_page *, const html_view *, double value, int direction);
void html_seconds(html_page *, double seconds);
void html_count(html_page *, double count); /* 12,345 */
/* The fewest digits that read back as this float32. */
void html_float(html_page *, float value);
const char *html_norm_symbol(const char *norm); /* "L∞" */

/* ---- html_picture.c ---- */

/* Decodes base64 of exactly `count` float32; false when it is anything else. */
bool html_floats(const json_t *base64, size_t count, float *out);
/* A data: URI of a PNG; value low is black, high is white. */
void html_picture_uri(html_page *, const html_view *, const float *x, double low,
                      double high);

/* ---- the parts of the page ---- */

extern const char html_style[], html_script[];
void html_verdict(html_page *, const html_report *);     /* html_verdict.c */
void html_closest(html_page *, const html_view *);       /* html_verdict.c */
void html_threat(html_page *, const html_report *);      /* html_threat.c */
void html_curves(html_page *, const html_report *);      /* html_figure.c */
void html_tables(html_page *, const html_report *);      /* html_table.c */
void html_trust(html_page *, const html_report *);       /* html_trust.c */
void html_cases(html_page *, const html_report *);       /* html_cases.c */
void html_methods(html_page *, const html_report *);     /* html_inputs.c */
void html_inputs(html_page *, const html_report *);      /* html_inputs.c */
void html_provenance(html_page *, const html_report *);  /* html_inputs.c */

#define HTML_EACH(report, v)                                                             \
    for (const html_view *v = (report)->view; v < (report)->view + (report)->count; ++v)
#endif
