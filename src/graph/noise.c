/* noise.c - see noise.h. */
#include "graph/noise.h"
#include "core/random.h"
#include <string.h>

uint64_t gull__noise_key(uint64_t draw, const double *x, size_t dim) {
    uint64_t h = draw ^ 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < dim; i++) {
        uint64_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        h = (h ^ bits) * 0x100000001b3u; /* FNV-1a over words, folded so that all bits count */
        h ^= h >> 29;
    }
    return h;
}

/* Two numbers of the stream belong to each i. */
static gull_stream stream_at(uint64_t key, int node, size_t i) {
    gull_stream s = gull__stream(key, (uint64_t)(uint32_t)node, "");
    s.counter = 2 * (uint64_t)i;
    return s;
}

double gull__noise_uniform(uint64_t key, int node, size_t i) {
    gull_stream s = stream_at(key, node, i);
    return gull__stream_uniform(&s);
}

double gull__noise_normal(uint64_t key, int node, size_t i) {
    gull_stream s = stream_at(key, node, i);
    return gull__stream_normal(&s);
}
