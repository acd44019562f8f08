/* plugin.h - all that a new attack, proof, cost, model family or format has to
 * know.  One file per plug-in, one row in the folder's .def table.
 *
 * Conventions.  Out parameters come last, their sizes after them.  Functions
 * return GULL_OK or a negative status.  Inputs `x` are double arrays of `dim`
 * features in the units of the model's input; scores are `classes` doubles,
 * the greatest wins, the lowest index wins a tie. */
#ifndef GULL_PLUGIN_H
#define GULL_PLUGIN_H
#include "gull/gull.h"
#include <math.h>

/* Propagates an error, like SCIP_CALL. */
#define TRY(call)                                                                        \
    do {                                                                                 \
        const int try_status_ = (call);                                                  \
        if (try_status_ < 0) return try_status_;                                         \
    } while (0)

/* Writes the sentence into *err (which may be NULL) and returns `code`.  What is no printable
 * UTF-8 becomes '?'. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int gull__fail(gull_error *err, int code, const char *format, ...);
/* Bytes of the UTF-8 character at s (shortest form, no surrogates); 0: it is none.  The text
 * ends with NUL. */
size_t gull__utf8_length(const char *s);

/* What a model can answer.  A method's `needs` is tested against what the model
 * can do and against what the user granted (--access).  Bits, not an order. */
enum {
    GULL_CAN_LABELS = 1 << 0,   /* the winning class */
    GULL_CAN_SCORES = 1 << 1,   /* one number per class */
    GULL_CAN_GRADIENT = 1 << 2, /* d loss(scores) / dx */
    GULL_CAN_LINEAR = 1 << 3,   /* structure: gull_linear */
    GULL_CAN_GRAPH = 1 << 4,    /* structure: gull_graph (graph/graph.h) */
    GULL_CAN_TREES = 1 << 5,    /* structure: gull_trees */
    GULL_CAN_POINTS = 1 << 6,   /* structure: gull_points (k-NN, kernels) */
    GULL_CAN_STRUCTURE = GULL_CAN_LINEAR | GULL_CAN_GRAPH | GULL_CAN_TREES | GULL_CAN_POINTS
};

/* ---- The question: plain data, closed sets, so that proofs can read them ---- */

typedef enum { GULL_REAL, GULL_INTEGER, GULL_CATEGORY, GULL_WORD } gull_kind;

/* The values a feature may take: origin + k * times / over, k whole; over 0: any. */
typedef struct gull_grid {
    double origin, times, over;
} gull_grid;

typedef struct gull_space { /* where one row may go */
    const double *x0;       /* the row */
    const double *lo, *hi;  /* its box, +-INFINITY where open; lo == hi: frozen */
    const double *weight;   /* > 0, multiplies each feature's change; NULL: all 1 */
    size_t dim;
    bool f32;               /* inputs are float32 numbers (deployed precision) */
    /* dim, or NULL: all real.  x0 lies on it.  Methods offer real points, the referee puts
     * them on the grid (core/grid.h); proofs about the reals hold for the grid, too. */
    const gull_grid *grid;
} gull_space;

typedef enum { GULL_MISS, GULL_TARGET } gull_goal_kind;
typedef struct gull_goal {
    gull_goal_kind kind;
    int label;  /* the row's class: MISS wants any other to win */
    int target; /* TARGET: this one must win */
    double slack; /* must win by more than this share of the greatest score; proofs: any */
} gull_goal;
/* The one reading of a goal, used by attacks as a loss and by proofs as a
 * specification: > 0 iff reached.  `w` (classes, may be NULL) gets its
 * subgradient in the scores. */
double gull_goal_value(const gull_goal *, const double *scores, int classes, double *w);
/* The goal as a union over rivals.  MISS: every class but the label is a rival, and one
 * that beats the label is enough.  TARGET: the target is the only rival and must beat
 * every other class.  "Beats": scores[win] > scores[lose], or equal and win < lose;
 * proofs may use the closed half-space scores[win] >= scores[lose]. */
