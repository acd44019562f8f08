/* fuzz_picture.c - libFuzzer target: one PNG or JPEG. */
#include "as_file.h"
#include "read/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gull_error err = {0, ""};
    gull_picture p = {0};
    gull__picture_read(&p, as_file(data, size), &err);
    free(p.pixel);
    return 0;
}
