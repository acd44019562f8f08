/* question.h - what is asked of every row: norm, distances, access, methods. */
#ifndef GULL_QUESTION_H
#define GULL_QUESTION_H
#include "core/plugin.h"

enum { GULL_MAX_EPS = 64, GULL_MAX_METHODS = 32, GULL_MAX_PLAN = 96, GULL_MAX_RULES = 8 };

typedef struct gull_rule { /* --fail-under proved@0.01=90% */
    char what[12];         /* proved, resisted, clean */
    double eps, share;
} gull_rule;

typedef struct gull_spec { /* a method with its options: "pgd:steps=40,restarts=5" */
    const gull_method *method;
    char *text;
    void *options;
    bool proof; /* stands in the table of proofs */
    bool is_part;     /* of the method at plan index `parent`, its parts[part] */
    int parent, part;
    double *change;  /* of methods with `together`: what it found for all rows, or NULL */
    uint64_t passes; /* queries a row that took */
} gull_spec;

struct gull_question {
    const gull_cost *cost;
    double eps[GULL_MAX_EPS];
    size_t eps_count;
    unsigned granted; /* GULL_CAN_* bits */
    char access[12];
    uint64_t budget;  /* queries per input; 0: no limit */
    double timeout;   /* seconds per input; 0: no limit */
    size_t first, last; /* rows first..last-1 */
    uint64_t seed;
    int threads; /* 0: as many as there are cores */
    char *method[GULL_MAX_METHODS];
    size_t method_count;
    gull_goal_kind goal;
    int target;
    bool has_range;
    double range[2];
    size_t eot;                 /* draws averaged on randomised models; 0: preset (draws.c) */
    size_t draws, draws_needed; /* a witness fools in so many fresh draws; 0: preset */
    int quantize; /* bits of a pixel that a witness must fit; 0: any number */
    char *domain, *resume, *command, *names; /* names: of classes, comma-separated */
    gull_rule rule[GULL_MAX_RULES];
    size_t rule_count;
    bool verbose, thorough;
};

/* Of a method's stages: from here on it is a baseline, which runs on every row. */
enum { GULL_STAGE_BASELINE = 90 };

/* Parses "name:key=value,..."; *out owns text and options (gull__spec_free). */
int gull__spec_parse(gull_spec *out, const char *text, gull_error *);
void gull__spec_free(gull_spec *);
/* The plan for a verb on a model: the asked methods, or all that apply, in order. */
typedef struct gull_plan {
    gull_spec spec[GULL_MAX_PLAN]; /* the parts of a method follow it */
    size_t count;
} gull_plan;
int gull__plan_new(gull_plan *, const gull_question *, const char *verb, const gull_model *,
                   gull_error *);
void gull__plan_free(gull_plan *);
#endif