bool gull_goal_is_rival(const gull_goal *, int class_index);

/* What "little" means; one file each in src/cost/.  All with the space's weights:
 * cost(x) = norm(weight_i * (x_i - x0_i)); l0 is the sum of the changed features'
 * weights.  x0 is inside the box (where it is not, x0 counts as part of the box, so that
 * reach and halfspace stay sound).  Boxes may be infinite.  Out of memory, NaN or
 * overflow: reach answers INFINITY, halfspace 0, and x gets x0: sound, if useless. */
typedef struct gull_cost {
    const char *name, *summary;
    /* A NaN in x only is an infinite change, in both x and x0 none. */
    double (*measure)(const gull_space *, const double *x);
    /* Moves x to the nearest point (in L2) of {cost <= radius} and the box; measure
     * (x) <= radius holds exactly, and when the space is f32, x is rounded towards x0
     * to float32 numbers.  l0 with unequal weights: a feasible point only. */
    void (*project)(const gull_space *, double *x, double radius);
    /* step of unit cost that maximises g . step (box ignored); 0 where g is 0. l0: one
     * unit in one feature. */
    void (*steepest)(const gull_space *, const double *g, double *step);
    /* max of a . (x - x0) over {cost <= radius} and the box; x, if not NULL, gets a
     * maximiser (x0 when the maximum is INFINITY); radius < 0: -INFINITY.  Rounding:
     * relative error below dim * 2^-50.  l0 with unequal weights: an upper bound, and x
     * a feasible point. */
    double (*reach)(const gull_space *, const double *a, double radius, double *x);
    /* least cost with a . (x - x0) >= need inside the box; INFINITY when the box has no
     * such point; x, if not NULL, gets a minimiser (x0 when there is none).  need <= 0: 0.
     * Rounding: it is the exact answer, to dim * 2^-50, for a need that differs from the
     * asked one by a relative dim * 2^-50; so to be safe ask for a little less.  l0
     * with unequal weights: a lower bound, and x a feasible point. */
    double (*halfspace)(const gull_space *, const double *a, double need, double *x);
} gull_cost;

typedef struct gull_problem { /* one row's question */
    gull_space space;
    gull_goal goal;
    const gull_cost *cost;
    const double *eps; /* asked distances, ascending; count may be 0 */
    size_t eps_count;
} gull_problem;

/* ---- The model: a family's functions over its private state ---- */

/* A loss in the scores: returns its value, writes d loss / d scores into w.  */
typedef double (*gull_loss_fn)(const void *arg, const double *scores, int classes,
                               double *w);
typedef struct gull_loss {
    gull_loss_fn fn;
    const void *arg;
} gull_loss;

typedef struct gull_family {
    const char *name, *summary;
    unsigned (*can)(const void *self); /* of this instance, not of the family */
    /* Rows that are best answered together; 1: no gain, answered at once.  A row's
     * answer may not depend on the other rows of its tile, bit for bit. */
    int (*tile)(const void *self);
    /* Per-thread scratch, optional (NULL functions: none). */
    int (*worker_new)(const void *self, int tile, void **worker, gull_error *);
    void (*worker_free)(const void *self, void *worker);
    /* Scores of n <= tile rows in the deployed precision.  x: n x dim; out: n x classes. */
    int (*scores)(const void *self, void *worker, const double *x, size_t n, double *out);
    /* Scores, then for each row the gradient of loss[i](scores_i) in x. */
    int (*gradient)(const void *self, void *worker, const double *x, size_t n,
                    const gull_loss *loss, double *scores, double *value, double *g);
    /* The referee's second evaluator: another code path, one row.  For networks in
     * double (the real function), for trees a plain walk in the library's order. */
    int (*reference)(const void *self, void *worker, const double *x, double *scores);
    const void *(*structure)(const void *self, unsigned can); /* NULL when it has none */
    void (*close)(void *self); /* frees what the state points to, not the state */
    /* Of randomised models (facts.randomised), else NULL: one number a row that decides its
     * noise in the calls that follow; the array stays the caller's. */
    void (*draws)(void *worker, const uint64_t *draw);
} gull_family;

