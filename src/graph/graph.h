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

enum { GULL_RANK = 6, GULL_INPUTS = 64 };

/* What a file says a tensor holds; gull computes in float or double whatever it is. */
enum { GULL_F32, GULL_F64, GULL_INT, GULL_BOOL };

typedef struct gull_tensor {
    int rank;               /* without the batch axis */
    int64_t dims[GULL_RANK];
    size_t size;            /* numbers per row */
    int producer;           /* node index; -1: the graph's input; -2: a constant */
    const float *f32;       /* payload of a constant, owned by the graph, or NULL */
    const double *f64;      /* the same numbers */
    int type;               /* GULL_F32 ...; a node's output: that of its first input, unless
                               prepare says otherwise */
    char *name;
} gull_tensor;

typedef struct gull_op gull_op;
struct gull_layer;
typedef struct gull_node {
    const gull_op *op32, *op64; /* the two compilations of one operator */
    int in[GULL_INPUTS], in_count; /* tensors, activations and constants; -1: absent */
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
    int64_t batch;      /* of the file where it is fixed, else 1 */
    /* The tensors have no batch axis: a row is all of a tensor, its axes are those of the
     * file.  Readers fall back on it where a network mixes what would be its rows. */
    bool unbatched;
    struct gull_packs *packs; /* weights as backends want them, for all evaluators */
    size_t longest_sum; /* longest dot product of any operator, for rounding terms */
    bool randomised; /* some operator draws noise: see gull_evaluator_draws */
} gull_graph;

/* One pass over n rows in one precision.  value[t] and grad[t] point to n x size
 * numbers for activations (constants: NULL, read the tensor). */
typedef struct gull_pass32 {
    const gull_graph *graph;
    size_t n;
    float **value, **grad;
    const struct gull_backend *backend;    /* num/backend.h; NULL: plain C */
    struct gull_primitive **primitive;     /* per node, made at its first use, or NULL */
    const uint64_t *noise;                 /* per row (noise.h); only where randomised */
} gull_pass32;
typedef struct gull_pass64 {
    const gull_graph *graph;
    size_t n;
    double **value, **grad;
    /* Forward with |weights| and |bias|, gradient with |weights|, for rounding terms
     * (AFFINE only). */
    bool absolute;
    const uint64_t *noise;
} gull_pass64;

enum { /* traits of an operator, as prepared (per node: see gull_op.traits) */
    GULL_OP_AFFINE = 1 << 0,      /* out = A in + c for fixed constants, one activation in or
                                     a sum of several */
    GULL_OP_ELEMENTWISE = 1 << 1, /* out_i depends on in_i alone, one activation */
    GULL_OP_INDEX = 1 << 2, /* AFFINE that copies numbers and constants: Concat, Pad ... */
    GULL_OP_RENAME = 1 << 3, /* INDEX without constants, each number at most once: Reshape */
    GULL_OP_STRAIGHT = 1 << 4 /* its gradient is a stand-in (straight-through, BPDA): what
                                 attacks climb, not what differences show */
};

/* Per element: lower_slope x + lower_shift <= f(x) <= upper_slope x + upper_shift on
 * [lo, hi], shifts already rounded outward. */
typedef struct gull_lines {
    double *lower_slope, *lower_shift, *upper_slope, *upper_shift;
} gull_lines;

/* What a reader hands to prepare: attributes by name.  Of operators with several outputs
 * each that is used becomes a node: "(port)" says which output, of how many "(outputs)". */
typedef struct gull_attribute {
    const char *name;
    char kind; /* 'i' int, 'f' float, 's' string, 'I' ints; others are not kept */
    int64_t i;
    double f;
    const char *s;
    const int64_t *ints;
    size_t count;
} gull_attribute;
typedef struct gull_attributes {
    const gull_attribute *item;
    size_t count;
} gull_attributes;
int64_t gull_attr_int(const gull_attributes *, const char *name, int64_t preset);
double gull_attr_float(const gull_attributes *, const char *name, double preset);
const char *gull_attr_string(const gull_attributes *, const char *name, const char *preset);
/* Returns the count (0 when absent) and points *out at the numbers. */
size_t gull_attr_ints(const gull_attributes *, const char *name, const int64_t **out);

