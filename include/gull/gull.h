/* gull.h - the whole public interface of libgull.
 *
 * gull answers one question about a trained model: how little does it take to
 * fool it, and how do we know that nothing smaller works?  Every answer is an
 * interval [lower, upper]: proved from below, found from above.
 *
 * Handles are opaque, names are strings, arrays are plain.  Functions return
 * GULL_OK (0) or a negative status; the sentence that says what, where and what
 * to do is in the gull_error that the caller passes (it may be NULL).  The
 * library never exits, prints or reads the environment. */
#ifndef GULL_H
#define GULL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GULL_API __attribute__((visibility("default")))
#else
#define GULL_API
#endif

/* name, value, exit code of the command, text */
#define GULL_STATUS_MAP(X)                                                               \
    X(GULL_OK, 0, 0, "done")                                                             \
    X(GULL_EBELOW, -1, 1, "an asked threshold was not met")                              \
    X(GULL_EUSAGE, -2, 2, "wrong use")                                                   \
    X(GULL_EFORMAT, -3, 3, "unreadable or malformed")                                    \
    X(GULL_EUNSUPPORTED, -4, 4, "not supported")                                         \
    X(GULL_EBUDGET, -5, 5, "budget spent, undecided")                                    \
    X(GULL_ETIME, -6, 5, "time is up, undecided")                                        \
    X(GULL_EACCESS, -7, 4, "more access needed than granted")                            \
    X(GULL_ENOMEM, -8, 3, "out of memory")                                               \
    X(GULL_ELARGE, -10, 5, "needs more memory than it is allowed, undecided")            \
    X(GULL_EIO, -9, 3, "cannot read or write")                                           \
    X(GULL_ECONTRADICTION, -70, 70, "a witness lies below a proved bound")

enum {
#define GULL_STATUS_ENUM(name, value, code, text) name = value,
    GULL_STATUS_MAP(GULL_STATUS_ENUM)
#undef GULL_STATUS_ENUM
};

typedef struct gull_error {
    int code;       /* a GULL_E... */
    char text[600]; /* "model.onnx: node 12 (Conv 'c3'): 3-dimensional input, expected 4" */
} gull_error;

GULL_API const char *gull_version(void);
GULL_API const char *gull_status_text(int status);
GULL_API int gull_exit_code(int status);

/* ---- Options: rows that the command, the man page and bindings all print ---- */

typedef struct gull_option {
    const char *name;    /* without the dashes: "norm" */
    const char *metavar; /* "linf|l2|l1|l0"; NULL: a flag without a value */
    const char *preset;  /* default as text; NULL: none */
    const char *help;
} gull_option;
/* The options of a question (see gull_question_set), ended by a NULL name. */
GULL_API const gull_option *gull_question_options(void);

/* ---- What is there: `gull list` ---- */

/* One of "attacks", "proofs", "families", "formats", "operators", "costs",
 * "backends": JSON text [{"name", "summary", ...}], to be freed by the caller
 * with gull_free; NULL for an unknown table or when memory is out. */
GULL_API char *gull_list_json(const char *table);
GULL_API void gull_free(void *);

/* ---- Models and data ---- */

typedef struct gull_model gull_model;
typedef struct gull_data gull_data;

/* How a file is opened: which output of a network, what its numbers mean, how pixels become
 * its input.  The rows' names are the options of every verb that opens a model. */
typedef struct gull_settings gull_settings;
GULL_API gull_settings *gull_settings_new(void); /* NULL when memory is out */
GULL_API void gull_settings_free(gull_settings **);
GULL_API const gull_option *gull_settings_options(void); /* ended by a NULL name */
GULL_API int gull_settings_set(gull_settings *, const char *name, const char *value,
                               gull_error *);

/* Opens a model file.  On success *out belongs to the caller. */
GULL_API int gull_model_open(gull_model **out, const char *path, gull_error *);
/* The same with settings, which may be NULL. */
GULL_API int gull_model_open_with(gull_model **out, const char *path, const gull_settings *,
                                  gull_error *);