typedef struct gull_model_facts { /* what a reader tells about a model */
    int classes;
    size_t dim;
    bool f32;              /* inputs are float32; false: double */
    size_t shape[4];       /* of an image-like input, channels first; rank 0: a table */
    int rank;
    const char *scores;    /* "logits", "margin", "probabilities" (static text) */
    char **class_names;    /* classes strings, owned by the model, or NULL */
    char **feature_names;  /* dim strings, owned by the model, or NULL */
    char detail[160];      /* "300 trees, depth 6 · XGBoost 2.1", UTF-8, for people */
    /* Of networks: the output asked, what its numbers mean, what is done to pixels first. */
    char output[100], head[120], preprocess[160];
    char front[65];        /* digest of what is done to pixels, or empty */
    double cut;            /* detect, binary: what class 0 scores, the logit of the threshold */
    double band[2];        /* range head: labels are numbers, and these its ends; else 0, 0 */
    double slack;          /* share of the greatest score by which other float evaluators
                              of the same model may differ: witnesses keep clear of it */
    bool randomised;       /* its answer is a random number: see core/draws.h */
} gull_model_facts;
/* Makes a model of a family with zeroed private state; on error nothing is kept.
 * `facts` is copied, its arrays pass to the model. */
int gull_model_new(gull_model **out, const gull_family *, size_t state_size,
                   const gull_model_facts *facts, void **state);
const gull_model_facts *gull_model_facts_of(const gull_model *);
const gull_family *gull_model_family(const gull_model *);
void *gull_model_state(const gull_model *);

/* ---- A run: the only door from a method to the model ---- */

typedef struct gull_run gull_run; /* counts queries, enforces access and time */

const gull_problem *gull_run_problem(const gull_run *);
int gull_run_classes(const gull_run *);
/* Channels, height and width of a row that is a picture; NULL: a table. */
const size_t *gull_run_shape(const gull_run *);
/* Zeroed, 64-byte aligned, freed when the run ends; NULL when memory is out. */
void *gull_run_scratch(gull_run *, size_t bytes);
uint64_t gull_run_random(gull_run *); /* from (seed, row, method), counter-based */
double gull_run_uniform(gull_run *);  /* in [0, 1) */
double gull_run_normal(gull_run *);
/* The row's interval so far, over all methods; INFINITY and 0 at the start. */
double gull_run_upper(const gull_run *);
double gull_run_lower(const gull_run *);
const double *gull_run_witness(const gull_run *); /* the best so far, or NULL */
/* GULL_OK, or why to return: GULL_ETIME, GULL_EBUDGET. */
int gull_run_stop(const gull_run *);
/* Each asks one point and counts one query; x need not be inside the box (it is
 * asked as it is).  They return GULL_EACCESS, GULL_EBUDGET, GULL_ETIME or a model's
 * error: pass those on. */
int gull_ask_label(gull_run *, const double *x, int *label);
int gull_ask_scores(gull_run *, const double *x, double *scores);
/* scores and value may be NULL. */
int gull_ask_gradient(gull_run *, const double *x, gull_loss loss, double *scores,
                      double *value, double *g);
const void *gull_ask_structure(gull_run *, unsigned can);
/* A method claims as often as it likes; the core copies, checks, keeps the best.
 * found: x is put into the box, rounded to the deployed precision, asked again of
 * both evaluators and measured; *distance (may be NULL) gets the cost of the
 * accepted point, INFINITY when it does not fool.  Costs no query. */
int gull_found(gull_run *, const double *x, double *distance);
/* bounded: no point of cost < lower reaches the goal. */
int gull_bounded(gull_run *, double lower);

/* ---- Parts: a method that runs others ---- */

