/* model.c - opening a model: the best-matching reader of the table. */
#include "core/model.h"
#include "core/registry.h"
#include "core/settings.h"
#include "model/network.h"
#include <errno.h>
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { HEAD = 4096 };
static const size_t FILE_LIMIT = (size_t)4 << 30;

int gull_model_new(gull_model **out, const gull_family *family, size_t state_size,
                   const gull_model_facts *facts, void **state) {
    gull_model *m = calloc(1, sizeof *m);
    void *s = calloc(1, state_size ? state_size : 1);
    if (!m || !s) {
        free(m);
        free(s);
        return GULL_ENOMEM;
    }
    m->family = family;
    m->state = s;
    m->facts = *facts;
    m->format = "memory";
    m->path = strdup("(memory)");
    if (!m->path) {
        free(m);
        free(s);
        return GULL_ENOMEM;
    }
    *out = m;
    *state = s;
    return GULL_OK;
}

static void free_names(char **names, size_t n) {
    for (size_t i = 0; names && i < n; i++) free(names[i]);
    free(names);
}

void gull_model_close(gull_model **model) {
    if (!model || !*model) return;
    gull_model *m = *model;
    if (m->family->close) m->family->close(m->state);
    free_names(m->facts.class_names, (size_t)m->facts.classes);
    free_names(m->facts.feature_names, m->facts.dim);
    free(m->state);
    free(m->path);
    free(m);
    *model = NULL;
}

const gull_model_facts *gull_model_facts_of(const gull_model *m) { return &m->facts; }
const gull_family *gull_model_family(const gull_model *m) { return m->family; }
void *gull_model_state(const gull_model *m) { return m->state; }
int gull_model_classes(const gull_model *m) { return m->facts.classes; }
size_t gull_model_features(const gull_model *m) { return m->facts.dim; }

unsigned gull__model_can(const gull_model *m) {
    const unsigned can = m->family->can(m->state);
    return can & GULL_CAN_SCORES ? can | GULL_CAN_LABELS : can;
}

void gull__sha256(const uint8_t *data, size_t size, char hex[65]) {
    struct sha256_ctx c;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&c);
    sha256_update(&c, size, data);
    sha256_digest(&c, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    hex[64] = 0;
}

int gull__sha256_file(const char *path, char hex[65], gull_error *err) {
    uint8_t *data;
    size_t size;
    TRY(gull__file_read(path, false, &data, &size, err));
    gull__sha256(data, size, hex);
    free(data);
    return GULL_OK;
}

/* A plain or an inflating stream. */
typedef struct source {
    FILE *plain;
    gzFile gz;
} source;

static long read_some(source *s, void *to, size_t n) {
    if (s->gz) return gzread(s->gz, to, (unsigned)(n < 1 << 30 ? n : 1 << 30));
    const size_t got = fread(to, 1, n, s->plain);
    return !got && ferror(s->plain) ? -1 : (long)got;
}

/* A small file that inflates without end is no data. */
static size_t most_bytes(off_t file_size) {
    const size_t size = (size_t)file_size, most = (size_t)1 << 26;
    return size > FILE_LIMIT / 200 || most + 200 * size > FILE_LIMIT ? FILE_LIMIT
                                                                     : most + 200 * size;
}

static int read_all(source *s, size_t most, const char *path, uint8_t **data, size_t *size,
                    gull_error *err) {
    size_t room = 1 << 16, n = 0;
    uint8_t *buffer = malloc(room);
    for (long got = 1; buffer && got > 0; n += (size_t)got) {
        if (n == room) {
            uint8_t *more = room < most ? realloc(buffer, room * 2) : NULL;
            if (!more) break;
            buffer = more;
            room *= 2;
        }
        got = read_some(s, buffer + n, room - n);
        if (got < 0) {
            free(buffer);
            return gull__fail(err, GULL_EFORMAT, "%s: damaged gzip data or unreadable file",
                              path);
        }
        if (got == 0) {
            *data = buffer;
            *size = n;
            return GULL_OK;
        }
    }
    free(buffer);
    return gull__fail(err, GULL_ENOMEM, "%s: larger than memory, than 4 GiB or than 200 times its "
                     "compressed size",
                     path);
}

