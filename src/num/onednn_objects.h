/* onednn_objects.h - oneDNN's objects of one plan, with one owner and one status: every
 * function does nothing once the status is bad, so that errors are looked at once. */
#ifndef GULL_ONEDNN_OBJECTS_H
#define GULL_ONEDNN_OBJECTS_H
#include "num/onednn_shim.h"
#include "num/packs.h"

enum { ONEDNN_NOMEM = -8, ONEDNN_FAILED = -4 };

typedef enum step_kind { STEP_PRIMITIVE, STEP_ADD_RELU, STEP_ADD_MASK, STEP_FIRST } step_kind;

typedef struct step { /* of a pass */
    step_kind kind;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arg[8];
    int args;
    size_t n; /* numbers; FIRST: rows */
    const float *a, *b, *y;
    float *to;
    bool relu;
    float top; /* of the ReLU, or infinite */
    struct gull_first_layer *first;
} step;

typedef struct pass {
    step *step;
    size_t count;
} pass;

typedef struct objects {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t attr; /* user scratchpad */
    void (*set_threads)(int);   /* of oneDNN's OpenMP, or NULL */
    struct kept *kept;
    size_t kept_count;
    float *scratch; /* shared by all primitives */
    size_t scratch_bytes, scratch_room; /* needed so far; there */
    int status;
} objects;

void onednn_open(objects *);
void onednn_close(objects *);

/* The same with a ReLU at the end (top 0: none). */
dnnl_primitive_attr_t onednn_relu(objects *, float top);

float *onednn_floats(objects *, size_t bytes);
desc_ref onednn_desc(objects *, int rank, const int64_t *dims, dnnl_format_tag_t);
desc_ref onednn_desc_of(objects *, dnnl_primitive_desc_t, dnnl_query_t);
/* Takes a primitive descriptor that was made with `bad`; refuses reference code. */
dnnl_primitive_desc_t onednn_keep_pd(objects *, int bad, dnnl_primitive_desc_t);
void onednn_keep_first(objects *, struct gull_first_layer *);

/* Appends a step.  The pointer holds until the next one. */
step *onednn_step(objects *, pass *, step_kind);
step *onednn_primitive_step(objects *, pass *, dnnl_primitive_desc_t);
void onednn_argument(objects *, step *, int which, desc_ref, const void *data);
/* `data` in layout `to`: itself, or where a step of the pass puts it. */
float *onednn_as_layout(objects *, pass *, desc_ref from, float *data, desc_ref to);
/* Puts it there now (weights), for all that share the packs (or NULL). */
const float *onednn_packed(objects *, gull_packs *, desc_ref from, const float *data,
                           desc_ref to);
void onednn_reorder_into(objects *, pass *, desc_ref from, const float *data, desc_ref to,
                         float *out);
void onednn_end_pass(objects *); /* memory for the scratchpads so far */
int onednn_run(const objects *, const pass *);
#endif
