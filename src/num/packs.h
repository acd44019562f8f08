/* packs.h - weights in a backend's layouts, packed once for all threads and tiles. */
#ifndef GULL_PACKS_H
#define GULL_PACKS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct gull_packs gull_packs;

gull_packs *gull__packs_new(void); /* NULL when memory is out */
void gull__packs_free(gull_packs *);

typedef struct gull_pack {
    const float *source; /* the plain weights; they outlive the packs */
    void *layout;        /* the backend's description of `data` */
    float *data;
    void (*free_layout)(void *);
} gull_pack;

/* Between lock and unlock: finds, or packs and adds, so that nobody packs twice. */
void gull__packs_lock(gull_packs *);
void gull__packs_unlock(gull_packs *);
float *gull__packs_find(const gull_packs *, const float *source, const void *layout,
                        bool (*same)(const void *a, const void *b)); /* or NULL */
/* Owns layout and data (free) from now on, also on error -8. */
int gull__packs_add(gull_packs *, const gull_pack *);
#endif
