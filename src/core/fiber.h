/* fiber.h - a stackful coroutine of one thread: runs until it yields or returns. */
#ifndef GULL_FIBER_H
#define GULL_FIBER_H
#include <stdbool.h>

typedef struct gull_fiber gull_fiber;
/* NULL when memory is out.  The stack (256 KiB and a guard page) is reused: a fiber
 * whose function has returned may be started again. */
gull_fiber *gull__fiber_new(void);
void gull__fiber_start(gull_fiber *, void (*fn)(void *), void *arg); /* does not run it yet */
/* Runs it until the next yield or its end; true while there is more to do. */
bool gull__fiber_resume(gull_fiber *);
void gull__fiber_yield(gull_fiber *); /* from inside */
void gull__fiber_free(gull_fiber *);
#endif
