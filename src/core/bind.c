/* bind.c - see bind.h.  Every refusal says what to change. */
#include "core/bind.h"
#include "core/grid.h"
#include "core/model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gull__task_free(gull_task *t) {
    free(t->x);
    free(t->label);
    free(t->lo);
    free(t->hi);
    free(t->weight);
    free(t->rule);
    free(t->grid);
    memset(t, 0, sizeof *t);
}

int gull__predict(const gull_model *m, const double *x, size_t n, double *scores,
                  gull_error *err) {
    const gull_family *f = m->family;
    const size_t tile = (size_t)f->tile(m->state), dim = m->facts.dim;
    void *worker = NULL;
    int status = f->worker_new ? f->worker_new(m->state, (int)tile, &worker, err) : GULL_OK;
    for (size_t i = 0; i < n && status == GULL_OK; i += tile) {
        const size_t k = n - i < tile ? n - i : tile;
        status = f->scores(m->state, worker, x + i * dim, k,
                           scores + i * (size_t)m->facts.classes);
        if (status < 0) gull__fail(err, status, "%s: evaluation failed: %s",
                                   m->path ? m->path : "model", gull_status_text(status));
    }
    if (worker && f->worker_free) f->worker_free(m->state, worker);
    return status;
}

static int out_of_memory(gull_error *err, const gull_data *d) {
    return gull__fail(err, GULL_ENOMEM, "%s: out of memory for %zu rows of %zu numbers",
                      d->path, d->rows, d->dim);
}

/* ---- Shapes ---- */

static void shape_text(char *out, size_t room, const size_t *shape, int rank, size_t dim) {
    size_t n = 0;
    if (!rank) n = (size_t)snprintf(out, room, "%zu", dim);
    for (int i = 0; i < rank && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "%s%zu", i ? "x" : "", shape[i]);
}

/* Models of LIBLINEAR and LIBSVM count features from 1 as the data do; elsewhere a shorter row
 * may as well be one counted from 0. */
static bool may_widen(const gull_model *m, const gull_data *d) {
    const char *format = m->format ? m->format : "";
    return d->sparse && d->dim < m->facts.dim &&
           (!strcmp(format, "liblinear") || !strcmp(format, "libsvm"));
}

/* Pictures of an array (height, width, channels) or a file against a network's input. */
static int check_layout(const gull_model *m, const gull_data *d, gull_error *err) {
    const size_t *want = m->facts.shape, *have = d->shape;
    const bool last = d->channels_last;
    const size_t channels = have[last ? 2 : 0], height = have[last ? 0 : 1];
    if (m->facts.rank != 3 || d->rank != 3 || !(d->bytes || last) || channels == 1 ||
        channels == want[0])
        return GULL_OK;
    return gull__fail(err, GULL_EFORMAT,
                      "%s: pictures of %zu channels, but %s takes %zux%zux%zu%s", d->path,
                      channels, m->path, want[0], want[1], want[2],
                      want[2] == channels && want[0] == height
                          ? "; if those are height, width and channels, say --layout nhwc"
                          : "; give data of that shape");
}

static int check_shapes(const gull_model *m, const gull_data *d, gull_error *err) {
    char want[80], have[80];
    if (d->dim == m->facts.dim) TRY(check_layout(m, d, err));
    if (d->dim == m->facts.dim || may_widen(m, d)) return GULL_OK;
    shape_text(want, sizeof want, m->facts.shape, m->facts.rank, m->facts.dim);
    shape_text(have, sizeof have, d->shape, d->rank, d->dim);
    return gull__fail(err, GULL_EFORMAT,
                      "%s: %s numbers a row, but %s takes %s; give data of that shape%s", d->path,
                      have, m->path, want,
                      m->facts.rank == 3 && d->rank == 3 && d->bytes && !d->fit[0]
                          ? ", or bring pictures to its size with --resize WIDTHxHEIGHT"
                      : d->sparse ? " (the first row may name index 0 where the model counts from 0, "
                                  "and its last feature, with value 0)"
                      : d->dim == m->facts.dim + 1
                          ? " (one column more: is one of them the label? use --label COLUMN)"
                          : "");
}

