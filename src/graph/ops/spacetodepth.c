/* spacetodepth.c - ONNX SpaceToDepth: squares of b x b pixels become channels. */
#include "graph/ops/blocks.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    blocks s = {0};
    TRY(read_blocks(g, n, attributes, &s, err));
    const size_t b = s.b, h = s.height / b, w = s.width / b;
    if (s.height % b || s.width % b)
        return gull__fail(err, GULL_EFORMAT, "%zu x %zu pixels in squares of %zu", s.height,
                          s.width, b);
    const int64_t dims[] = {(int64_t)s.images, (int64_t)(s.channels * b * b), (int64_t)h,
                            (int64_t)w};
    TRY(set_blocks_shape(g, n, dims, err));
    for (size_t k = 0; k < s.images * s.channels * b * b * h; k++) {
        const size_t y = k % h, deep = k / h % (s.channels * b * b);
        const size_t c = deep % s.channels, i = deep / s.channels / b, j = deep / s.channels % b;
        const size_t image = k / h / (s.channels * b * b) * s.channels;
        const size_t from = ((image + c) * s.height + y * b + i) * s.width + j;
        for (size_t x = 0; x < w; x++) TRY(moves_add(n->state, 0, from + x * b, 1));
    }
    return GULL_OK;
}

GULL_MOVES_OP(spacetodepth, "SpaceToDepth", "squares of pixels become channels", .since = 1)
