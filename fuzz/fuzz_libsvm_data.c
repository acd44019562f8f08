/* fuzz_libsvm_data.c - libFuzzer target: data in the format libsvm_data. */
#include "as_file.h"

extern const gull_data_reader gull_data_libsvm_data;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as_data(&gull_data_libsvm_data, data, size);
    return 0;
}
