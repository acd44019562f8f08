/* onnx.h - shared by the files of the ONNX reader. */
#ifndef GULL_READ_ONNX_H
#define GULL_READ_ONNX_H
#include "core/settings.h"
#include "graph/graph.h"
#include "onnx.pb-c.h"

enum { ONNX_RANK = GULL_RANK + 1 };

typedef struct onnx_name { /* a value of the graph */
    const char *name;
    int tensor;   /* of the gull_graph; -1: not (yet) there */
    int producer; /* node of the file, or -1 */
    bool needed;
} onnx_name;

typedef struct onnx_build {
    const Onnx__GraphProto *proto;
    const gull_settings *settings; /* or NULL */
    gull_graph *graph;
    onnx_name *name; /* sorted */
    size_t name_count;
    size_t parameters;   /* numbers of the constants that nodes use */
    const char *stripped; /* the final operator that was left out, or NULL */
    bool f64;            /* the input is double */
    const char *output;  /* the one that is asked */
    double cut;          /* the score of "no" behind a Sigmoid or Softmax */
    const char *path;    /* of the file, for tensors in files beside it */
    char *others;        /* digest of what those files gave */
    bool unbatched;      /* read without a batch axis: see gull_graph */
    size_t folded;       /* numbers of constants that were computed */
} onnx_build;

/* Refuses what protobuf-c would follow too deep: nesting is unbounded in hostile files. */
int gull__onnx_check_nesting(const uint8_t *data, size_t size, gull_error *);

/* A tensor's numbers as doubles; *values is malloc'd, of at least one number.  Sizes are
 * checked against the payload, which may be in a file beside the model.  Phrases without
 * position. */
int gull__onnx_tensor(const onnx_build *, const Onnx__TensorProto *, int *rank,
                      int64_t dims[ONNX_RANK], int *type, double **values, gull_error *);
/* The `size` bytes of a tensor whose data are outside; *bytes is malloc'd. */
int gull__onnx_external(const onnx_build *, const Onnx__TensorProto *, size_t size,
                        uint8_t **bytes, gull_error *);

/* Where all inputs of a node are constants (or it reads only a shape): computes it and
 * sets *tensor to the new constant; leaves -1 where it is no such node. */
int gull__onnx_fold(onnx_build *, const Onnx__NodeProto *, int number, const int *in,
                    int in_count, const gull_attributes *, int *tensor, gull_error *);

/* A node's name in messages, and "node 12 (Conv 'c3'): phrase". */
const char *gull__onnx_title(const Onnx__NodeProto *);
int gull__onnx_node_error(int code, size_t number, const Onnx__NodeProto *,
                          const gull_error *phrase, gull_error *err);

int gull__onnx_build(onnx_build *, int64_t opset, gull_error *);
/* Makes the graph's input and what the settings put in front of the network; returns the
 * tensor that the network takes. */
int gull__onnx_input(onnx_build *, const char *name, int rank, const int64_t *dims,
                     gull_error *);
void gull__onnx_front_facts(const gull_settings *, gull_model_facts *);
/* Puts the head behind the network's output; returns the tensor of the scores. */
int gull__onnx_head(onnx_build *, int output, gull_error *);
/* What the head is called, and its classes. */
int gull__onnx_head_facts(const gull_settings *, gull_model_facts *);
/* A graph that is one dense layer as a model of the family `linear` (the graph stays the
 * caller's); *out is NULL where it is more than that. */
int gull__onnx_affine(const gull_graph *, const gull_model_facts *, gull_model **out,
                      gull_error *);
/* A model of LinearClassifier (ai.onnx.ml); leaves *out NULL where the graph is none. */
int gull__onnx_linear_classifier(const Onnx__GraphProto *, gull_model **out, gull_error *);
#endif
