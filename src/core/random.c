/* random.c - SplitMix64's finaliser over key + counter * golden ratio (Steele, Lea,
 * Flood 2014, "Fast splittable pseudorandom number generators", section 4). */
#include "core/random.h"
#include <math.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

gull_stream gull__stream(uint64_t seed, uint64_t row, const char *method) {
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a of the name */
    for (; *method; method++) h = (h ^ (unsigned char)*method) * 0x100000001b3u;
    const uint64_t a = mix(seed + 0x9e3779b97f4a7c15u), b = mix(a ^ row);
    return (gull_stream){mix(b ^ h), 0};
}

uint64_t gull__stream_next(gull_stream *s) {
    return mix(s->key + 0x9e3779b97f4a7c15u * ++s->counter);
}

double gull__stream_uniform(gull_stream *s) {
    return (double)(gull__stream_next(s) >> 11) * 0x1p-53;
}

double gull__stream_normal(gull_stream *s) {
    const double u = 1 - gull__stream_uniform(s), v = gull__stream_uniform(s);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}
