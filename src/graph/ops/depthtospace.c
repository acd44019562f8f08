/* depthtospace.c - ONNX DepthToSpace: b x b channels become a square of pixels. */
#include "graph/ops/blocks.h"

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    blocks s = {0};
    TRY(read_blocks(g, n, attributes, &s, err));
    const size_t b = s.b, shallow = s.channels / (b * b), place = s.height * s.width;
    if (s.channels % (b * b))
        return gull__fail(err, GULL_EFORMAT, "%zu channels in squares of %zu", s.channels, b);
    const int64_t dims[] = {(int64_t)s.images, (int64_t)shallow, (int64_t)(s.height * b),
                            (int64_t)(s.width * b)};
    TRY(set_blocks_shape(g, n, dims, err));
    for (size_t k = 0; k < s.images * shallow * s.height * b; k++) {
        const size_t y = k % (s.height * b), c = k / (s.height * b) % shallow;
        const size_t image = k / (s.height * b) / shallow * s.channels;
        for (size_t x = 0; x < s.width * b; x++) {
            const size_t deep = image + deep_channel(&s, shallow, c, y % b, x % b);
            TRY(moves_add(n->state, 0, deep * place + y / b * s.width + x / b, 1));
        }
    }
    return GULL_OK;
}

GULL_MOVES_OP(depthtospace, "DepthToSpace", "channels become squares of pixels", .since = 1)
