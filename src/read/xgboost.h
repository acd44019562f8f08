/* xgboost.h - the parts of the reader of XGBoost's JSON models. */
#ifndef GULL_READ_XGBOOST_H
#define GULL_READ_XGBOOST_H
#include "core/plugin.h"
#include <jansson.h>

typedef struct xgboost_nodes { /* of all trees, growing */
    gull_tree_node *node;
    size_t count, room;
} xgboost_nodes;

typedef struct xgboost_place { /* where an error is */
    const char *path;
    size_t tree;
    gull_error *err;
} xgboost_place;

/* Appends the nodes that the root reaches, parents first, and tells how many.  `weight`
 * scales the leaves (dart); `base` is what dart up to 3.0 adds and takes away. */
int gull__xgboost_tree(const json_t *tree, size_t dim, const float *weight, float base,
                       xgboost_nodes *, int32_t *count, const xgboost_place *);
/* A member that must be there; NULL when it is not an object or an array. */
const json_t *gull__xgboost_object(const json_t *, const char *name);
const json_t *gull__xgboost_array(const json_t *, const char *name);
/* A number written as a number or as a string; false when it is neither. */
bool gull__xgboost_number(const json_t *, double *);
#endif
