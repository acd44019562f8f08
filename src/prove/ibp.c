/* ibp.c - the largest radius that intervals prove: interval bound propagation with the
 * last affine layers merged into the question (Gowal et al. 2018), the first ones over the
 * norm ball itself.  Sound for the network as a real function. */
#include "prove/radius.h"
#include <stddef.h>

static const gull_param params[] = {
    GULL_PARAM(gull_radius_options, steps, 10, 0, 100, "most radii that narrow the answer"),
    GULL_PARAM(gull_radius_options, gap, 0.01, 0, 1, "relative gap that ends the search"),
    GULL_PARAM(gull_radius_options, memory, 512, 1, 1e9,
               "MB that bounds may take; a larger network is left undecided"),
    GULL_PARAM_END};

static int run(gull_run *run, const void *options) {
    gull_radius_options o = *(const gull_radius_options *)options;
    o.intermediate = GULL_BOUNDS_IBP;
    return gull__prove_radius(run, &o, true);
}

extern const gull_method gull_proof_ibp;
const gull_method gull_proof_ibp = {
    .name = "ibp",
    .summary = "intervals carried forward through the network",
    .cite = "Gowal et al. 2018",
    .needs = GULL_CAN_GRAPH,
    .goals = 1u << GULL_MISS | 1u << GULL_TARGET,
    .costs = GULL_COST(GULL_L0) | GULL_COST(GULL_L1) | GULL_COST(GULL_L2) |
             GULL_COST(GULL_LINF),
    .stage = 70,
    .params = params,
    .options_size = sizeof(gull_radius_options),
    .run = run};