/* Pictures: rank 3, channels first; from the model where it says so, else from the data. */
static void set_shape(gull_task *t, const gull_model *m, const gull_data *d) {
    if (m->facts.rank == 3 && m->facts.shape[1] > 1 && m->facts.shape[2] > 1) {
        memcpy(t->shape, m->facts.shape, sizeof t->shape);
        t->rank = 3;
    } else if (d->rank == 2 && d->shape[0] > 1 && d->shape[1] > 1) {
        t->shape[0] = 1;
        t->shape[1] = d->shape[0];
        t->shape[2] = d->shape[1];
        t->rank = 3;
    } else if (d->rank == 3) {
        const size_t *s = d->shape;
        t->shape[0] = s[d->channels_last ? 2 : 0];
        t->shape[1] = s[d->channels_last ? 0 : 1];
        t->shape[2] = s[d->channels_last ? 1 : 2];
        t->rank = 3;
    }
}

/* Copies rows, channels first where the file has them last and the model wants them first. */
static void copy_rows(gull_task *t, const gull_model *m, const gull_data *d) {
    const double *from = d->x + t->first * d->dim;
    const size_t c = t->shape[0], pixels = t->dim / (c ? c : 1);
    if (d->dim < t->dim) { /* sparse rows that end early */
        for (size_t r = 0; r < t->rows; r++)
            memcpy(t->x + r * t->dim, from + r * d->dim, d->dim * sizeof(double));
        return;
    }
    if (!d->channels_last || c < 2 || m->facts.rank != 3) {
        memcpy(t->x, from, t->rows * t->dim * sizeof(double));
        return;
    }
    for (size_t r = 0; r < t->rows; r++)
        for (size_t p = 0; p < pixels; p++)
            for (size_t k = 0; k < c; k++)
                t->x[r * t->dim + k * pixels + p] = from[r * t->dim + p * c + k];
}

/* ---- Labels ---- */

static int named_class(const gull_model *m, const char *name) {
    for (int k = 0; m->facts.class_names && k < m->facts.classes; k++)
        if (!strcmp(m->facts.class_names[k], name)) return k;
    return -1;
}

/* Whether the labels' names are all numbers: folders 3 and 7, say. */
bool gull__labels_are_numbers(const gull_data *d) {
    for (size_t i = 0; i < d->label_count; i++) {
        const char *s = d->label_names[i];
        if (!*s || strlen(s) > 9 || s[strspn(s, "0123456789")]) return false;
    }
    return true;
}

/* The place of a name in --class-names; -1: it is not there. */
static int asked_class(const char *names, const char *name) {
    const size_t n = strlen(name);
    int k = 0;
    for (const char *s = names; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL, k++)
        if (strcspn(s, ",") == n && !memcmp(s, name, n)) return k;
    return -1;
}

/* Class index of a label as written in the file; -1: none.  Names decide where the model
 * or --class-names has them, else the number is the index, else the place in the alphabet. */
static int class_of(const gull_question *q, const gull_model *m, const gull_data *d,
                    double label) {
    char text[40];
    if (d->label_names) {
        const size_t i = (size_t)label;
        if (i >= d->label_count) return -1;
        const int k = named_class(m, d->label_names[i]);
        if (k >= 0 || m->facts.class_names) return k;
        const bool numbers = gull__labels_are_numbers(d);
        const int n = numbers    ? atoi(d->label_names[i])
                      : q->names ? asked_class(q->names, d->label_names[i])
                                 : (int)i;
        return n < m->facts.classes ? n : -1;
    }
    snprintf(text, sizeof text, "%.15g", label);
    if (m->facts.band[0] < m->facts.band[1]) /* a regressor's own answer */
        return label < m->facts.band[0] ? 1 : label > m->facts.band[1] ? 2 : 0;
    const int k = named_class(m, text);
    if (k >= 0 || (m->facts.class_names && !*m->facts.head)) return k;
    return label == floor(label) && label >= 0 && label < m->facts.classes ? (int)label : -1;
}

/* Words for a model without names: their places in the alphabet are the classes only where
 * all classes are there. */
static int check_words(gull_task *t, const gull_question *q, const gull_model *m,
                       const gull_data *d, gull_error *err) {
    if (!d->label_names || m->facts.class_names || q->names || gull__labels_are_numbers(d))
        return GULL_OK;
    if (d->label_count != (size_t)m->facts.classes)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: %zu words as labels ('%.40s' ...), but %s has %d classes without "
                          "names; say which is which with --class-names, or give class numbers",
                          d->path, d->label_count, d->label_names[0], m->path,
                          m->facts.classes);
    snprintf(t->note, sizeof t->note,
             "labels count as classes in alphabetical order, from '%.40s' to '%.40s'; "
             "--class-names says otherwise",
             d->label_names[0], d->label_names[d->label_count - 1]);
    return GULL_OK;
}

