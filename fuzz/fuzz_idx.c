/* fuzz_idx.c - libFuzzer target: data in the format idx. */
#include "as_file.h"

extern const gull_data_reader gull_data_idx;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as_data(&gull_data_idx, data, size);
    return 0;
}
