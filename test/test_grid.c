/* test_grid.c - putting points on grids: what each rounding promises, on random spaces; that
 * a pixel's levels are the numbers that reading a file gives; that Linf bounds rise to
 * distances that exist. */
#include "core/bind.h"
#include "core/grid.h"
#include "core/registry.h"
#include "tap.h"

enum { DIM = 6, SPACES = 4000 };

static uint64_t state = 7;
static double uniform(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) * 0x1p-53;
}
static double between(double lo, double hi) { return lo + (hi - lo) * uniform(); }

typedef struct world {
    double x0[DIM], lo[DIM], hi[DIM], x[DIM], y[DIM];
    gull_grid grid[DIM];
    gull_space space;
} world;

static void make(world *w) {
    static const double steps[] = {1, 0.1, 0.25, 3, 1 / 255.};
    const bool f32 = uniform() < 0.5;
    for (int i = 0; i < DIM; i++) {
        const double step = steps[(int)(5 * uniform())], origin = uniform() < 0.5 ? 0 : -1;
        const int k = (int)between(-20, 20);
        w->grid[i] = (gull_grid){origin, step == 1 / 255. ? 1 : step, step == 1 / 255. ? 255 : 1};
        if (uniform() < 0.2) w->grid[i].over = 0;
        w->x0[i] = w->grid[i].over > 0 ? gull__grid_value(&w->grid[i], k, f32) : between(-5, 5);
        if (f32) w->x0[i] = (double)(float)w->x0[i];
        w->lo[i] = uniform() < 0.3 ? -INFINITY : w->x0[i] - (double)(float)between(0, 4 * step);
        w->hi[i] = uniform() < 0.3 ? INFINITY : w->x0[i] + (double)(float)between(0, 4 * step);
        w->x[i] = fmin(fmax(w->x0[i] + step * between(-5, 5), w->lo[i]), w->hi[i]);
        if (uniform() < 0.1) w->x[i] = w->x0[i];
    }
    w->space = (gull_space){w->x0, w->lo, w->hi, NULL, DIM, f32, w->grid};
}

static bool on_grid(const world *w, int i, double v) {
    const gull_grid *g = &w->grid[i];
    return gull__grid_value(g, gull__grid_index(g, v), w->space.f32) == v;
}

/* The next value that way is outside the box. */
static bool ends(const world *w, int i, double y, bool up) {
    const gull_grid *g = &w->grid[i];
    const double v = gull__grid_value(g, gull__grid_index(g, y) + (up ? 1 : -1), w->space.f32);
    return v < w->lo[i] || v > w->hi[i];
}

/* What must hold of one rounded feature. */
static bool keeps_promise(const world *w, enum gull_rounding how, int i) {
    const gull_grid *g = &w->grid[i];
    const double x0 = w->x0[i], x = w->x[i], y = w->y[i], step = g->times / g->over;
    const double slack = (fabs(x0) + fabs(x) + fabs(y) + 1) * 0x1p-22;
    if (!(g->over > 0)) return y == x;
    if (y < w->lo[i] || y > w->hi[i] || !(on_grid(w, i, y) || y == x0)) return false;
    if ((x > x0 && y < x0) || (x < x0 && y > x0)) return false;
    if (how == GULL_TOWARDS && fabs(y - x0) > fabs(x - x0) + slack) return false;
    if (how == GULL_NEAREST && fabs(y - x) > step / 2 + slack) /* or the box ends there */
        return ends(w, i, y, x > y);
    if (how == GULL_AWAY && fabs(y - x0) < fabs(x - x0) - slack)
        return ends(w, i, y, x > x0);
    return fabs(y - x) <= step + slack;
}

static void test_rounding(void) {
    world w;
    int wrong = 0, moved = 0, again = 0;
    for (int n = 0; n < SPACES; n++) {
        const enum gull_rounding how = (enum gull_rounding)(n % 3);
        make(&w);
        gull__to_grid(&w.space, how, w.x, w.y);
        for (int i = 0; i < DIM; i++) {
            wrong += !keeps_promise(&w, how, i);
            moved += w.y[i] != w.x[i];
            again += w.grid[i].over > 0 &&
                     gull__grid_round(&w.space, how, (size_t)i, w.y[i]) != w.y[i];
        }
    }
    tap_ok(wrong == 0 && moved > SPACES, "%d features rounded, %d against the promise", moved, wrong);
    tap_ok(again == 0, "what is on the grid stays (%d move)", again);
}

/* As --quantize 8 makes them, and as the reader of pictures maps bytes. */
static void test_levels(void) {
    static const double range[][2] = {{0, 1}, {0, 255}, {-1, 1}, {0.1, 0.9}, {-123.7, 151.06}};
    for (size_t r = 0; r < 5; r++) {
        gull_task t = {.range = {range[r][0], range[r][1]}};
        const gull_grid g = {range[r][0], range[r][1] - range[r][0], 255};
        int wrong = 0;
        for (int k = 0; k < 256; k++)
            for (int f32 = 0; f32 < 2; f32++) {
                double v = k;
                gull__map_bytes(&t, f32, &v, 1);
                wrong += v != gull__grid_value(&g, k, f32) || gull__grid_index(&g, v) != k;
            }
        tap_ok(wrong == 0, "256 levels of %g..%g are what a file's bytes become (%d differ)",
               range[r][0], range[r][1], wrong);
    }
}

/* No distance between grid points lies in [lower, raised). */
static void test_lower(void) {
    int wrong = 0, raised = 0;
    for (int n = 0; n < 20000; n++) {
        world w;
        make(&w);
        const bool f32 = n & 1;
        const gull_grid g = n % 3 ? (gull_grid){0, 1, 255} : (gull_grid){-1, 2, 1};
        for (int i = 0; i < DIM; i++) {
            w.grid[i] = g;
            w.lo[i] = g.origin;
            w.hi[i] = g.origin + 255 * g.times / g.over;
            w.x0[i] = gull__grid_value(&g, (int)between(0, 255), f32);
            w.y[i] = gull__grid_value(&g, (int)between(0, 255), f32);
        }
        w.space.f32 = f32;
        const gull_problem p = {.space = w.space, .cost = gull_costs[GULL_LINF]};
        const double d = p.cost->measure(&w.space, w.y), lower = d * (uniform() < 0.3 ? 1 : uniform());
        const double up = gull__grid_lower(&p, lower);
        wrong += up > d || up < lower;
        raised += up > lower;
    }
    tap_ok(wrong == 0 && raised > 10000, "20000 bounds below a distance, %d raised, %d above it",
           raised, wrong);
    world w;
    make(&w);
    const gull_problem l2 = {.space = w.space, .cost = gull_costs[GULL_L2]};
    tap_ok(gull__grid_lower(&l2, 0.3) == 0.3, "other norms keep their bound");
    gull_problem open = {.space = w.space, .cost = gull_costs[GULL_LINF]};
    open.space.grid = NULL;
    tap_ok(gull__grid_lower(&open, 0.3) == 0.3, "real features keep their bound");
}

int main(void) {
    test_rounding();
    test_levels();
    test_lower();
    return tap_done();
}