static int bad_label(const gull_model *m, const gull_data *d, size_t row, gull_error *err) {
    char text[64];
    if (d->label_names && (size_t)d->label[row] < d->label_count)
        snprintf(text, sizeof text, "'%.50s'", d->label_names[(size_t)d->label[row]]);
    else
        snprintf(text, sizeof text, "%.15g", d->label[row]);
    return gull__fail(err, GULL_EFORMAT,
                      "%s: row %zu: label %s, but %s has %d classes (%s to %s); give labels of "
                      "those classes",
                      d->path, row, text, m->path, m->facts.classes,
                      m->facts.class_names ? m->facts.class_names[0] : "0",
                      m->facts.class_names ? m->facts.class_names[m->facts.classes - 1]
                                           : "classes - 1");
}

/* Two-class data written as -1 and +1 for a model without class names. */
static bool plus_minus(const gull_model *m, const gull_data *d) {
    if (m->facts.classes != 2 || d->label_names) return false;
    if (m->facts.class_names && !*m->facts.head) return false;
    for (size_t i = 0; i < d->rows; i++)
        if (d->label[i] != 1 && d->label[i] != -1) return false;
    return true;
}

static int set_labels(gull_task *t, const gull_question *q, const gull_model *m,
                      const gull_data *d, gull_error *err) {
    if (!d->label) {
        t->model_labels = true;
        return GULL_OK;
    }
    TRY(check_words(t, q, m, d, err));
    const bool signs = plus_minus(m, d);
    for (size_t i = 0; i < t->rows; i++) {
        const double v = d->label[t->first + i];
        t->label[i] = signs ? v > 0 : class_of(q, m, d, v);
        if (t->label[i] < 0) return bad_label(m, d, t->first + i, err);
    }
    return GULL_OK;
}

/* ---- Pixel range ---- */

static void map_range(double *x, size_t n, double lo, double hi) {
    if (lo == 0 && hi == 255) return;
    for (size_t i = 0; i < n; i++) x[i] = lo == 0 ? x[i] * hi / 255 : lo + (hi - lo) * x[i] / 255;
}

void gull__map_bytes(const gull_task *t, bool f32, double *x, size_t n) {
    map_range(x, n, t->range[0], t->range[1]);
    for (size_t i = 0; f32 && i < n; i++) x[i] = (double)(float)x[i];
}

static int argmax(const double *s, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (s[i] > s[best]) best = i;
    return best;
}

/* Of the first rows, how many the model reads right when bytes are mapped to [0, top]. */
static int count_right(const gull_task *t, const gull_model *m, size_t n, double top,
                       size_t *right, gull_error *err) {
    double *x = malloc(n * t->dim * sizeof *x);
    double *s = malloc(n * (size_t)m->facts.classes * sizeof *s);
    int status = x && s ? GULL_OK : gull__fail(err, GULL_ENOMEM, "out of memory");
    if (status == GULL_OK) {
        memcpy(x, t->x, n * t->dim * sizeof *x);
        map_range(x, n * t->dim, 0, top);
        status = gull__predict(m, x, n, s, err);
    }
    *right = 0;
    for (size_t i = 0; i < n && status == GULL_OK; i++)
        *right += argmax(s + i * (size_t)m->facts.classes, m->facts.classes) == t->label[i];
    free(x);
    free(s);
    return status;
}

/* Byte pixels and no --range: most models want 0..1 or 0..255; the labels tell which. */
static int guess_range(gull_task *t, const gull_model *m, gull_error *err) {
    const size_t n = t->rows < 100 ? t->rows : 100;
    size_t plain = 0, unit = 0;
    t->range[1] = 255;
    if (t->model_labels) {
        if (!*m->facts.preprocess) snprintf(t->note, sizeof t->note,
                 "8-bit pixels given as 0..255; no labels to check it by: if the model wants "
                 "0..1, say --range 0,1");
        return GULL_OK;
    }
    TRY(count_right(t, m, n, 255, &plain, err));
    TRY(count_right(t, m, n, 1, &unit, err));
    const size_t margin = n / 20 + 1;
    if (unit >= plain + margin) t->range[1] = 1;
    snprintf(t->note, sizeof t->note,
             "8-bit pixels given as 0..%g: of %zu rows the model reads %zu right that way, %zu "
             "with 0..%g%s",
             t->range[1], n, t->range[1] == 1 ? unit : plain, t->range[1] == 1 ? plain : unit,
             t->range[1] == 1 ? 255. : 1.,
             unit + margin > plain && plain + margin > unit
                 ? "; those hardly differ: if it wants 0..1, say --range 0,1"
                 : "");
    return GULL_OK;
}

