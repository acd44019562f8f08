/* graph.h - a network as a list of operators: what the network family runs and what
 * proofs read.
 *
 * Tensors hold one row each: the batch axis is stripped (every activation has it, in
 * front; an operator that would mix rows is refused when the file is read).  Each file
 * in graph/ops/ is compiled twice, with `real` = float (the deployed evaluator) and
 * `real` = double (the referee's evaluator and the bounds), by including real.h. */
#ifndef GULL_GRAPH_H
#define GULL_GRAPH_H
#include "core/plugin.h"

enum { GULL_RANK = 6 };

typedef struct gull_tensor {
    int rank;               /* without the batch axis */
    int64_t dims[GULL_RANK];
    size_t size;            /* numbers per row */
    int producer;           /* node index; -1: the graph's input; -2: a constant */
    const float *f32;       /* payload of a constant, owned by the graph, or NULL */
    const double *f64;      /* the same numbers */
    char *name;
} gull_tensor;

typedef struct gull_op gull_op;
typedef struct gull_node {
    const gull_op *op32, *op64; /* the two compilations of one operator */
    int in[4], in_count;        /* tensor indices; activations and constants */
    int out;                    /* every operator here has one output */
    void *state;                /* the operator's own, made by prepare */
    char *name;
    int number;                 /* position in the file, for messages */
} gull_node;

typedef struct gull_graph {
    gull_tensor *tensor;
    size_t tensor_count;
    gull_node *node; /* in topological order */
    size_t node_count;
    int input, output; /* tensors; output: the scores, a final Softmax or Sigmoid stripped */
    int64_t opset;
    size_t longest_sum; /* longest dot product of any operator, for rounding terms */
} gull_graph;

/* One pass over n rows in one precision.  value[t] and grad[t] point to n x size
 * numbers for activations (constants: NULL, read the tensor). */
typedef struct gull_pass32 {
    const gull_graph *graph;
    size_t n;
    float **value, **grad;
    const struct gull_backend *backend; /* num/backend.h */
    void **prepared;                    /* per node: the backend's primitive, or NULL */
    void *scratch;
} gull_pass32;
typedef struct gull_pass64 {
    const gull_graph *graph;
    size_t n;
    double **value, **grad;
    bool absolute; /* forward with |weights| and |bias|, for rounding terms (AFFINE only) */
} gull_pass64;

enum { /* traits of an operator, as prepared (per node: see gull_op.traits) */
    GULL_OP_AFFINE = 1 << 0,      /* out = A in + c for fixed constants, one activation in or
                                     a sum of several */
    GULL_OP_ELEMENTWISE = 1 << 1, /* out_i depends on in_i alone, one activation */
    GULL_OP_INDEX = 1 << 2        /* AFFINE that only moves numbers: Reshape, Transpose ... */
};

/* Per element: lower_slope x + lower_shift <= f(x) <= upper_slope x + upper_shift on
 * [lo, hi], shifts already rounded outward. */
typedef struct gull_lines {
    double *lower_slope, *lower_shift, *upper_slope, *upper_shift;
} gull_lines;

/* What onnx.c hands to prepare: attributes by name. */
typedef struct gull_attributes gull_attributes;
int64_t gull_attr_int(const gull_attributes *, const char *name, int64_t preset);
double gull_attr_float(const gull_attributes *, const char *name, double preset);
const char *gull_attr_string(const gull_attributes *, const char *name, const char *preset);
/* Returns the count (0 when absent) and points *out at the numbers. */
size_t gull_attr_ints(const gull_attributes *, const char *name, const int64_t **out);

struct gull_op {
    const char *onnx;    /* "Conv" */
    const char *summary;
    int since, until;    /* opsets understood, inclusive */
    size_t state_size;
    /* Checks attributes and shapes, fills graph->tensor[node->out].{rank,dims} and the
     * state.  Errors: a phrase without position ("3-dimensional input, expected 4"), the
     * reader adds file and node. */
    int (*prepare)(gull_graph *, gull_node *, const gull_attributes *, gull_error *);
    void (*release)(void *state); /* or NULL */
    unsigned (*traits)(const gull_graph *, const gull_node *);
    /* value[out] from value[in]. */
    int (*forward)(const gull_node *, const void *pass);
    /* ADDS to grad[in] (activations only) what grad[out] says at value[in], value[out]. */
    int (*gradient)(const gull_node *, const void *pass);
    /* Double compilation only, NULL where there is no bound.  AFFINE operators need none:
     * a proof uses forward with `absolute`, and gradient (which must not read value[]). */
    int (*interval)(const gull_node *, const gull_graph *, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi);
    int (*lines)(const gull_node *, const gull_graph *, const double *lo, const double *hi,
                 gull_lines *out); /* ELEMENTWISE */
    /* Others (MaxPool): turns `rows` rows of coefficients `a` (rows x out size) that
     * bound  a . out  from below into coefficients ADDED to in_a (rows x in size) and
     * ADDED to shift (rows); lo, hi: the input tensor's bounds. */
    int (*backward_lines)(const gull_node *, const gull_graph *, const double *lo,
                          const double *hi, size_t rows, const double *a, double *in_a,
                          double *shift);
};

void gull_graph_free(gull_graph *);

/* An evaluator owns the buffers of one thread: n <= batch rows of float or double. */
typedef struct gull_evaluator gull_evaluator;
/* backend: "onednn", "ref" (float) or "f64"; NULL: the best there is. */
int gull_evaluator_new(gull_evaluator **out, const gull_graph *, size_t batch,
                       const char *backend, gull_error *);
void gull_evaluator_free(gull_evaluator *);
/* x: n x input size; scores: n x output size, both double whatever the precision. */
int gull_evaluator_forward(gull_evaluator *, const double *x, size_t n, double *scores);
int gull_evaluator_gradient(gull_evaluator *, const double *x, size_t n,
                            const gull_loss *loss, double *scores, double *value,
                            double *g);

#endif
