/* slots.h - tensors that are never needed at the same time share a buffer. */
#ifndef GULL_SLOTS_H
#define GULL_SLOTS_H
#include "graph/graph.h"

/* A tensor is needed from the node that makes it to the last that reads it, both included;
 * its gradient, backward, over the same nodes: one plan serves both. */
typedef struct gull_slots {
    size_t count;
    size_t *size; /* per slot: numbers per row */
    int *owner;   /* per slot: its first tensor */
    int *of;      /* per tensor: its slot, -1: none */
    int *last;    /* per tensor: the last node that reads it */
} gull_slots;

int gull__slots_new(const gull_graph *, gull_slots *out);
void gull__slots_free(gull_slots *);
#endif
