/* onnx_external.c - tensors whose numbers lie in a file beside the model: "location" under
 * the model's folder and never outside it, "offset" and "length" inside that file. */
#include "core/model.h"
#include "read/onnx.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *value_of(const Onnx__TensorProto *t, const char *key) {
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && !strcmp(t->external_data[i]->key, key))
            return t->external_data[i]->value;
    return NULL;
}

/* A byte count in decimal digits, `preset` where the key is absent. */
static int number_of(const Onnx__TensorProto *t, const char *key, uint64_t preset,
                     uint64_t *out, gull_error *err) {
    const char *text = value_of(t, key);
    *out = text && *text ? 0 : preset;
    for (const char *c = text ? text : ""; *c; c++) {
        if (*c < '0' || *c > '9' || *out > UINT64_MAX / 10 - 1)
            return gull__fail(err, GULL_EFORMAT, "external data with %s '%.40s'", key, text);
        *out = *out * 10 + (uint64_t)(*c - '0');
    }
    return GULL_OK;
}

/* No absolute path and no step upward. */
static bool stays_below(const char *location) {
    if (!location || !*location || *location == '/' || *location == '\\') return false;
    for (const char *part = location; part; part = strchr(part, '/'), part += part != NULL)
        if (!strncmp(part, "..", 2) && (part[2] == '/' || !part[2])) return false;
    return true;
}

/* folder/location, malloc'd. */
static char *join(const char *path, const char *location) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    const size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    char *out = malloc(folder + strlen(location) + 3);
    if (!out) return NULL;
    memcpy(out, slash ? path : "./", slash ? folder : 2);
    strcpy(out + (slash ? folder : 2), location);
    return out;
}

/* Whether the file, links resolved, is still under the model's folder. */
static bool is_under(const char *folder, const char *file) {
    const size_t n = strlen(folder);
    return !strncmp(folder, file, n) && (file[n] == '/' || (n && folder[n - 1] == '/'));
}

/* The file's path without links, malloc'd. */
static int resolve(const onnx_build *b, const char *location, char **out, gull_error *err) {
    char *file = join(b->path, location), *folder = join(b->path, "");
    char *real_file = file ? realpath(file, NULL) : NULL;
    char *real_folder = folder ? realpath(folder, NULL) : NULL;
    int status = GULL_OK;
    if (!file || !folder)
        status = GULL_ENOMEM;
    else if (!real_file || !real_folder)
        status = gull__fail(err, GULL_EFORMAT, "its numbers should be in '%.200s': %s",
                            location, strerror(errno));
    else if (!is_under(real_folder, real_file))
        status = gull__fail(err, GULL_EFORMAT,
                            "its file '%.200s' is a link out of the model's folder", location);
    free(file);
    free(folder);
    free(real_folder);
    *out = status < 0 ? NULL : real_file;
    if (status < 0) free(real_file);
    return status;
}

static int read_part(int fd, uint64_t offset, size_t size, uint8_t *to) {
    for (size_t done = 0; done < size;) {
        const ssize_t n = pread(fd, to + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return GULL_EFORMAT;
        done += (size_t)n;
    }
    return GULL_OK;
}

static int read_file(int fd, const char *location, uint64_t offset, size_t size,
                     uint8_t **bytes, gull_error *err) {
    struct stat s;
    if (fd < 0 || fstat(fd, &s) < 0)
        return gull__fail(err, GULL_EFORMAT, "'%.200s' cannot be read: %s", location,
                          strerror(errno));
    if (!S_ISREG(s.st_mode) || (uint64_t)s.st_size < size ||
        offset > (uint64_t)s.st_size - size)
        return gull__fail(err, GULL_EFORMAT, "'%.200s' has no %zu bytes from %" PRIu64 " on",
                          location, size, offset);
    *bytes = malloc(size + 1);
    if (!*bytes) return GULL_ENOMEM;
    const int status = read_part(fd, offset, size, *bytes);
    if (status >= 0) return GULL_OK;
    free(*bytes);
    *bytes = NULL;
    return gull__fail(err, status, "'%.200s' cannot be read: %s", location, strerror(errno));
}

/* Digest of the digest so far and that of these bytes. */
static void note_digest(const uint8_t *bytes, size_t size, char others[65]) {
    char both[128] = {0};
    char one[65];
    gull__sha256(bytes, size, one);
    memcpy(both, others, others[0] ? 64 : 0);
    memcpy(both + 64, one, 64);
    gull__sha256((const uint8_t *)both, sizeof both, others);
}

int gull__onnx_external(const onnx_build *b, const Onnx__TensorProto *t, size_t size,
                        uint8_t **bytes, gull_error *err) {
    const char *location = value_of(t, "location");
    uint64_t offset, length;
    char *path;
    TRY(number_of(t, "offset", 0, &offset, err));
    TRY(number_of(t, "length", size, &length, err));
    if (!stays_below(location))
        return gull__fail(err, GULL_EFORMAT, "its numbers are in '%.200s', which is not under "
                          "the model's folder", location ? location : "");
    if (length != size)
        return gull__fail(err, GULL_EFORMAT, "%" PRIu64 " bytes outside, its shape wants %zu",
                          length, size);
    TRY(resolve(b, location, &path, err));
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    free(path);
    const int status = read_file(fd, location, offset, size, bytes, err);
    if (fd >= 0) close(fd);
    if (status >= 0 && b->others) note_digest(*bytes, size, b->others);
    return status;
}
