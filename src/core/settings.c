/* settings.c - the options of opening a file: one table feeds the setter, --help, the man
 * page and bindings. */
#include "core/settings.h"
#include "core/numbers.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*setter)(gull_settings *, const char *value, gull_error *);

gull_settings *gull_settings_new(void) {
    gull_settings *s = calloc(1, sizeof *s);
    if (s) s->head = (gull_head){.index = -1, .threshold = NAN, .text = "logits"};
    return s;
}

void gull_settings_free(gull_settings **settings) {
    if (!settings || !*settings) return;
    free((*settings)->output);
    free(*settings);
    *settings = NULL;
}

static int set_output(gull_settings *s, const char *v, gull_error *err) {
    char *copy = strdup(v);
    if (!copy) return gull__fail(err, GULL_ENOMEM, "out of memory");
    free(s->output);
    s->output = copy;
    return GULL_OK;
}

/* ---- Heads: "detect:class=1,threshold=0.7" ---- */

static bool read_index(const char **s, int *out) {
    uint64_t n;
    char digits[12] = "";
    const size_t length = strspn(*s, "0123456789");
    if (!length || length >= sizeof digits) return false;
    memcpy(digits, *s, length);
    *s += length;
    if (!gull__read_integer(digits, &n) || n > 1 << 24) return false;
    *out = (int)n;
    return true;
}

/* key=value, ...; `index_key` names the index. */
static bool read_pairs(const char *s, const char *index_key, gull_head *h) {
    const size_t n = strlen(index_key);
    while (*s) {
        bool good = false;
        if (!strncmp(s, index_key, n) && s[n] == '=') {
            s += n + 1;
            good = read_index(&s, &h->index);
        } else if (!strncmp(s, "threshold=", 10) && h->kind != GULL_HEAD_RANGE) {
            good = gull__read_number(s + 10, &h->threshold, &s);
        }
        if (!good || (*s && *s != ',') || (*s == ',' && !s[1])) return false;
        s += *s == ',';
    }
    return true;
}

static bool read_range(const char *s, gull_head *h) {
    return gull__read_number(s, &h->lo, &s) && *s == ',' &&
           gull__read_number(s + 1, &h->hi, &s) && h->lo < h->hi && (!*s || *s == ',') &&
           read_pairs(s + (*s == ','), "index", h);
}

static bool read_head(const char *v, gull_head *h) {
    static const char *const name[] = {"logits", "binary", "detect", "range"};
    const size_t n = strcspn(v, ":");
    int kind = 0;
    while (kind < 4 && (strlen(name[kind]) != n || memcmp(name[kind], v, n))) kind++;
    if (kind == 4) return false;
    h->kind = (gull_head_kind)kind;
    const char *rest = v[n] ? v + n + 1 : "";
    switch (h->kind) {
    case GULL_HEAD_LOGITS: return !v[n];
    case GULL_HEAD_BINARY: return read_pairs(rest, "index", h);
    case GULL_HEAD_DETECT: return read_pairs(rest, "class", h);
    default: return read_range(rest, h);
    }
}

static int set_head(gull_settings *s, const char *v, gull_error *err) {
    gull_head h = {.index = -1, .threshold = NAN};
    if (strlen(v) >= sizeof h.text || !read_head(v, &h))
        return gull__fail(err, GULL_EUSAGE,
                          "--head %s: expected logits, binary[:threshold=T], "
                          "detect:class=K[,threshold=T] or range:LO,HI[,index=I]",
                          v);
    snprintf(h.text, sizeof h.text, "%s", v);
    s->head = h;
    s->has_head = true;
    return GULL_OK;
}

/* ---- In front of the network ---- */

static int read_channels(const char *name, const char *v, gull_channels *out,
                         gull_error *err) {
    gull_channels c = {.count = 0};
    for (const char *s = v;; s++) {
        double x;
        if (c.count == GULL_MOST_CHANNELS || !gull__read_number(s, &x, &s) || !isfinite(x) ||
            (*s && *s != ','))
            return gull__fail(err, GULL_EUSAGE,
                              "--%s %s: expected one number, or one for each channel, such as "
                              "0.485,0.456,0.406",
                              name, v);
        c.value[c.count++] = x;
        if (!*s) break;
    }
    *out = c;
    return GULL_OK;
}

