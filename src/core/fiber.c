/* fiber.c - coroutines on Boost.Context's C entry points (no system call a switch), or
 * on ucontext where that library is absent.  Announces every switch to the address
 * sanitizer, so that stack-use reports stay true. */
#include "core/fiber.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
void __sanitizer_start_switch_fiber(void **fake, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake, const void **bottom, size_t *size);
#else
static void __sanitizer_start_switch_fiber(void **fake, const void *bottom, size_t size) {
    (void)fake, (void)bottom, (void)size;
}
static void __sanitizer_finish_switch_fiber(void *fake, const void **bottom, size_t *size) {
    (void)fake, (void)bottom, (void)size;
}
#endif
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

enum { STACK = 256 << 10, GUARD = 4096 };

#ifdef GULL_HAVE_FCONTEXT
typedef void *fcontext;
typedef struct transfer {
    fcontext from;
    void *data;
} transfer;
transfer jump_fcontext(fcontext to, void *data);
fcontext make_fcontext(void *top, size_t size, void (*fn)(transfer));
#else
#include <ucontext.h>
#endif

struct gull_fiber {
    void (*fn)(void *);
    void *arg;
    bool done;
    char *stack; /* STACK bytes above the guard */
    unsigned valgrind_id;
    void *fake_self, *fake_caller; /* the sanitizer's bookkeeping */
    const void *caller_bottom;
    size_t caller_size;
#ifdef GULL_HAVE_FCONTEXT
    fcontext self, caller;
#else
    ucontext_t self, caller;
#endif
};

gull_fiber *gull__fiber_new(void) {
    gull_fiber *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    char *p = mmap(NULL, STACK + GUARD, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, GUARD, PROT_NONE)) {
        if (p != MAP_FAILED) munmap(p, STACK + GUARD);
        free(f);
        return NULL;
    }
    f->stack = p + GUARD;
    f->valgrind_id = VALGRIND_STACK_REGISTER(f->stack, f->stack + STACK);
    f->done = true;
    return f;
}

void gull__fiber_free(gull_fiber *f) {
    if (!f) return;
    VALGRIND_STACK_DEREGISTER(f->valgrind_id);
    munmap(f->stack - GUARD, STACK + GUARD);
    free(f);
}

static void switch_away(gull_fiber *f) { /* from the fiber to its caller */
    __sanitizer_start_switch_fiber(f->done ? NULL : &f->fake_self, f->caller_bottom,
                                   f->caller_size);
#ifdef GULL_HAVE_FCONTEXT
    f->caller = jump_fcontext(f->caller, NULL).from;
#else
    swapcontext(&f->self, &f->caller);
#endif
    __sanitizer_finish_switch_fiber(f->fake_self, &f->caller_bottom, &f->caller_size);
}

static void body(gull_fiber *f) {
    __sanitizer_finish_switch_fiber(NULL, &f->caller_bottom, &f->caller_size);
    f->fn(f->arg);
    f->done = true;
    switch_away(f);
}

#ifdef GULL_HAVE_FCONTEXT
static void entry(transfer t) {
    gull_fiber *f = t.data;
    f->caller = t.from;
    body(f);
}
void gull__fiber_start(gull_fiber *f, void (*fn)(void *), void *arg) {
    f->fn = fn;
    f->arg = arg;
    f->done = false;
    f->self = make_fcontext(f->stack + STACK, STACK, entry);
}
static void switch_to(gull_fiber *f) { f->self = jump_fcontext(f->self, f).from; }
#else
static void entry(unsigned high, unsigned low) {
    body((gull_fiber *)(((uintptr_t)high << 32) | low));
}
void gull__fiber_start(gull_fiber *f, void (*fn)(void *), void *arg) {
    const uintptr_t p = (uintptr_t)f;
    f->fn = fn;
    f->arg = arg;
    f->done = false;
    getcontext(&f->self);
    f->self.uc_stack.ss_sp = f->stack;
    f->self.uc_stack.ss_size = STACK;
    f->self.uc_link = NULL;
    makecontext(&f->self, (void (*)(void))entry, 2, (unsigned)(p >> 32), (unsigned)p);
}
static void switch_to(gull_fiber *f) { swapcontext(&f->caller, &f->self); }
#endif

bool gull__fiber_resume(gull_fiber *f) {
    if (f->done) return false;
    __sanitizer_start_switch_fiber(&f->fake_caller, f->stack, STACK);
    switch_to(f);
    __sanitizer_finish_switch_fiber(f->fake_caller, NULL, NULL);
    return !f->done;
}

void gull__fiber_yield(gull_fiber *f) { switch_away(f); }
