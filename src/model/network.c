/* network.c - the family `network`: scores and gradients of a graph in float32, one
 * evaluator per thread, and a double evaluator as the referee's reference. */
#include "model/network.h"
#include "num/backend.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 16 };
/* 16 units in the last place: ONNX Runtime and PyTorch, which sum in other orders, were seen to
 * differ by 3 (bench/strength.py). */
static const double SLACK = 0x1p-19;

typedef struct network {
    gull_graph *graph;
    const char *backend; /* NULL: the best */
} network;

typedef struct network_worker {
    gull_evaluator *deployed, *reference; /* the second is made when first asked for */
    const uint64_t *draw;                 /* of randomised networks */
} network_worker;

static unsigned can(const void *self) {
    const unsigned answers = GULL_CAN_SCORES | GULL_CAN_GRADIENT;
    /* Proofs speak of one function, which a randomised network is not. */
    return ((const network *)self)->graph->randomised ? answers : answers | GULL_CAN_GRAPH;
}

/* Fewer rows at once where their values and gradients would take more than 256 MB. */
static int tile(const void *self) {
    const gull_graph *g = ((const network *)self)->graph;
    const double most = (double)(1 << 25);
    double numbers = 1;
    for (size_t t = 0; t < g->tensor_count; t++)
        if ((int)t == g->input || g->tensor[t].producer >= 0) numbers += (double)g->tensor[t].size;
    return numbers * TILE <= most ? TILE : numbers < most ? (int)(most / numbers) : 1;
}

static void worker_free(const void *self, void *worker) {
    network_worker *w = worker;
    (void)self;
    if (!w) return;
    gull_evaluator_free(w->deployed);
    gull_evaluator_free(w->reference);
    free(w);
}

static int worker_new(const void *self, int rows, void **worker, gull_error *err) {
    const network *net = self;
    network_worker *w = calloc(1, sizeof *w);
    *worker = NULL;
    if (!w) return GULL_ENOMEM;
    const int status =
        gull_evaluator_new(&w->deployed, net->graph, (size_t)rows, net->backend, err);
    if (status < 0) {
        worker_free(self, w);
        return status;
    }
    *worker = w;
    return GULL_OK;
}

static int scores(const void *self, void *worker, const double *x, size_t n, double *out) {
    network_worker *w = worker;
    (void)self;
    gull_evaluator_draws(w->deployed, w->draw);
    return gull_evaluator_forward(w->deployed, x, n, out);
}

static int gradient(const void *self, void *worker, const double *x, size_t n,
                    const gull_loss *loss, double *out, double *value, double *g) {
    network_worker *w = worker;
    (void)self;
    gull_evaluator_draws(w->deployed, w->draw);
    return gull_evaluator_gradient(w->deployed, x, n, loss, out, value, g);
}

static int reference(const void *self, void *worker, const double *x, double *out) {
    const network *net = self;
    network_worker *w = worker;
    if (!w->reference) TRY(gull_evaluator_new(&w->reference, net->graph, 1, "f64", NULL));
    gull_evaluator_draws(w->reference, w->draw);
    return gull_evaluator_forward(w->reference, x, 1, out);
}

static const void *structure(const void *self, unsigned what) {
    return what == GULL_CAN_GRAPH ? ((const network *)self)->graph : NULL;
}

static void draws(void *worker, const uint64_t *draw) {
    ((network_worker *)worker)->draw = draw;
}

static void close_network(void *self) { gull_graph_free(((network *)self)->graph); }

extern const gull_family gull_family_network;
const gull_family gull_family_network = {
    "network", "neural networks: graphs of operators (see `gull list operators`)",
    can,       tile,
    worker_new, worker_free,
    scores,    gradient,
    reference, structure,
    close_network, draws,
};

int gull__network_new(gull_model **out, const gull_model_facts *facts, gull_graph *graph,
                      const char *backend, gull_error *err) {
    void *state;
    gull_model_facts told = *facts;
    told.randomised = graph->randomised;
    told.slack = SLACK;
    const size_t length = strlen(told.detail);
    if (told.randomised)
        snprintf(told.detail + length, sizeof told.detail - length, " · randomised");
    const int status = gull_model_new(out, &gull_family_network, sizeof(network), &told, &state);
    if (status < 0) {
        gull_graph_free(graph);
        return gull__fail(err, status, "out of memory");
    }
    *(network *)state = (network){graph, backend};
    return GULL_OK;
}

int gull__network_backend(gull_model *model, const char *name) {
    network *net = gull_model_state(model);
    const gull_backend *b = name ? gull__backend(name) : NULL;
    if (gull_model_family(model) != &gull_family_network) return GULL_EUNSUPPORTED;
    if (name && strcmp(name, "f64") && !b) return GULL_EUNSUPPORTED;
    if (net->backend && !strcmp(net->backend, "f64") && !name) return GULL_OK;
    net->backend = b ? b->name : name ? "f64" : NULL;
    return GULL_OK;
}
