/* noise.h - the noise of randomised operators.  Number i of a node in one draw of one row
 * depends on the draw, the row's numbers, the node and i alone, so that both evaluators see
 * the same noise, whatever else is in the tile. */
#ifndef GULL_GRAPH_NOISE_H
#define GULL_GRAPH_NOISE_H
#include <stddef.h>
#include <stdint.h>

/* The key of one row in one draw. */
uint64_t gull__noise_key(uint64_t draw, const double *x, size_t dim);
/* Number i: uniform in [0, 1), or standard normal. */
double gull__noise_uniform(uint64_t key, int node, size_t i);
double gull__noise_normal(uint64_t key, int node, size_t i);
#endif
