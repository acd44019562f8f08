/* onednn_plan.h - plans of the `onednn` backend; see num/backend.h for what each does. */
#ifndef GULL_ONEDNN_PLAN_H
#define GULL_ONEDNN_PLAN_H
#include "num/plan.h"

int gull__onednn_plan_new(const gull_layer *, size_t layers, const gull_blob *, size_t blobs,
                          size_t tile, gull_packs *, gull_plan **out, size_t *bad);
int gull__onednn_plan_gradient(gull_plan *, float *const *gradient);
int gull__onednn_plan_forward(gull_plan *);
int gull__onednn_plan_backward(gull_plan *);
void gull__onednn_plan_free(gull_plan *);
#endif