enum { GULL_LINE_TERMS = 32 };
struct gull_op {
    const char *onnx;    /* "Conv" */
    const char *summary;
    int since, until;    /* opsets understood, inclusive */
    int optional;        /* inputs from this one on may be absent (-1); 0: none */
    int outputs;         /* most that it has, each a node of its own (port); 0: one */
    /* Knows graphs without a batch axis: counts axes by gull__row_axis, or has none.  For
     * others the first axis of all activations must be 1 and is hidden from prepare. */
    bool unbatched;
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
     * a proof uses forward with `absolute`, and gradient (which must not read value[]).
     * lo, hi: per tensor, NULL for constants. */
    int (*interval)(const gull_node *, const gull_graph *, const double *const *lo,
                    const double *const *hi, double *out_lo, double *out_hi);
    int (*lines)(const gull_node *, const gull_graph *, const double *lo, const double *hi,
                 gull_lines *out); /* ELEMENTWISE */
    /* Others (MaxPool): turns `rows` rows of coefficients `a` (rows x out size) that
     * bound  a . out  from below into coefficients ADDED to in_a (rows x in size) and
     * ADDED to shift (rows); lo, hi: the input tensor's bounds.  A unit row's line, term by
     * term, is at most GULL_LINE_TERMS times the greatest magnitude of these bounds. */
    int (*backward_lines)(const gull_node *, const gull_graph *, const double *lo,
                          const double *hi, size_t rows, const double *a, double *in_a,
                          double *shift);
    /* Describes the node as a layer of num/plan.h (all but its blobs; in[0]: which input is
     * the activation); false: it is none.  NULL: never. */
    bool (*layer)(const gull_graph *, const gull_node *, struct gull_layer *);
};

extern const gull_op *const gull_ops32[], *const gull_ops64[]; /* NULL-terminated */
enum { GULL_OPSET_LATEST = 25 };

/* ---- Building a graph (the readers and the tests) ----
 * Each returns an index (or GULL_OK) or a negative status; one input, constants, then
 * nodes in topological order, then finish. */
gull_graph *gull__graph_new(int64_t opset); /* NULL when memory is out */
int gull__graph_input(gull_graph *, const char *name, int rank, const int64_t *dims);
/* Takes `values` (malloc'd, as many as the product of dims, at least one) also on error; dims
 * are those of the file, with no axis stripped, and may be 0: nodes take no such constants. */
int gull__graph_constant(gull_graph *, const char *name, int rank, const int64_t *dims,
                         double *values);
/* Adds a node and returns its output's tensor.  Errors: "node 12 (Conv 'c3'): ...". */
int gull__graph_node(gull_graph *, const char *onnx, const char *name, int number,
                     const int *in, int in_count, const gull_attributes *, gull_error *);
/* Sets the output and drops nodes that it does not need. */
int gull__graph_finish(gull_graph *, int output, gull_error *);
/* Of finish: takes each BatchNormalization into the Conv or Gemm before it where nothing
 * else reads that, and clears its `need`. */
int gull__graph_fold(gull_graph *, int output, bool *need);
/* For prepare: the dims of the node's output; checks their product. */
int gull__graph_shape(gull_graph *, const gull_node *, int rank, const int64_t *dims,
                      gull_error *);
void gull__graph_sum(gull_graph *, size_t terms); /* notes a dot product's length */
bool gull__is_constant(const gull_graph *, int tensor);
/* Axes of the file that a row does not have: 1, or 0 in an unbatched graph. */
static inline int gull_batch_axes(const gull_graph *g) { return g->unbatched ? 0 : 1; }
/* The row's axis for an axis of the file (negative: from the end); rank: of the row. */
enum { GULL_AXIS_BATCH = -1, GULL_AXIS_NONE = -2 };
int gull__axis(const gull_graph *, int64_t axis, int rank);
/* The same as an error for all that is no axis of a row. */
int gull__row_axis(const gull_graph *, int64_t axis, int rank, int *out, gull_error *);
/* A number as an integer, huge ones as +-2^62. */
int64_t gull__whole(double);
int gull__check_constant(const gull_graph *, const gull_node *, int input, const char *what,
                         gull_error *);
/* Whole numbers of an attribute or, where it is there, of constant input k; at most `most`;
 * *count 0: neither. */
int gull__ints_of(const gull_graph *, const gull_node *, int input, const gull_attributes *,
                  const char *name, size_t most, int64_t *out, size_t *count, gull_error *);

void gull_graph_free(gull_graph *);

/* An evaluator owns the buffers of one thread: n <= batch rows of float or double. */
typedef struct gull_evaluator gull_evaluator;
/* backend: "onednn", "ref" (float) or "f64"; NULL: the best there is. */
int gull_evaluator_new(gull_evaluator **out, const gull_graph *, size_t batch,
                       const char *backend, gull_error *);
void gull_evaluator_free(gull_evaluator *);
/* For randomised graphs: the draw of each row of the passes that follow, until the next call;
 * NULL: draw 0.  The array stays the caller's. */
void gull_evaluator_draws(gull_evaluator *, const uint64_t *draw);
/* x: n x input size; scores: n x output size, both double whatever the precision. */
int gull_evaluator_forward(gull_evaluator *, const double *x, size_t n, double *scores);
int gull_evaluator_gradient(gull_evaluator *, const double *x, size_t n,
                            const gull_loss *loss, double *scores, double *value,
                            double *g);

#endif
