/* as_file.h - for readers that take a path: the input as a file in memory. */
#ifndef GULL_FUZZ_AS_FILE_H
#define GULL_FUZZ_AS_FILE_H
#include "core/plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Writes the bytes into an anonymous file; the path lives until the next call. */
static const char *as_file(const uint8_t *data, size_t size) {
    static int fd = -1;
    static char path[40];
    if (fd < 0) fd = memfd_create("fuzz", 0);
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* A data reader on the bytes; what it allocated is freed. */
static inline void read_as_data(const gull_data_reader *reader, const uint8_t *bytes, size_t size) {
    gull_error err = {0, ""};
    gull_data *d = calloc(1, sizeof *d);
    const gull_bytes head = {bytes, size < 4096 ? size : 4096, 0, "fuzz"};
    if (!d) abort();
    if (size) reader->probe(&head);
    reader->read(as_file(bytes, size), NULL, d, &err);
    gull_data_close(&d);
}
#endif
