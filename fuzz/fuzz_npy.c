/* fuzz_npy.c - libFuzzer target: data in the format npy. */
#include "as_file.h"

extern const gull_data_reader gull_data_npy;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as_data(&gull_data_npy, data, size);
    return 0;
}