/* The ends meet, or nothing in the box can fool the model: no attack can gain. */
bool gull_run_settled(const gull_run *);
bool gull_run_thorough(const gull_run *); /* --thorough: skip nothing */

typedef struct gull_effort { /* what one part is asked; zeros: all that the method is asked */
    uint64_t queries;        /* at most so many questions */
    const double *eps;       /* these distances instead of the asked ones */
    size_t eps_count;
    const gull_goal *goal;   /* a narrower goal: reaching it reaches the method's own */
} gull_effort;
typedef struct gull_gain { /* of one run of a part */
    double upper;          /* the least distance it found itself; INFINITY: none */
    uint64_t queries;
    double zero;           /* share of the gradients it asked for that were zero */
} gull_gain;
/* Whether part k of the method's `parts` fits the model, norm, goal and access. */
bool gull_run_has_part(const gull_run *, size_t k);
/* Runs it, under its own name and random numbers; effort and gain may be NULL.  GULL_OK
 * also when the part gave up for a reason of its own; negative: return it. */
int gull_run_part(gull_run *, size_t k, const gull_effort *, gull_gain *);
/* Why a part is not run on this row: counted in the result.  Forgotten when it runs later. */
typedef enum {
    GULL_RAN,
    GULL_SKIP_SETTLED, /* the ends meet */
    GULL_SKIP_AGREED,  /* independent attacks end at the same distance */
    GULL_SKIP_FAR,     /* no asked distance is near what was found */
    GULL_SKIP_WEAKER,  /* it is dear, and the cheaper ones found a way */
    GULL_SKIP_TWIN,    /* a stronger one of its kind runs */
    GULL_SKIP_UNNEEDED /* every asked distance fools already */
} gull_skip;
void gull_run_skip(gull_run *, size_t k, gull_skip);

/* ---- Together: one change for all rows, before each of them is answered ---- */

typedef struct gull_crowd gull_crowd; /* the rows that are read right */
typedef struct gull_member {          /* what the loss of one row is given as `arg` */
    gull_goal goal;
    const void *options; /* the method's */
} gull_member;
/* Of a change: x0 is zero, the box as wide as any row has room; frozen features have none. */
const gull_space *gull_crowd_space(const gull_crowd *);
const gull_cost *gull_crowd_cost(const gull_crowd *);
double gull_crowd_radius(const gull_crowd *); /* the greatest asked distance */
size_t gull_crowd_size(const gull_crowd *);
/* Asks every row at x0 + change, put into the row's box: the sums of the losses and of their
 * gradients, and how many rows are fooled.  One query a row.  Returns GULL_EBUDGET, GULL_ETIME
 * or a model's error: pass those on; what `change` holds by then counts. */
int gull_crowd_gradient(gull_crowd *, const double *change, gull_loss_fn, double *g,
                        double *value, size_t *fooled);
/* x: the row, moved by what `together` found.  Counts the row's queries of that time.  False:
 * there is none. */
bool gull_run_together(gull_run *, double *x);

/* ---- A method: attack, proof, or both (a complete search) ---- */

typedef struct gull_param { /* options are data: command, man page, report use it */
    const char *name, *help;
    size_t offset; /* of a double in the options struct */
    double preset, lo, hi;
    const char *words; /* "auto|ibp|crown": the value is the word's index; or NULL */
} gull_param;
#define GULL_PARAM(type, field, preset, lo, hi, help)                                    \
    {                                                                                    \
        #field, help, offsetof(type, field), preset, lo, hi, NULL                        \
    }
#define GULL_WORDS(type, field, preset, words, help)                                     \
    {                                                                                    \
        #field, help, offsetof(type, field), preset, 0, 1e9, words                       \
    }
#define GULL_PARAM_END                                                                   \
    {                                                                                    \
        NULL, NULL, 0, 0, 0, 0, NULL                                                     \
    }

#define GULL_COST(name) (1u << (name))
enum { GULL_L0, GULL_L1, GULL_L2, GULL_LINF }; /* order of costs.def */
#define GULL_ANY (~0u)

