/* trees.h - tree ensembles in the arithmetic of XGBoost: float32 inputs, float32 sums in
 * the order of the trees. */
#ifndef GULL_MODEL_TREES_H
#define GULL_MODEL_TREES_H
#include "core/plugin.h"

extern const gull_family gull_family_trees;

/* Makes a model of the trees.  On success the model owns them: `tree`, `base` and the one
 * block of all nodes, which tree[0].nodes points to, were malloc'ed.  On error they stay
 * the caller's.  facts->classes is 2 for one output, else the number of outputs. */
int gull_trees_model(gull_model **out, const gull_trees *, const gull_model_facts *);
void gull_trees_clear(gull_trees *);
#endif
