/* picture.c - libpng's simplified interface and libjpeg, both kept from exiting. */
#include "read/picture.h"
#include "core/model.h"
#include <stdio.h>
#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PIXELS = 1 << 28 };

static int too_large(const char *path, gull_error *err) {
    return gull__fail(err, GULL_EFORMAT, "%s: more than 268 million pixels, or none", path);
}

static int room(gull_picture *p, const char *path, gull_error *err) {
    if (!p->width || !p->height || p->width > MOST_PIXELS / p->height) return too_large(path, err);
    p->pixel = malloc(p->width * p->height * p->channels);
    return p->pixel ? GULL_OK : gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
}

static int read_png(gull_picture *p, const uint8_t *data, size_t size, const char *path,
                    gull_error *err) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    if (!png_image_begin_read_from_memory(&image, data, size))
        return gull__fail(err, GULL_EFORMAT, "%s: %s", path, image.message);
    const bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    *p = (gull_picture){image.width, image.height, colour ? 3 : 1, NULL};
    int status = room(p, path, err);
    if (status == GULL_OK && !png_image_finish_read(&image, &black, p->pixel, 0, NULL))
        status = gull__fail(err, GULL_EFORMAT, "%s: %s", path, image.message);
    png_image_free(&image);
    return status;
}

typedef struct jpeg {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr manager;
    jmp_buf away;
    char text[JMSG_LENGTH_MAX];
} jpeg;

static void jpeg_failed(j_common_ptr info) {
    jpeg *j = info->client_data;
    j->manager.format_message(info, j->text);
    longjmp(j->away, 1);
}
static void jpeg_quiet(j_common_ptr info, int level) { (void)info, (void)level; }

static int decode(jpeg *j, gull_picture *p, const uint8_t *data, size_t size, const char *path,
                  gull_error *err) {
    if (setjmp(j->away)) return gull__fail(err, GULL_EFORMAT, "%s: %s", path, j->text);
    jpeg_mem_src(&j->info, data, (unsigned long)size);
    jpeg_read_header(&j->info, TRUE);
    if (j->info.num_components != 1) j->info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&j->info);
    p->width = j->info.output_width;
    p->height = j->info.output_height;
    p->channels = (size_t)j->info.output_components;
    TRY(room(p, path, err));
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
    j->manager.emit_message = jpeg_quiet;
    j->info.client_data = j;
    jpeg_create_decompress(&j->info);
    const int status = decode(j, p, data, size, path, err);
    jpeg_destroy_decompress(&j->info);
    free(j);
    return status;
}

int gull__picture_read(gull_picture *p, const char *path, gull_error *err) {
    uint8_t *data;
    size_t size;
    memset(p, 0, sizeof *p);
    TRY(gull__file_read(path, false, &data, &size, err));
    const int status = size > 8 && !png_sig_cmp(data, 0, 8) ? read_png(p, data, size, path, err)
                       : size > 3 && data[0] == 0xff && data[1] == 0xd8
                           ? read_jpeg(p, data, size, path, err)
                           : gull__fail(err, GULL_EFORMAT, "%s: neither PNG nor JPEG", path);
    free(data);
    if (status < 0) {
        free(p->pixel);
        p->pixel = NULL;
    }
    return status;
}
