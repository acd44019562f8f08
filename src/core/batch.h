/* batch.h - the batcher: rows are fibers that ask one point at a time; a worker thread
 * gathers their open questions into one tile for the model.  A family that gains nothing
 * from tiles (tile 1) answers at once, without fibers. */
#ifndef GULL_BATCH_H
#define GULL_BATCH_H
#include "core/plugin.h"

typedef struct gull_worker gull_worker; /* one thread's tile, fibers and model scratch */
typedef struct gull_seat gull_seat;     /* one row's place in the tile */

/* The work: called for each row index inside a fiber; asks through its seat. */
typedef void (*gull_row_fn)(void *payload, size_t index, gull_seat *);
/* Hands out the next row index, or SIZE_MAX when there is none; thread-safe. */
typedef size_t (*gull_next_fn)(void *payload);

/* Runs rows on `threads` threads until next() has none left. */
int gull__batch_run(const gull_model *, int threads, gull_next_fn, gull_row_fn, void *payload,
                    gull_error *);

/* Blocking from the row's point of view. */
int gull__seat_scores(gull_seat *, const double *x, double *scores);
int gull__seat_gradient(gull_seat *, const double *x, gull_loss, double *scores,
                        double *value, double *g);
int gull__seat_reference(gull_seat *, const double *x, double *scores);
/* The draw of the noise, for the questions that follow; of randomised models.  A row begins
 * with draw 0. */
void gull__seat_draw(gull_seat *, uint64_t draw);
/* Seconds of work done for the row that sits here: its own, and its share of tiles. */
double gull__seat_seconds(const gull_seat *);
#endif