GULL_API void gull_model_close(gull_model **);
/* How a network is computed: "onednn" or "ref" (`gull list backends`), before it is asked
 * anything; GULL_EUSAGE for an unknown name, GULL_EUNSUPPORTED for other families. */
GULL_API int gull_model_set_backend(gull_model *, const char *name, gull_error *);
GULL_API int gull_model_classes(const gull_model *);
GULL_API size_t gull_model_features(const gull_model *);
/* {"family", "format", "sha256", "classes", "features", ...}; gull_free it. */
GULL_API char *gull_model_json(const gull_model *);

/* Opens data: see doc/formats.md.  `label_column` (CSV) may be NULL. */
GULL_API int gull_data_open(gull_data **out, const char *path, const char *label_column,
                            gull_error *);
/* The same with settings (resize), which may be NULL. */
GULL_API int gull_data_open_with(gull_data **out, const char *path, const char *label_column,
                                 const gull_settings *, gull_error *);
GULL_API void gull_data_close(gull_data **);
GULL_API size_t gull_data_rows(const gull_data *);

/* ---- A question and its result ---- */

typedef struct gull_question gull_question;
typedef struct gull_result gull_result;
typedef struct gull_progress {
    size_t done, total;         /* rows */
    size_t exact, bracketed, other;
    double seconds;
    const char *note; /* with gull_question_set(q, "verbose", "1"): one method's gain; else NULL */
} gull_progress;
/* Called from one thread at a time; return false to stop early (rows that are
 * done are kept). */
typedef bool (*gull_progress_fn)(void *payload, const gull_progress *);

GULL_API gull_question *gull_question_new(void); /* NULL when memory is out */
GULL_API void gull_question_free(gull_question **);
/* Sets an option by name; "method" may be set several times.  */
GULL_API int gull_question_set(gull_question *, const char *name, const char *value,
                               gull_error *);
/* verb: "audit", "attack" or "prove".  Blocks.  On GULL_OK, GULL_EBUDGET,
 * GULL_EBELOW and GULL_ECONTRADICTION *out is set and belongs to the caller. */
GULL_API int gull_ask(const gull_question *, const char *verb, const gull_model *,
                      const gull_data *, gull_progress_fn, void *payload,
                      gull_result **out, gull_error *);
/* The result as JSON (doc/schema.json); gull_free it. */
GULL_API char *gull_result_json(const gull_result *);
/* The terminal's table, at most 100 columns; gull_free it. */
GULL_API char *gull_result_text(const gull_result *);
/* The interval of the i-th row that was asked: nothing below *lower fools the model, and
 * something at *upper does; 0 and INFINITY where unknown.  GULL_EUSAGE: no such row. */
GULL_API int gull_result_interval(const gull_result *, size_t i, double *lower, double *upper);
/* All witnesses, rows x features doubles in the units of the data; rows without
 * one hold NaN.  The array lives as long as the result. */
GULL_API int gull_result_witnesses(const gull_result *, const double **x, size_t *rows,
                                   size_t *features);
/* The i-th row's witness as the bytes of an 8-bit PNG (gull_free them) and a file name for it,
 * "row12-cat-dog.png"; *fools: read back and asked again it still reaches the goal.  *png is
 * NULL where the row has no witness; GULL_EUNSUPPORTED: rows are no grey or colour pictures. */
enum { GULL_WITNESS_NAME = 80 };
GULL_API int gull_result_witness_png(const gull_result *, const gull_model *, size_t i,
                                     void **png, size_t *size, char name[GULL_WITNESS_NAME],
                                     bool *fools, gull_error *);
GULL_API void gull_result_free(gull_result **);

/* Scores of the rows that are asked for, *rows x classes doubles into `scores` (the
 * caller's, with room for all rows of the data). */
GULL_API int gull_predict(const gull_question *, const gull_model *, const gull_data *,
                          double *scores, size_t *rows, gull_error *);

/* One self-contained HTML page from one or more result JSON texts; gull_free it. */
GULL_API int gull_report_html(const char *const *json, size_t count, char **html,
                              gull_error *);

#ifdef __cplusplus
}
#endif
#endif