static int set_pixels(gull_task *t, const gull_question *q, const gull_model *m,
                      const gull_data *d, gull_error *err) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < t->rows * t->dim; i++) {
        least = fmin(least, t->x[i]);
        most = fmax(most, t->x[i]);
    }
    if (d->bytes) {
        if (q->has_range)
            memcpy(t->range, q->range, sizeof t->range);
        else
            TRY(guess_range(t, m, err));
        map_range(t->x, t->rows * t->dim, t->range[0], t->range[1]);
    } else if (q->has_range) {
        memcpy(t->range, q->range, sizeof t->range);
    } else if (least >= 0 && most <= 1) {
        t->range[1] = 1;
    } else if (least >= 0 && most <= 255) {
        t->range[1] = 255;
        snprintf(t->note, sizeof t->note, "pixels lie in 0..%g, so the box is 0..255", most);
    } else {
        snprintf(t->note, sizeof t->note,
                 "pixels lie in %g..%g, outside 0..255: no box; say --range LO,HI", least, most);
    }
    return GULL_OK;
}

/* ---- The box ---- */

static double grid(double v, bool f32, double outside) {
    if (!f32 || isinf(v)) return v;
    const float f = (float)v; /* the nearest number inside the box */
    const bool out = outside < 0 ? (double)f < v : (double)f > v;
    return out ? (double)nextafterf(f, outside < 0 ? INFINITY : -INFINITY) : (double)f;
}

/* --quantize: the levels of the range, for every feature. */
static int set_levels(gull_task *t, const gull_question *q, const gull_data *d,
                      gull_error *err) {
    if (!q->quantize) return GULL_OK;
    if (t->rank != 3 || !(t->range[0] < t->range[1]))
        return gull__fail(err, GULL_EUSAGE,
                          "--quantize: %s; say --range LO,HI, what the darkest and the brightest "
                          "pixel are", t->rank == 3 ? "no pixel range is known"
                                                    : "the rows are no pictures");
    if (!t->grid) t->grid = calloc(t->dim, sizeof *t->grid);
    if (!t->grid) return out_of_memory(err, d);
    for (size_t i = 0; i < t->dim; i++)
        t->grid[i] = (gull_grid){t->range[0], t->range[1] - t->range[0],
                                 (double)((1 << q->quantize) - 1)};
    const size_t n = strlen(t->domain);
    snprintf(t->domain + n, sizeof t->domain - n, "; %d levels a pixel", 1 << q->quantize);
    return GULL_OK;
}

static int set_box(gull_task *t, const gull_question *q, const gull_model *m, const gull_data *d,
                   gull_error *err) {
    const bool boxed = t->range[0] < t->range[1];
    for (size_t i = 0; i < t->dim; i++) {
        t->lo[i] = boxed ? t->range[0] : -INFINITY;
        t->hi[i] = boxed ? t->range[1] : INFINITY;
    }
    if (boxed)
        snprintf(t->domain, sizeof t->domain,
                 "every feature within the pixel range %g..%g; no domain file was given",
                 t->range[0], t->range[1]);
    else
        snprintf(t->domain, sizeof t->domain,
                 "every feature any real number; no domain file was given");
    TRY(set_levels(t, q, d, err));
    if (q->domain) TRY(gull__domain_read(t, q->domain, m, d, err));
    for (size_t i = 0; i < t->dim; i++) {
        t->lo[i] = grid(t->lo[i], m->facts.f32, -1);
        t->hi[i] = grid(t->hi[i], m->facts.f32, 1);
    }
    return GULL_OK;
}

