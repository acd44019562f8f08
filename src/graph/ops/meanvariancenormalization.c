/* meanvariancenormalization.c - ONNX MeanVarianceNormalization: (x - mean) divided by
 * deviation + 1e-9, over some axes. */
#include "graph/ops/standard.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    static const int64_t preset[] = {0, 2, 3};
    standard *s = n->state;
    int64_t given[GULL_RANK + 1];
    size_t count;
    unsigned bits = 0;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    TRY(gull__ints_of(g, n, n->in_count, attributes, "axes", GULL_RANK + 1, given, &count, err));
    for (size_t i = 0; i < (count ? count : 3); i++) {
        int at;
        TRY(gull__row_axis(g, count ? given[i] : preset[i], x.rank, &at, err));
        bits |= 1u << at;
    }
    TRY(axes_new(&s->axes, &x, bits));
    s->outside = true;
    return standard_new(s, g, n, 1e-9, err);
}

GULL_STANDARD_OP(meanvariancenormalization, "MeanVarianceNormalization",
                 "some axes with mean 0 and deviation 1", 9, .unbatched = true)
