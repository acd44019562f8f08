/* result.h - what an audit leaves behind: one answer a row, and what was asked. */
#ifndef GULL_RESULT_H
#define GULL_RESULT_H
#include "core/bind.h"
#include "core/run.h"
#include <jansson.h>

typedef enum {
    GULL_NOT_DONE, /* the audit was stopped before this row */
    GULL_MISREAD,  /* wrong already: both ends are 0 */
    GULL_EXACT,
    GULL_BRACKETED,
    GULL_ATTACKED, /* a witness, and no proof applies */
    GULL_PROVED,   /* no witness below the asked distance, and proved */
    GULL_UNDECIDED
} gull_answer_status;
const char *gull__answer_text(gull_answer_status);

typedef struct gull_answer {
    size_t number; /* row in the data */
    int label, predicted, becomes;
    double confidence, confidence_after; /* softmax of the scores; of the witness */
    gull_answer_status status;
    double lower, upper; /* 0 and INFINITY at the start */
    int lower_by, upper_by;
    uint64_t queries;
    double seconds, noise; /* smallest fooling random noise, INFINITY: none seen */
    bool noise_tried, contradiction;
    gull_outcome *outcome; /* one per method of the plan, in result->outcomes */
} gull_answer;

typedef struct gull_check { /* a self-check of the audit */
    const char *name, *result; /* static; "pass", "fail", "not run" */
    char detail[240];
} gull_check;
enum { GULL_MAX_CHECKS = 24 };

struct gull_result {
    char verb[12];
    gull_question asked; /* shallow copy: its strings are the caller's */
    char *command;
    gull_plan plan;
    gull_task task;
    gull_answer *answer; /* task.rows */
    gull_outcome *outcomes;
    double *witness; /* rows x dim, NaN where there is none */
    gull_check check[GULL_MAX_CHECKS];
    size_t check_count;
    double seconds, cpu_seconds;
    json_t *model, *data; /* as in the JSON result */
};

/* Finished rows on disk: append-only, one checksummed line each. */
typedef struct gull_journal gull_journal;
/* Opens or creates; marks the rows it already holds as done in the result. */
int gull__journal_open(gull_journal **, const char *path, gull_result *, gull_error *);
int gull__journal_add(gull_journal *, const gull_result *, size_t index);
void gull__journal_close(gull_journal *);

/* Why a part was not run, as the result says it. */
const char *gull__skip_text(gull_skip);

/* Self-checks on a few rows after the main work. */
void gull__checks_run(gull_result *, const gull_model *);
/* How many failed.  Any is a reason to distrust the attacks: rows that were not fooled are
 * then not called robust. */
size_t gull__doubts(const gull_result *);
/* Why a row has no witness, in words; NULL where it has one, or is proved safe. */
const char *gull__unfooled_because(const gull_result *, const gull_answer *);
/* Answers one row from scratch: fills answer, outcomes (plan->count) and witness (dim). */
typedef struct gull_desk { /* where a row is worked on */
    const gull_question *question;
    const gull_plan *plan;
    const gull_task *task;
    const gull_model *model;
} gull_desk;
int gull__answer_row(const gull_desk *, size_t index, gull_seat *, gull_answer *,
                     double *witness);
json_t *gull__model_facts_json(const gull_model *);
#endif
