/* picture.c - PNG and JPEG by libpng and libjpeg, both kept from printing and exiting.
 * Pixels are taken as they are stored, without colour management, as training pipelines
 * take them. */
#include "read/picture.h"
#include "core/model.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>
#include <png.h>

enum { MOST_PIXELS = 1 << 26, MOST_SCANS = 100 };

static int room(gull_picture *p, const char *path, gull_error *err) {
    if (!p->width || !p->height || p->width > MOST_PIXELS / p->height)
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "%s: %zu x %zu pixels, at most 67 million", path, p->width,
                          p->height);
    p->pixel = malloc(p->width * p->height * p->channels);
    return p->pixel ? GULL_OK : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
}

/* ---- PNG ---- */

typedef struct png {
    gull_bytes bytes;
    png_structp png;
    png_infop info;
    jmp_buf away;
    char text[100];
} png;

static void png_failed(png_structp s, png_const_charp text) {
    png *p = png_get_error_ptr(s);
    snprintf(p->text, sizeof p->text, "%s", text);
    longjmp(p->away, 1);
}
static void png_quiet(png_structp s, png_const_charp text) { (void)s, (void)text; }

static void png_take(png_structp s, png_bytep to, png_size_t n) {
    gull_bytes *b = png_get_io_ptr(s);
    if (n > b->size - b->at) png_error(s, "the file is cut off");
    memcpy(to, b->data + b->at, n);
    b->at += n;
}

/* Everything becomes 8-bit grey or RGB. */
static void png_convert(png_structp s, png_infop info, gull_picture *p) {
    const int type = png_get_color_type(s, info);
    png_set_expand(s);
    png_set_strip_16(s);
    png_set_strip_alpha(s);
    p->width = png_get_image_width(s, info);
    p->height = png_get_image_height(s, info);
    p->channels = type & PNG_COLOR_MASK_COLOR ? 3 : 1;
}

static int png_decode(png *s, gull_picture *p, const char *path, gull_error *err) {
    if (setjmp(s->away)) return gull__fail(err, GULL_EFORMAT, "%s: %s", path, s->text);
    png_set_read_fn(s->png, &s->bytes, png_take);
    png_read_info(s->png, s->info);
    png_convert(s->png, s->info, p);
    const int passes = png_set_interlace_handling(s->png);
    TRY(room(p, path, err));
    png_read_update_info(s->png, s->info);
    const size_t stride = p->width * p->channels;
    if (png_get_rowbytes(s->png, s->info) != stride)
        return gull__fail(err, GULL_EUNSUPPORTED, "%s: pixels of a kind not understood",
                          path);
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < p->height; y++)
            png_read_row(s->png, p->pixel + y * stride, NULL);
    png_read_end(s->png, NULL);
    return GULL_OK;
}

static int read_png(gull_picture *p, const uint8_t *data, size_t size, const char *path,
                    gull_error *err) {
    png s = {.bytes = {data, size, 0, path, NULL}};
    s.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, png_failed, png_quiet);
    s.info = s.png ? png_create_info_struct(s.png) : NULL;
    const int status = s.info ? png_decode(&s, p, path, err)
                              : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    return status;
}

/* ---- JPEG ---- */

typedef struct jpeg {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf away;
    char text[JMSG_LENGTH_MAX];
} jpeg;

static void jpeg_failed(j_common_ptr info) {
    jpeg *j = info->client_data;
    j->manager.format_message(info, j->text);
    longjmp(j->away, 1);
}

/* Warnings are passed over, except that data are missing. */
static void jpeg_message(j_common_ptr info, int level) {
    const int code = info->err->msg_code;
    if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER))
        jpeg_failed(info);
}

/* A progressive file can ask for many passes over many pixels. */
static void jpeg_progress(j_common_ptr info) {
    jpeg *j = info->client_data;
    if (j->info.input_scan_number <= MOST_SCANS) return;
    snprintf(j->text, sizeof j->text, "more than %d scans", MOST_SCANS);
    longjmp(j->away, 1);
}

static int jpeg_decode(jpeg *j, gull_picture *p, const uint8_t *data, size_t size,
                       const char *path, gull_error *err) {
    if (setjmp(j->away)) return gull__fail(err, GULL_EFORMAT, "%s: %s", path, j->text);
    jpeg_create_decompress(&j->info);
    j->info.progress = &j->progress;
    jpeg_mem_src(&j->info, data, (unsigned long)size);
    jpeg_read_header(&j->info, TRUE);
    const bool grey = j->info.num_components == 1;
    j->info.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    *p = (gull_picture){j->info.image_width, j->info.image_height, grey ? 1 : 3, NULL};
    TRY(room(p, path, err));
    jpeg_start_decompress(&j->info);
    while (j->info.output_scanline < j->info.output_height) {
        JSAMPROW row = p->pixel + j->info.output_scanline * p->width * p->channels;
        jpeg_read_scanlines(&j->info, &row, 1);
    }
    return GULL_OK;
}

static int read_jpeg(gull_picture *p, const uint8_t *data, size_t size, const char *path,
                     gull_error *err) {
    jpeg *j = calloc(1, sizeof *j);
    if (!j) return gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
    j->info.err = jpeg_std_error(&j->manager);
    j->manager.error_exit = jpeg_failed;
    j->manager.emit_message = jpeg_message;
    j->progress.progress_monitor = jpeg_progress;
    j->info.client_data = j;
    const int status = jpeg_decode(j, p, data, size, path, err);
    jpeg_destroy_decompress(&j->info);
    free(j);
    return status;
}

/* ---- Either ---- */

bool gull__picture_probe(const uint8_t *data, size_t size) {
    return size > 8 && (!png_sig_cmp(data, 0, 8) || !memcmp(data, "\xff\xd8\xff", 3));
}

int gull__picture_parse(gull_picture *p, const uint8_t *data, size_t size,
                        const char *path, gull_error *err) {
    memset(p, 0, sizeof *p);
    if (!gull__picture_probe(data, size))
        return gull__fail(err, GULL_EFORMAT, "%s: neither PNG nor JPEG", path);
    const int status = (data[0] == 0xff ? read_jpeg : read_png)(p, data, size, path, err);
    if (status < 0) {
        free(p->pixel);
        p->pixel = NULL;
    }
    return status;
}

int gull__picture_read(gull_picture *p, const char *path, gull_error *err) {
    uint8_t *data;
    size_t size;
    p->pixel = NULL;
    TRY(gull__file_read(path, false, &data, &size, err));
    const int status = gull__picture_parse(p, data, size, path, err);
    free(data);
    return status;
}
