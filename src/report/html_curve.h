/* html_curve.h - the picture of one group of results as SVG. */
#ifndef GULL_HTML_CURVE_H
#define GULL_HTML_CURVE_H
#include "report/html.h"

typedef struct curve_line { /* shares over distance, in the order of the curve */
    double *share;
    bool drawn; /* false: no numbers */
} curve_line;
typedef struct curve_series {
    const html_view *view;
    size_t count;
    double *eps;
    curve_line unbroken, proved, calm; /* 1 - fooled, proved, 1 - noise */
} curve_series;
typedef struct curve_plot {
    curve_series *series;
    size_t count;
    double x_max;
} curve_plot;

/* The results of a group that have a curve; GULL_ENOMEM or GULL_OK. */
int curve_open(const html_report *, size_t group, curve_plot *);
void curve_close(curve_plot *);
/* `class` is "wide" or "narrow". */
void curve_draw(html_page *, const curve_plot *, const char *class, double width,
                double height);
double curve_share(const curve_series *, const curve_line *, double eps);
#endif
