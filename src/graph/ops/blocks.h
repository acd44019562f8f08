/* blocks.h - squares of b x b pixels become channels or the reverse: the deep side has b b
 * times the channels of the other. */
#include "graph/ops/moves.h"

typedef struct blocks {
    size_t images, channels, height, width, b; /* of the deep side: channels / (b b) pixels */
    bool crd;                                  /* the channel's place comes first, not last */
} blocks;

/* Reads blocksize and an input of (channels, height, width), perhaps with a batch. */
static int read_blocks(const gull_graph *g, const gull_node *n, const gull_attributes *a,
                       blocks *s, gull_error *err) {
    const int64_t size = gull_attr_int(a, "blocksize", 0);
    const char *mode = gull_attr_string(a, "mode", "DCR");
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    const int first = x.rank - 3;
    if (first != 1 - gull_batch_axes(g))
        return gull__fail(err, GULL_EFORMAT, "%d-dimensional input, expected 4",
                          x.rank + gull_batch_axes(g));
    if (size < 1 || size > 1 << 14)
        return gull__fail(err, GULL_EFORMAT, "blocksize %lld", (long long)size);
    if (strcmp(mode, "DCR") && strcmp(mode, "CRD"))
        return gull__fail(err, GULL_EUNSUPPORTED, "mode '%.40s'", mode);
    *s = (blocks){first ? (size_t)x.dims[0] : 1, (size_t)x.dims[first],
                  (size_t)x.dims[first + 1], (size_t)x.dims[first + 2], (size_t)size,
                  !strcmp(mode, "CRD")};
    return GULL_OK;
}

static int set_blocks_shape(gull_graph *g, const gull_node *n, const int64_t *dims,
                            gull_error *err) {
    return g->unbatched ? gull__graph_shape(g, n, 4, dims, err)
                        : gull__graph_shape(g, n, 3, dims + 1, err);
}

/* Of the deep side, the channel that holds pixel (i, j) of channel c's squares. */
static inline size_t deep_channel(const blocks *s, size_t shallow, size_t c, size_t i,
                                  size_t j) {
    return s->crd ? (c * s->b + i) * s->b + j : (i * s->b + j) * shallow + c;
}