/* Rows must lie on the grid; what differs by rounding alone is put on it. */
static int check_levels(gull_task *t, const gull_model *m, const gull_data *d, gull_error *err) {
    for (size_t r = 0; t->grid && r < t->rows; r++)
        for (size_t i = 0; i < t->dim; i++) {
            double *x = &t->x[r * t->dim + i];
            const gull_grid *g = &t->grid[i];
            if (!(g->over > 0) || isnan(*x)) continue;
            const double y = gull__grid_value(g, gull__grid_index(g, *x), m->facts.f32);
            if (fabs(y - *x) > 1e-5 * g->times / g->over + 0x1p-23 * fabs(y))
                return gull__fail(err, GULL_EFORMAT,
                                  "%s: row %zu: feature %zu is %.9g, between two of its allowed "
                                  "values %.9g + k * %.9g; round the data first, or leave "
                                  "--quantize or \"step\" out", d->path, t->first + r, i, *x,
                                  g->origin, g->times / g->over);
            *x = y;
        }
    return GULL_OK;
}

static int check_inside(const gull_task *t, const gull_data *d, gull_error *err) {
    for (size_t r = 0; r < t->rows; r++)
        for (size_t i = 0; i < t->dim; i++) {
            const double v = t->x[r * t->dim + i];
            if (v >= t->lo[i] && v <= t->hi[i]) continue;
            if (isnan(v)) continue;
            return gull__fail(err, GULL_EFORMAT,
                              "%s: row %zu: feature %zu%s%s is %g, outside its range [%g, %g]; "
                              "widen the domain or --range, or leave the row out with --rows",
                              d->path, t->first + r, i, d->feature_names ? " " : "",
                              d->feature_names ? d->feature_names[i] : "", v, t->lo[i], t->hi[i]);
        }
    return GULL_OK;
}

static int own_labels(gull_task *t, const gull_model *m, gull_error *err) {
    const size_t k = (size_t)m->facts.classes;
    double *s = malloc(t->rows * k * sizeof *s);
    if (!s) return gull__fail(err, GULL_ENOMEM, "out of memory for the scores");
    const int status = gull__predict(m, t->x, t->rows, s, err);
    for (size_t i = 0; i < t->rows && status == GULL_OK; i++)
        t->label[i] = argmax(s + i * k, m->facts.classes);
    free(s);
    return status;
}

static int choose_rows(gull_task *t, const gull_question *q, const gull_model *m,
                       const gull_data *d, gull_error *err) {
    if (q->first >= d->rows)
        return gull__fail(err, GULL_EUSAGE, "--rows: %s has %zu rows, counted from 0", d->path,
                          d->rows);
    t->first = q->first;
    t->rows = (q->last < d->rows ? q->last : d->rows) - q->first;
    t->dim = m->facts.dim;
    return GULL_OK;
}

static int fill(gull_task *t, const gull_question *q, const gull_model *m, const gull_data *d,
                gull_error *err) {
    TRY(check_shapes(m, d, err));
    TRY(choose_rows(t, q, m, d, err));
    t->x = calloc(t->rows * t->dim, sizeof *t->x);
    t->label = malloc(t->rows * sizeof *t->label);
    t->lo = malloc(t->dim * sizeof *t->lo);
    t->hi = malloc(t->dim * sizeof *t->hi);
    if (!t->x || !t->label || !t->lo || !t->hi) return out_of_memory(err, d);
    set_shape(t, m, d);
    copy_rows(t, m, d);
    if (d->note) snprintf(t->note, sizeof t->note, "%s", d->note);
    TRY(set_labels(t, q, m, d, err));
    if (t->rank == 3) TRY(set_pixels(t, q, m, d, err));
    if (m->facts.f32)
        for (size_t i = 0; i < t->rows * t->dim; i++) t->x[i] = (double)(float)t->x[i];
    TRY(set_box(t, q, m, d, err));
    TRY(check_levels(t, m, d, err));
    TRY(check_inside(t, d, err));
    if (t->model_labels) TRY(own_labels(t, m, err));
    if (q->goal == GULL_TARGET && q->target >= m->facts.classes)
        return gull__fail(err, GULL_EUSAGE, "--goal target:%d: %s has classes 0 to %d", q->target,
                          m->path, m->facts.classes - 1);
    return GULL_OK;
}

int gull__bind(gull_task *t, const gull_question *q, const gull_model *m, const gull_data *d,
               gull_error *err) {
    memset(t, 0, sizeof *t);
    const int status = fill(t, q, m, d, err);
    if (status < 0) gull__task_free(t);
    return status;
}

int gull_predict(const gull_question *q, const gull_model *m, const gull_data *d, double *scores,
                 size_t *rows, gull_error *err) {
    gull_task t;
    TRY(gull__bind(&t, q, m, d, err));
    *rows = t.rows;
    const int status = gull__predict(m, t.x, t.rows, scores, err);
    gull__task_free(&t);
    return status;
}