typedef struct gull_method {
    const char *name, *summary, *cite;
    unsigned needs;           /* GULL_CAN_*, all of them */
    unsigned goals;           /* bits 1u << gull_goal_kind */
    unsigned costs;           /* bits GULL_COST(GULL_L2) ... */
    unsigned stage;           /* audit's order, cheapest first; 0: only when asked for */
    const gull_param *params; /* all doubles in the options struct, or NULL */
    size_t options_size;
    int (*run)(gull_run *, const void *options);
    /* Specs of the methods it runs by gull_run_part, ended by NULL; or NULL.  The result
     * lists them as "name/spec". */
    const char *const *parts;
    /* Optional: runs once, before any row.  change: zeros, one a feature. */
    int (*together)(gull_crowd *, const void *options, double *change);
    bool needs_eps; /* makes no sense without --eps */
    bool needs_grid; /* is for --quantize, or a --domain with integers */
} gull_method;

/* ---- Structures that several families share ---- */

typedef struct gull_linear { /* scores = w x + b */
    int classes;
    size_t dim;
    const double *w; /* classes x dim */
    const double *b; /* classes */
} gull_linear;

typedef struct gull_tree_node {
    int32_t feature;      /* -1: leaf */
    int32_t left, right;  /* indices in the same tree */
    float threshold;      /* left iff (float)x < threshold */
    float value;          /* of a leaf */
    uint8_t default_left; /* where NaN goes */
} gull_tree_node;
typedef struct gull_tree {
    const gull_tree_node *nodes; /* [0] is the root; children come after parents */
    int32_t count;
    int32_t output; /* which sum it adds to */
} gull_tree;
typedef struct gull_trees {
    size_t dim, count;
    const gull_tree *tree;
    int outputs;       /* 1 for two classes (scores 0 and margin), else classes */
    const float *base; /* outputs: margins before the first tree */
    const struct gull_tree_index *index; /* for exact searches: model/trees_index.h */
} gull_trees;

/* ---- A format ---- */

typedef struct gull_bytes { /* a bounded cursor: the only thing that touches bytes */
    const uint8_t *data;
    size_t size, at;
    const char *path;
    const gull_settings *settings; /* core/settings.h; NULL: none asked */
} gull_bytes;

typedef struct gull_reader {
    const char *name, *summary;
    /* 0 no .. 100 certain, from the first bytes (at most 4096) and the path. */
    int (*probe)(const gull_bytes *head);
    /* On error err->text starts with the path and says where. */
    int (*read)(gull_bytes *, gull_model **out, gull_error *);
    bool takes_settings; /* it looks at bytes->settings */
} gull_reader;

struct gull_data { /* a data set in memory, in the units of the file */
    size_t rows, dim;
    double *x;             /* rows x dim */
    double *label;         /* rows, as written in the file, or NULL */
    char **label_names;    /* label_count strings when labels are words: label[i] is an index */
    size_t label_count;
    char **feature_names;  /* dim, or NULL */
    size_t shape[4];       /* per row, as in the file; rank 0 or 1: a table */
    int rank;
    bool channels_last;    /* pictures and (h,w,c) arrays: see data.c */
    bool bytes;            /* values were 8-bit pixels, 0..255 */
    bool sparse;           /* LIBSVM: columns after the last one written are zero */
    size_t fit[2];         /* asked: bring pictures to this height and width; 0: as they are */
    bool by_area;          /* by area averages, not bilinear */
    const char *note;      /* static: how the file was read, for people; or NULL */
    const char *format;    /* static */
    char *path;
    char sha256[65];
};
typedef struct gull_data_reader {
    const char *name, *summary;
    int (*probe)(const gull_bytes *head); /* folders: size 0 */
    /* Fills a zeroed *out; on error what it allocated is freed by the caller with
     * gull_data_close. */
    int (*read)(const char *path, const char *label_column, gull_data *out, gull_error *);
} gull_data_reader;

#endif
