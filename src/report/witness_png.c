/* witness_png.c - a row's witness as an 8-bit PNG, and whether it survives being one: the
 * bytes are decoded again by the reader of pictures and asked of the model anew. */
#include "core/model.h"
#include "core/result.h"
#include "read/picture.h"
#include "report/png.h"
#include <ctype.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *gull__png_encode(size_t width, size_t height, size_t channels, const uint8_t *pixel,
                          size_t *size) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *bytes = malloc(room);
    const bool good = bytes && png_image_write_to_memory(&image, bytes, &room, 0, pixel, 0, NULL);
    png_image_free(&image);
    *size = room;
    if (good) return bytes;
    free(bytes);
    return NULL;
}

/* Channels first to channels last, the nearest of 256 levels. */
static void to_bytes(const gull_task *t, const double *x, uint8_t *pixel) {
    const size_t c = t->shape[0], plane = t->dim / c;
    const double lo = t->range[0], width = t->range[1] - lo;
    for (size_t i = 0; i < plane; i++)
        for (size_t k = 0; k < c; k++) {
            const double level = 255 * (x[k * plane + i] - lo) / width;
            pixel[i * c + k] = (uint8_t)nearbyint(fmin(fmax(level, 0), 255));
        }
}

static void from_picture(const gull_task *t, bool f32, const gull_picture *p, double *x) {
    const size_t c = t->shape[0], plane = t->dim / c;
    for (size_t i = 0; i < plane; i++)
        for (size_t k = 0; k < c; k++) x[k * plane + i] = p->pixel[i * c + k];
    gull__map_bytes(t, f32, x, t->dim);
}

static bool reached(const gull_result *r, const gull_answer *a, const double *scores, int n) {
    const gull_goal goal = {r->asked.goal, a->label, r->asked.target, 0};
    for (int k = 0; k < n; k++)
        if (isnan(scores[k])) return false;
    return gull_goal_value(&goal, scores, n, NULL) > 0;
}

static int ask_again(const gull_result *r, const gull_model *m, const gull_answer *a,
                     const uint8_t *png, size_t size, bool *fools, gull_error *err) {
    gull_picture p;
    TRY(gull__picture_parse(&p, png, size, "the PNG", err));
    double *x = malloc((r->task.dim + (size_t)m->facts.classes) * sizeof *x);
    int status = x && p.channels == r->task.shape[0] && p.height == r->task.shape[1] &&
                         p.width == r->task.shape[2]
                     ? GULL_OK : gull__fail(err, GULL_ENOMEM, "out of memory for a picture");
    if (status == GULL_OK) {
        from_picture(&r->task, m->facts.f32, &p, x);
        status = gull__predict(m, x, 1, x + r->task.dim, err);
    }
    *fools = status == GULL_OK && reached(r, a, x + r->task.dim, m->facts.classes);
    free(x);
    free(p.pixel);
    return status;
}

static void put_class(const gull_result *r, int k, char *out, size_t room) {
    const char *name = json_string_value(
        json_array_get(json_object_get(r->model, "class_names"), (size_t)k));
    snprintf(out, room, "%d", k);
    for (size_t i = 0; name && i + 1 < room && (i == 0 || name[i - 1]); i++) {
        out[i] = isalnum((unsigned char)name[i]) || !name[i] ? name[i] : '_';
        out[i + 1] = 0;
    }
}

static void name_of(const gull_result *r, const gull_answer *a, char name[GULL_WITNESS_NAME]) {
    char from[24], to[24];
    put_class(r, a->label, from, sizeof from);
    put_class(r, a->becomes, to, sizeof to);
    snprintf(name, GULL_WITNESS_NAME, "row%zu-%s-%s.png", a->number, from, to);
}

static int check_pictures(const gull_task *t, gull_error *err) {
    if (t->rank != 3 || (t->shape[0] != 1 && t->shape[0] != 3))
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "--witness-images: the rows are no grey or colour pictures");
    if (!(t->range[0] < t->range[1]))
        return gull__fail(err, GULL_EUNSUPPORTED, "--witness-images: no pixel range is known; "
                                                  "say --range LO,HI");
    return GULL_OK;
}

int gull_result_witness_png(const gull_result *r, const gull_model *m, size_t i, void **png,
                            size_t *size, char name[GULL_WITNESS_NAME], bool *fools,
                            gull_error *err) {
    *png = NULL;
    *size = 0;
    *fools = false;
    if (i >= r->task.rows) return gull__fail(err, GULL_EUSAGE, "no row %zu", i);
    TRY(check_pictures(&r->task, err));
    const gull_answer *a = &r->answer[i];
    if (a->status <= GULL_MISREAD || isinf(a->upper)) return GULL_OK;
    const gull_task *t = &r->task;
    uint8_t *pixel = malloc(t->dim), *bytes = NULL;
    if (pixel) to_bytes(t, r->witness + i * t->dim, pixel);
    if (pixel) bytes = gull__png_encode(t->shape[2], t->shape[1], t->shape[0], pixel, size);
    free(pixel);
    if (!bytes) return gull__fail(err, GULL_ENOMEM, "out of memory for a picture");
    const int status = ask_again(r, m, a, bytes, *size, fools, err);
    if (status < 0) {
        free(bytes);
        return status;
    }
    name_of(r, a, name);
    *png = bytes;
    return GULL_OK;
}
