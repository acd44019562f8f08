/* packs.c - see packs.h. */
#include "num/packs.h"
#include <pthread.h>
#include <stdlib.h>

struct gull_packs {
    pthread_mutex_t lock;
    gull_pack *item;
    size_t count;
};

gull_packs *gull__packs_new(void) {
    gull_packs *p = calloc(1, sizeof *p);
    if (p) pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void free_pack(const gull_pack *p) {
    p->free_layout(p->layout);
    free(p->data);
}

void gull__packs_free(gull_packs *p) {
    if (!p) return;
    for (size_t i = 0; i < p->count; i++) free_pack(&p->item[i]);
    pthread_mutex_destroy(&p->lock);
    free(p->item);
    free(p);
}

void gull__packs_lock(gull_packs *p) { pthread_mutex_lock(&p->lock); }
void gull__packs_unlock(gull_packs *p) { pthread_mutex_unlock(&p->lock); }

float *gull__packs_find(const gull_packs *p, const float *source, const void *layout,
                        bool (*same)(const void *a, const void *b)) {
    for (size_t i = 0; i < p->count; i++)
        if (p->item[i].source == source && same(p->item[i].layout, layout))
            return p->item[i].data;
    return NULL;
}

int gull__packs_add(gull_packs *p, const gull_pack *pack) {
    gull_pack *more = realloc(p->item, (p->count + 1) * sizeof *more);
    if (!more) {
        free_pack(pack);
        return -8;
    }
    p->item = more;
    p->item[p->count++] = *pack;
    return 0;
}
