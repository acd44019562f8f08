/* fuzz_csv.c - libFuzzer target: data in the format csv. */
#include "as_file.h"

extern const gull_data_reader gull_data_csv;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as_data(&gull_data_csv, data, size);
    return 0;
}
