/* noise_uniform.h - uniform noise, for noise.h. */
#include "graph/ops/noise.h"

static double noise_at(const noise *s, uint64_t key, int node, size_t i) {
    return s->a + (s->b - s->a) * gull__noise_uniform(key, node, i);
}
static void read_noise(const gull_attributes *given, noise *s) {
    *s = (noise){gull_attr_float(given, "low", 0), gull_attr_float(given, "high", 1)};
}
