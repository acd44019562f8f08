/* dropout.c - ONNX Dropout: x as it is, or, in training mode (a randomised model), each
 * number dropped with probability `ratio` and the others scaled by 1 / (1 - ratio)
 * (Srivastava et al. 2014). */
#include "graph/noise.h"
#include "graph/real.h"

typedef struct dropout {
    bool training;
    double ratio;
} dropout;

/* The constant at input k of a single number, or the preset. */
static int number_at(const gull_graph *g, const gull_node *n, int k, double preset, double *out,
                     gull_error *err) {
    *out = preset;
    if (n->in_count <= k || n->in[k] < 0) return GULL_OK;
    if (!gull__is_constant(g, n->in[k]))
        return gull__fail(err, GULL_EUNSUPPORTED, "input %d is not a constant", k);
    *out = g->tensor[n->in[k]].f64[0];
    return GULL_OK;
}

static int prepare(gull_graph *g, gull_node *n, const gull_attributes *attributes,
                   gull_error *err) {
    dropout *s = n->state;
    double training;
    TRY(gull_check_first(g, n, err));
    const gull_tensor x = *gull_in(g, n, 0);
    (void)attributes;
    TRY(number_at(g, n, 2, 0, &training, err));
    s->training = training != 0;
    if (s->training) {
        TRY(number_at(g, n, 1, 0.5, &s->ratio, err));
        if (!(s->ratio >= 0 && s->ratio < 1))
            return gull__fail(err, GULL_EFORMAT, "ratio %g, expected 0 to below 1", s->ratio);
        s->training = s->ratio > 0;
        g->randomised |= s->training;
    }
    return gull__graph_shape(g, n, x.rank, x.dims, err);
}

static unsigned traits(const gull_graph *g, const gull_node *n) {
    (void)g;
    return ((const dropout *)n->state)->training
               ? 0
               : GULL_OP_AFFINE | GULL_OP_INDEX | GULL_OP_RENAME;
}

/* to += or = from, where kept. */
static void pass_on(const gull_node *n, const gull_pass *p, const real *from, real *to,
                    bool add) {
    const dropout *s = n->state;
    const size_t size = p->graph->tensor[n->out].size;
    const real scale = (real)(s->training ? 1 / (1 - s->ratio) : 1);
    for (size_t r = 0; r < p->n; r++)
        for (size_t i = 0; i < size; i++) {
            const bool kept = !s->training ||
                              gull__noise_uniform(p->noise[r], n->number, i) >= s->ratio;
            const real v = kept ? scale * from[r * size + i] : 0;
            to[r * size + i] = add ? to[r * size + i] + v : v;
        }
}

static int forward(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    pass_on(n, p, p->value[n->in[0]], p->value[n->out], false);
    return GULL_OK;
}

static int gradient(const gull_node *n, const void *pass) {
    const gull_pass *p = pass;
    pass_on(n, p, p->grad[n->out], p->grad[n->in[0]], true);
    return GULL_OK;
}

const gull_op GULL_OP(dropout);
const gull_op GULL_OP(dropout) = {
    .onnx = "Dropout",
    .summary = "x as it is; in training mode numbers dropped afresh in every draw",
    .since = 7,
    .until = GULL_OPSET_LATEST,
    .optional = 1,
    .state_size = sizeof(dropout),
    .unbatched = true,
    .prepare = prepare,
    .traits = traits,
    .forward = forward,
    .gradient = gradient,
};