static int not_zero(const char *name, const gull_channels *c, gull_error *err) {
    for (size_t i = 0; i < c->count; i++)
        if (!(c->value[i] > 0))
            return gull__fail(err, GULL_EUSAGE, "--%s: expected positive numbers", name);
    return GULL_OK;
}

static int set_scale(gull_settings *s, const char *v, gull_error *err) {
    TRY(read_channels("scale", v, &s->scale, err));
    return not_zero("scale", &s->scale, err);
}
static int set_mean(gull_settings *s, const char *v, gull_error *err) {
    return read_channels("mean", v, &s->mean, err);
}
static int set_std(gull_settings *s, const char *v, gull_error *err) {
    TRY(read_channels("std", v, &s->std, err));
    return not_zero("std", &s->std, err);
}

static int set_layout(gull_settings *s, const char *v, gull_error *err) {
    s->channels_last = !strcmp(v, "nhwc");
    s->has_layout = true;
    if (s->channels_last || !strcmp(v, "nchw")) return GULL_OK;
    return gull__fail(err, GULL_EUSAGE, "--layout %s: expected nchw or nhwc", v);
}

static int set_resize(gull_settings *s, const char *v, gull_error *err) {
    int w = 0, h = 0;
    const char *at = v;
    const bool good = read_index(&at, &w) && *at++ == 'x' && read_index(&at, &h) && w > 0 &&
                      h > 0 && w <= 1 << 13 && h <= 1 << 13 &&
                      (!*at || !strcmp(at, ",area") || !strcmp(at, ",bilinear"));
    if (!good)
        return gull__fail(err, GULL_EUSAGE,
                          "--resize %s: expected WIDTHxHEIGHT, such as 320x240 or 320x240,area",
                          v);
    s->width = (size_t)w;
    s->height = (size_t)h;
    s->by_area = !strcmp(at, ",area");
    return GULL_OK;
}

/* ---- The table ---- */

static const gull_option options[] = {
    {"output", "NAME", NULL, "which output of a network is asked; a wrong name lists them"},
    {"head", "HEAD", "logits",
     "what the output means: logits, binary[:threshold=T], detect:class=K[,threshold=T] "
     "(the best-scoring box decides) or range:LO,HI[,index=I] (a regressor)"},
    {"scale", "S", "1", "pixels are multiplied by this before the network sees them"},
    {"mean", "A[,B,C]", "0", "then this is subtracted: one number, or one for each channel"},
    {"std", "A[,B,C]", "1", "then they are divided by this"},
    {"layout", "nchw|nhwc", "nchw", "how the network takes pictures: channels first or last"},
    {"resize", "WxH[,area]", NULL,
     "bring pictures to this width and height, bilinear or by area; never done unasked"},
    {NULL, NULL, NULL, NULL}};
static const setter setters[] = {set_output, set_head,   set_scale, set_mean,
                                 set_std,    set_layout, set_resize};

const gull_option *gull_settings_options(void) { return options; }

int gull_settings_set(gull_settings *s, const char *name, const char *value,
                      gull_error *err) {
    for (size_t i = 0; options[i].name; i++)
        if (!strcmp(options[i].name, name)) return setters[i](s, value, err);
    return gull__fail(err, GULL_EUSAGE, "no option --%s", name);
}

bool gull__settings_touch_models(const gull_settings *s) {
    return s->output || s->has_head || s->has_layout || s->scale.count || s->mean.count ||
           s->std.count;
}

/* ---- For people ---- */

static void put_channels(const gull_channels *c, char *out, size_t room) {
    size_t n = 0;
    for (size_t i = 0; i < c->count && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%.9g", i ? "," : c->count > 1 ? "(" : "",
                              c->value[i]);
    if (c->count > 1 && n < room) snprintf(out + n, room - n, ")");
}

void gull__settings_front_text(const gull_settings *s, char *out, size_t room) {
    char scale[60] = "", mean[60] = "", std[60] = "";
    *out = 0;
    put_channels(&s->scale, scale, sizeof scale);
    put_channels(&s->mean, mean, sizeof mean);
    put_channels(&s->std, std, sizeof std);
    if (*scale || *mean || *std)
        snprintf(out, room, "%sx%s%s%s%s%s%s%s", *mean && *std ? "(" : "", *scale ? " * " : "",
                 scale, *mean ? " - " : "", mean, *mean && *std ? ")" : "", *std ? " / " : "",
                 std);
    if (s->channels_last) {
        const size_t n = strlen(out);
        snprintf(out + n, room - n, "%schannels last", n ? ", " : "");
    }
}
