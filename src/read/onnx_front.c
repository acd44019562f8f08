/* onnx_front.c - what --scale, --mean, --std and --layout ask for, as nodes in front of the
 * network, so that rows, boxes and distances are in the units of the file on disk. */
#include "core/model.h"
#include "read/onnx.h"
#include <stdlib.h>
#include <string.h>

/* x -> x OP constant, one number for each channel of a picture or feature of a table. */
static int add_step(onnx_build *b, const char *op, const char *option, const gull_channels *c,
                    int x, gull_error *err) {
    const gull_tensor t = b->graph->tensor[x];
    int64_t dims[GULL_RANK] = {1, 1, 1, 1, 1, 1};
    if (!c->count) return x;
    const int lead = gull_batch_axes(b->graph) ? 0 : 1; /* axes in front of the channels */
    const size_t want = t.rank > lead ? (size_t)t.dims[lead] : 1;
    if (c->count != 1 && c->count != want)
        return gull__fail(err, GULL_EUSAGE,
                          "--%s: %zu numbers, but the input has %zu %s; give one or %zu", option,
                          c->count, want, t.rank <= lead + 1 ? "features" : "channels", want);
    dims[lead] = (int64_t)c->count;
    double *values = malloc(c->count * sizeof *values);
    if (!values) return GULL_ENOMEM;
    memcpy(values, c->value, c->count * sizeof *values);
    const int constant = gull__graph_constant(b->graph, option, t.rank, dims, values);
    TRY(constant);
    const int in[] = {x, constant};
    return gull__graph_node(b->graph, op, option, 0, in, 2, NULL, err);
}

static int turn(onnx_build *b, int x, gull_error *err) {
    static const int64_t last[] = {0, 2, 3, 1};
    const gull_attribute perm = {.name = "perm", .kind = 'I', .ints = last, .count = 4};
    const gull_attributes attributes = {&perm, 1};
    return gull__graph_node(b->graph, "Transpose", "layout", 0, &x, 1, &attributes, err);
}

int gull__onnx_input(onnx_build *b, const char *name, int rank, const int64_t *dims,
                     gull_error *err) {
    const gull_settings *s = b->settings;
    if (!s || !s->channels_last) {
        const int x = gull__graph_input(b->graph, name, rank, dims);
        if (x < 0 || !s) return x;
    }
    if (s->channels_last) {
        if (rank != 3 || b->graph->unbatched)
            return gull__fail(err, GULL_EUSAGE, "--layout nhwc: input '%.100s' is no picture of "
                              "height, width and channels", name);
        const int64_t first[] = {dims[2], dims[0], dims[1]};
        const int x = gull__graph_input(b->graph, name, 3, first);
        TRY(x);
    }
    int x = b->graph->input;
    x = add_step(b, "Mul", "scale", &s->scale, x, err);
    if (x >= 0) x = add_step(b, "Sub", "mean", &s->mean, x, err);
    if (x >= 0) x = add_step(b, "Div", "std", &s->std, x, err);
    return x >= 0 && s->channels_last ? turn(b, x, err) : x;
}

void gull__onnx_front_facts(const gull_settings *s, gull_model_facts *f) {
    char hex[3][65];
    const gull_channels *const step[] = {&s->scale, &s->mean, &s->std};
    gull__settings_front_text(s, f->preprocess, sizeof f->preprocess);
    for (size_t i = 0; i < 3; i++)
        gull__sha256((const uint8_t *)step[i]->value, step[i]->count * sizeof(double), hex[i]);
    gull__sha256((const uint8_t *)hex, sizeof hex, f->front);
}
