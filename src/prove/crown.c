/* crown.c - the largest radius that backward linear bounds prove: CROWN (Zhang et al.,
 * NeurIPS 2018).  Sound for the network as a real function; rounding is in the bounds. */
#include "prove/radius.h"
#include <stddef.h>

static const gull_param params[] = {
    GULL_WORDS(gull_radius_options, intermediate, GULL_BOUNDS_AUTO, "auto|ibp|crown",
               "bounds of hidden neurons: intervals, backward rows, or rows within budget"),
    GULL_PARAM(gull_radius_options, budget, 1, 0, 1e6,
               "auto: 10^9 operations for hidden neurons per radius"),
    GULL_PARAM(gull_radius_options, steps, 10, 0, 100, "most radii that narrow the answer"),
    GULL_PARAM(gull_radius_options, gap, 0.01, 0, 1, "relative gap that ends the search"),
    GULL_PARAM(gull_radius_options, memory, 512, 1, 1e9,
               "MB that bounds may take; a larger network is left undecided"),
    GULL_PARAM_END};

static int run(gull_run *run, const void *options) {
    return gull__prove_radius(run, options, false);
}

extern const gull_method gull_proof_crown;
const gull_method gull_proof_crown = {
    .name = "crown",
    .summary = "linear bounds carried backward through the network",
    .cite = "Zhang et al., NeurIPS 2018",
    .needs = GULL_CAN_GRAPH,
    .goals = 1u << GULL_MISS | 1u << GULL_TARGET,
    .costs = GULL_COST(GULL_L0) | GULL_COST(GULL_L1) | GULL_COST(GULL_L2) |
             GULL_COST(GULL_LINF),
    .stage = 80,
    .params = params,
    .options_size = sizeof(gull_radius_options),
    .run = run};
