/* registry.h - the tables.  Each is NULL-terminated, in the order of its .def file. */
#ifndef GULL_REGISTRY_H
#define GULL_REGISTRY_H
#include "core/plugin.h"

extern const gull_method *const gull_attacks[];
extern const gull_method *const gull_proofs[];
extern const gull_cost *const gull_costs[];
extern const gull_family *const gull_families[];
extern const gull_reader *const gull_readers[];
extern const gull_data_reader *const gull_data_readers[];

const gull_method *gull__method(const char *name, size_t length); /* or NULL */
const gull_cost *gull__cost(const char *name);                    /* or NULL */
int gull__cost_index(const gull_cost *);
#endif
