/* slots.c - assigns tensors to buffers by how long they live, as compilers assign
 * registers: linear scan (Poletto and Sarkar, 1999), the best fitting free buffer first. */
#include "graph/slots.h"
#include <stdlib.h>

static bool is_computed(const gull_graph *g, int t) {
    return t >= 0 && (t == g->input || g->tensor[t].producer >= 0);
}

static void find_last(const gull_graph *g, int *last) {
    for (size_t t = 0; t < g->tensor_count; t++) last[t] = -1;
    for (size_t i = 0; i < g->node_count; i++)
        for (int k = 0; k < g->node[i].in_count; k++)
            if (is_computed(g, g->node[i].in[k])) last[g->node[i].in[k]] = (int)i;
    last[g->output] = (int)g->node_count;
}

/* Slots that no tensor holds, in no order. */
typedef struct pool {
    int *slot;
    size_t count;
} pool;

/* The smallest that is large enough, else the largest; removed from the pool.  -1: none. */
static int take(const gull_slots *s, pool *free_ones, size_t size) {
    size_t best = 0;
    if (!free_ones->count) return -1;
    for (size_t k = 1; k < free_ones->count; k++) {
        const size_t here = s->size[free_ones->slot[k]];
        const size_t there = s->size[free_ones->slot[best]];
        if (there < size ? here > there : here >= size && here < there) best = k;
    }
    const int slot = free_ones->slot[best];
    free_ones->slot[best] = free_ones->slot[--free_ones->count];
    return slot;
}

static void give_slot(gull_slots *s, pool *free_ones, const gull_tensor *x, int t) {
    int slot = take(s, free_ones, x->size);
    if (slot < 0) {
        slot = (int)s->count++;
        s->size[slot] = 0;
        s->owner[slot] = t;
    }
    if (s->size[slot] < x->size) s->size[slot] = x->size;
    s->of[t] = slot;
}

/* What node i reads for the last time is free after it. */
static void release(const gull_graph *g, const gull_slots *s, pool *free_ones, int i) {
    const gull_node *n = &g->node[i];
    for (int k = 0; k < n->in_count; k++) {
        bool again = false;
        for (int j = 0; j < k; j++) again |= n->in[j] == n->in[k];
        if (!again && is_computed(g, n->in[k]) && s->last[n->in[k]] == i)
            free_ones->slot[free_ones->count++] = s->of[n->in[k]];
    }
}

void gull__slots_free(gull_slots *s) {
    free(s->size);
    free(s->owner);
    free(s->of);
    free(s->last);
    *s = (gull_slots){0};
}

int gull__slots_new(const gull_graph *g, gull_slots *out) {
    const size_t n = g->tensor_count + 1;
    pool free_ones = {malloc(n * sizeof(int)), 0};
    *out = (gull_slots){0, malloc(n * sizeof *out->size), malloc(n * sizeof *out->owner),
                        malloc(n * sizeof *out->of), malloc(n * sizeof *out->last)};
    if (!free_ones.slot || !out->size || !out->owner || !out->of || !out->last) {
        free(free_ones.slot);
        gull__slots_free(out);
        return GULL_ENOMEM;
    }
    for (size_t t = 0; t < g->tensor_count; t++) out->of[t] = -1;
    find_last(g, out->last);
    give_slot(out, &free_ones, &g->tensor[g->input], g->input);
    for (size_t i = 0; i < g->node_count; i++) {
        give_slot(out, &free_ones, &g->tensor[g->node[i].out], g->node[i].out);
        release(g, out, &free_ones, (int)i);
    }
    free(free_ones.slot);
    return GULL_OK;
}