int gull__file_read(const char *path, bool inflate, uint8_t **data, size_t *size,
                    gull_error *err) {
    struct stat st;
    if (stat(path, &st)) return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return gull__fail(err, GULL_EFORMAT, "%s: is a folder, expected a file", path);
    source s = {inflate ? NULL : fopen(path, "rb"), inflate ? gzopen(path, "rb") : NULL};
    if (!s.plain && !s.gz) return gull__fail(err, GULL_EIO, "%s: %s", path, strerror(errno));
    const int status = read_all(&s, most_bytes(st.st_size), path, data, size, err);
    if (s.plain) fclose(s.plain);
    if (!s.gz || gzclose(s.gz) == Z_OK || status < 0) return status;
    free(*data);
    return gull__fail(err, GULL_EFORMAT, "%s: the gzip data is cut off", path);
}

static const gull_reader *probe(const gull_bytes *head) {
    const gull_reader *best = NULL;
    int score = 0;
    for (size_t i = 0; gull_readers[i]; i++) {
        const int s = gull_readers[i]->probe(head);
        if (s > score) {
            score = s;
            best = gull_readers[i];
        }
    }
    return best;
}

static int refuse_settings(const char *path, gull_error *err) {
    return gull__fail(err, GULL_EUNSUPPORTED,
                      "%s: --output, --head, --scale, --mean, --std and --layout are for networks "
                      "(ONNX); leave them out", path);
}

static int open_bytes(gull_model **out, gull_bytes *bytes, gull_error *err) {
    const gull_bytes head = {.data = bytes->data,
                             .size = bytes->size < HEAD ? bytes->size : HEAD,
                             .path = bytes->path};
    const gull_reader *reader = probe(&head);
    if (!reader)
        return gull__fail(err, GULL_EFORMAT,
                          "%s: not a model file that gull knows; see `gull list formats`",
                          bytes->path);
    if (bytes->settings && !reader->takes_settings) return refuse_settings(bytes->path, err);
    if (err) err->text[0] = 0;
    const int status = reader->read(bytes, out, err);
    if (status < 0) {
        if (err && !err->text[0])
            gull__fail(err, status, "%s: %s", bytes->path, gull_status_text(status));
        return status;
    }
    (*out)->format = reader->name;
    return GULL_OK;
}

/* The file's digest; of a model in several files, whose reader left the digest of the
 * others, that of both digests. */
static void add_digest(const gull_bytes *bytes, char hex[65]) {
    char both[129] = {0};
    memcpy(both + 64, hex, 64);
    gull__sha256(bytes->data, bytes->size, hex);
    memcpy(both, hex, 64);
    if (both[64]) gull__sha256((const uint8_t *)both, 128, hex);
}

int gull_model_open(gull_model **out, const char *path, gull_error *err) {
    return gull_model_open_with(out, path, NULL, err);
}

int gull_model_open_with(gull_model **out, const char *path, const gull_settings *how,
                         gull_error *err) {
    gull_bytes bytes = {.path = path};
    if (how && gull__settings_touch_models(how)) bytes.settings = how;
    uint8_t *data = NULL;
    *out = NULL;
    TRY(gull__file_read(path, false, &data, &bytes.size, err));
    bytes.data = data;
    int status = open_bytes(out, &bytes, err);
    if (status == GULL_OK) {
        add_digest(&bytes, (*out)->sha256);
        char *copy = strdup(path);
        if (copy) {
            free((*out)->path);
            (*out)->path = copy;
        } else {
            gull_model_close(out);
            status = gull__fail(err, GULL_ENOMEM, "%s: out of memory", path);
        }
    }
    free(data);
    return status;
}

int gull_model_set_backend(gull_model *m, const char *name, gull_error *err) {
    if (strcmp(m->family->name, "network"))
        return gull__fail(err, GULL_EUNSUPPORTED,
                          "%s: a %s model has no backends; leave --backend out", m->path,
                          m->family->name);
    if (gull__network_backend(m, name) < 0)
        return gull__fail(err, GULL_EUSAGE, "--backend %s: not in this build; see `gull list "
                                            "backends`",
                          name);
    return GULL_OK;
}
