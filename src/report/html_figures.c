/* html_figures.c - numbers for people: no more digits than are known, bounds rounded
 * to the safe side, shares with the 95 % interval of Wilson (1927). */
#include "report/html.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void html_wilson(double share, size_t n, double *low, double *high) {
    const double z2 = 1.959963984540054 * 1.959963984540054, count = (double)n;
    *low = 0, *high = 1;
    if (!n) return;
    const double middle = share + z2 / (2 * count);
    const double half = sqrt(z2 * (share * (1 - share) + z2 / (4 * count)) / count);
    *low = fmax(0, (middle - half) / (1 + z2 / count));
    *high = fmin(1, (middle + half) / (1 + z2 / count));
}

/* A share of n inputs is a whole number of inputs; undoes 1 - 0.985. */
static double snap(double share, size_t n) {
    const double count = nearbyint(share * (double)n);
    return n && fabs(share * (double)n - count) < 1e-6 ? count / (double)n : share;
}

void html_percent(html_page *p, double share, size_t n) {
    const int digits = n < 20 ? 0 : 1;
    const double half = digits ? 0.05 : 0.5;
    share = snap(fmin(fmax(share, 0), 1), n);
    if (share > 0 && 100 * share < half)
        html_raw(p, digits ? "&lt;" HTML_NNBSP "0.1" : "&lt;" HTML_NNBSP "1");
    else if (share < 1 && 100 * share >= 100 - half)
        html_raw(p, digits ? "&gt;" HTML_NNBSP "99.9" : "&gt;" HTML_NNBSP "99");
    else
        html_add(p, "%.*f", digits, 100 * share);
    html_raw(p, HTML_NNBSP "%");
}

void html_share(html_page *p, double share, size_t n) {
    double low, high;
    html_percent(p, share, n);
    if (!n) return;
    html_wilson(snap(share, n), n, &low, &high);
    html_add(p, " <span class=ci>(%.0f of ", share * (double)n);
    html_count(p, (double)n);
    html_add(p, ", 95" HTML_NNBSP "%% CI %.1f–%.1f)</span>", 100 * low, 100 * high);
}

static double towards(double value, int direction) {
    const double near = nearbyint(value);
    if (direction == HTML_NEAR || fabs(value - near) < 1e-9 * fabs(value)) return near;
    return direction == HTML_DOWN ? floor(value) : ceil(value);
}

/* k when value is k / 255 of a [0, 1] scale, else 0. */
static int of_255(const html_view *v, double value) {
    const double k = value * 255;
    if (v->low != 0 || v->high != 1 || !v->width || strcmp(v->norm, "linf")) return 0;
    return k > 0.5 && k < 255.5 && fabs(k - nearbyint(k)) < 1e-5 ? (int)nearbyint(k) : 0;
}

void html_distance(html_page *p, const html_view *v, double value, int direction) {
    const int k = of_255(v, value);
    if (!isfinite(value)) {
        html_raw(p, value > 0 ? "∞" : "–");
    } else if (k) {
        html_add(p, "%d/255", k);
    } else if (value == 0) {
        html_raw(p, "0");
    } else {
        const int power = (int)floor(log10(fabs(value)));
        const double scale = pow(10, power > 2 ? 0 : 2 - power);
        const double rounded = towards(value * scale, direction) / scale;
        html_add(p, fabs(rounded) >= 1000 ? "%.0f" : "%.3g", rounded);
    }
}

void html_seconds(html_page *p, double s) {
    if (s >= 120)
        html_add(p, "%.0f" HTML_NNBSP "min", s / 60);
    else if (s >= 10)
        html_add(p, "%.0f" HTML_NNBSP "s", s);
    else if (s >= 0.1)
        html_add(p, "%.1f" HTML_NNBSP "s", s);
    else
        html_add(p, "%.2g" HTML_NNBSP "ms", 1000 * fmax(s, 0));
}

void html_count(html_page *p, double count) {
    char digits[40], grouped[56];
    const int n = snprintf(digits, sizeof digits, "%.0f", fmin(fmax(count, 0), 1e18));
    size_t out = 0;
    for (int i = 0; i < n; ++i) {
        if (i && (n - i) % 3 == 0) grouped[out++] = ',';
        grouped[out++] = digits[i];
    }
    html_bytes(p, grouped, out);
}

void html_float(html_page *p, float value) {
    char digits[40];
    for (int precision = 4; precision <= 9; ++precision) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value) break;
    }
    html_raw(p, digits);
}

const char *html_norm_symbol(const char *norm) {
    if (!strcmp(norm, "linf")) return "L∞";
    if (!strcmp(norm, "l2")) return "L2";
    if (!strcmp(norm, "l1")) return "L1";
    return !strcmp(norm, "l0") ? "L0" : "distance";
}
