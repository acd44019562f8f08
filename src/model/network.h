/* network.h - the family `network`: a graph and the backend that evaluates it. */
#ifndef GULL_MODEL_NETWORK_H
#define GULL_MODEL_NETWORK_H
#include "core/plugin.h"
#include "graph/graph.h"

/* Takes the graph, also on error.  backend: NULL for the best, "f64" for networks of
 * double inputs (static text). */
int gull__network_new(gull_model **out, const gull_model_facts *, gull_graph *,
                      const char *backend, gull_error *);
/* Chooses the deployed evaluator before any worker is made: "onednn", "ref", "f64" or
 * NULL, the best there is.  GULL_EUNSUPPORTED: not in this build, or not a network. */
int gull__network_backend(gull_model *, const char *name);
#endif
