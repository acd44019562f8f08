/* random.h - counter-based random numbers: number i of a stream depends on the key and
 * i alone, so that no order of work changes them. */
#ifndef GULL_RANDOM_H
#define GULL_RANDOM_H
#include <stdint.h>

typedef struct gull_stream {
    uint64_t key, counter;
} gull_stream;

/* The stream of (seed, row, method name). */
gull_stream gull__stream(uint64_t seed, uint64_t row, const char *method);
uint64_t gull__stream_next(gull_stream *);
double gull__stream_uniform(gull_stream *); /* [0, 1), 53 bits */
double gull__stream_normal(gull_stream *);  /* two uniforms each (Box-Muller) */
#endif
