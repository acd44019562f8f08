/* noise_normal.h - normal noise, for noise.h. */
#include "graph/ops/noise.h"

static double noise_at(const noise *s, uint64_t key, int node, size_t i) {
    return s->a + s->b * gull__noise_normal(key, node, i);
}
static void read_noise(const gull_attributes *given, noise *s) {
    *s = (noise){gull_attr_float(given, "mean", 0), gull_attr_float(given, "scale", 1)};
}
