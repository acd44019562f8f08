/* registry.c - the tables.  Explicit externs, so that a static library keeps every
 * plug-in and the order is the order of the .def files. */
#include "core/registry.h"
#include <string.h>

#define SHARED(n) /* a helper file of its folder: nothing to register */
#define ATTACK(n) extern const gull_method gull_attack_##n;
#include "attack/attacks.def"
#undef ATTACK
#define PROOF(n) extern const gull_method gull_proof_##n;
#include "prove/proofs.def"
#undef PROOF
#define COST(n) extern const gull_cost gull_cost_##n;
#include "cost/costs.def"
#undef COST
#define FAMILY(n) extern const gull_family gull_family_##n;
#include "model/families.def"
#undef FAMILY
#define READER(n) extern const gull_reader gull_reader_##n;
#include "read/readers.def"
#undef READER
#define DATA(n) extern const gull_data_reader gull_data_##n;
#include "read/data.def"
#undef DATA

const gull_method *const gull_attacks[] = {
#define ATTACK(n) &gull_attack_##n,
#include "attack/attacks.def"
#undef ATTACK
    NULL};
const gull_method *const gull_proofs[] = {
#define PROOF(n) &gull_proof_##n,
#include "prove/proofs.def"
#undef PROOF
    NULL};
const gull_cost *const gull_costs[] = {
#define COST(n) &gull_cost_##n,
#include "cost/costs.def"
#undef COST
    NULL};
const gull_family *const gull_families[] = {
#define FAMILY(n) &gull_family_##n,
#include "model/families.def"
#undef FAMILY
    NULL};
const gull_reader *const gull_readers[] = {
#define READER(n) &gull_reader_##n,
#include "read/readers.def"
#undef READER
    NULL};
const gull_data_reader *const gull_data_readers[] = {
#define DATA(n) &gull_data_##n,
#include "read/data.def"
#undef DATA
    NULL};

static const gull_method *find(const gull_method *const *table, const char *name, size_t n) {
    for (; *table; table++)
        if (strlen((*table)->name) == n && !memcmp((*table)->name, name, n)) return *table;
    return NULL;
}

const gull_method *gull__method(const char *name, size_t length) {
    const gull_method *m = find(gull_attacks, name, length);
    return m ? m : find(gull_proofs, name, length);
}

const gull_cost *gull__cost(const char *name) {
    for (size_t i = 0; gull_costs[i]; i++)
        if (!strcmp(gull_costs[i]->name, name)) return gull_costs[i];
    return NULL;
}

int gull__cost_index(const gull_cost *cost) {
    for (int i = 0; gull_costs[i]; i++)
        if (gull_costs[i] == cost) return i;
    return -1;
}
