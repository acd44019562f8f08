/* patch.c - windows and their patterns: pyramids of opposite signs in the two halves of a
 * square (Andriushchenko et al. 2020, section 3.3 and algorithm 3; for l1 steeper ones, as
 * Croce and Hein use them); even changes of random sign for tables, which have no
 * neighbourhood. */
#include "attack/patch.h"
#include "core/registry.h"
#include <string.h>

static double sign(gull_run *run) { return gull_run_random(run) >> 63 ? 1 : -1; }

static size_t below(gull_run *run, size_t n) {
    const size_t k = (size_t)(gull_run_uniform(run) * (double)n);
    return k < n ? k : n - 1;
}

static size_t list_free(const gull_space *s, size_t *index) {
    size_t n = 0;
    for (size_t i = 0; i < s->dim; i++)
        if (s->lo[i] < s->hi[i] && !isnan(s->x0[i])) index[n++] = i;
    return n;
}

int gull__patches_new(gull_patches *w, gull_run *run) {
    const gull_problem *p = gull_run_problem(run);
    const size_t dim = p->space.dim, *shape = gull_run_shape(run);
    size_t *index = gull_run_scratch(run, 3 * dim * sizeof *index);
    double *v = gull_run_scratch(run, 3 * (dim + 1) * sizeof *v);
    if (!index || !v) return GULL_ENOMEM;
    *w = (gull_patches){.table = !shape, .l2 = p->cost == gull_costs[GULL_L2], .planes = 1,
                        .height = 1, .width = dim, .free = index};
    w->first.index = index + dim;
    w->second.index = index + 2 * dim;
    w->pattern = v;
    w->fresh = v + dim + 1;
    w->tail = v + 2 * (dim + 1);
    w->plane = list_free(&p->space, w->free);
    if (!shape || !w->plane) return GULL_OK;
    w->planes = shape[0];
    w->height = shape[1];
    w->width = shape[2];
    w->plane = w->height * w->width;
    return GULL_OK;
}

/* ---- Windows ---- */

static void square_at(const gull_patches *w, size_t top, size_t left, size_t rows,
                      size_t columns, gull_patch *out) {
    out->count = 0;
    for (size_t i = top; i < top + rows; i++)
        for (size_t j = left; j < left + columns; j++)
            out->index[out->count++] = i * w->width + j;
}

static void random_square(gull_run *run, const gull_patches *w, gull_patch *out) {
    const size_t top = below(run, w->height - w->side + 1);
    square_at(w, top, below(run, w->width - w->side + 1), w->side, w->side, out);
}

/* The first `count` of a random order of the features (Fisher and Yates). */
static void random_set(gull_run *run, gull_patches *w, size_t count, gull_patch *out) {
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        const size_t k = i + below(run, w->plane - i), chosen = w->free[k];
        w->free[k] = w->free[i];
        out->index[i] = w->free[i] = chosen;
    }
}

void gull__patch_draw(gull_run *run, gull_patches *w, double share, size_t least) {
    const double all = (double)w->plane;
    if (w->table) {
        const size_t count = (size_t)fmin(fmax(round(share * all), 1), all);
        random_set(run, w, count, &w->first);
        random_set(run, w, count, &w->second);
        return;
    }
    const size_t most = w->height < w->width ? w->height : w->width;
    size_t side = (size_t)fmax(round(sqrt(share * all)), (double)least);
    if (least > 1 && side % 2 == 0) side++;
    w->side = side < most ? side : most;
    random_square(run, w, &w->first);
    random_square(run, w, &w->second);
}

/* ---- Patterns ---- */

/* A pyramid over rows x columns around the middle: nested rectangles, the k-th of which
 * adds 1 / (k + 1)^power; its length, or sum, is 1 times the sign. */
static void pyramid(gull_patches *w, size_t rows, size_t columns, double times, double *out) {
    const size_t middle[2] = {rows / 2, columns / 2};
    const size_t steps = (rows > columns ? rows : columns) / 2 + 1;
    double total = 0;
    w->tail[steps] = 0;
    for (size_t k = steps; k-- > 0;)
        w->tail[k] = w->tail[k + 1] + pow((double)(k + 1), w->l2 ? -2 : -4);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            const size_t a = i > middle[0] ? i - middle[0] : middle[0] - i;
            const size_t b = j > middle[1] ? j - middle[1] : middle[1] - j;
            const double v = out[i * columns + j] = w->tail[a > b ? a : b];
            total += w->l2 ? v * v : v;
        }
    if (w->l2) total = sqrt(total);
    for (size_t i = 0; i < rows * columns; i++) out[i] *= times / total;
}

/* Makes the square pattern of this side, upright. */
static void square_pattern(gull_patches *w, size_t side) {
    const double scale = side < 2 ? 1 : w->l2 ? 1 / sqrt(2) : 0.5;
    if (w->pattern_side == side) return;
    w->pattern_side = side;
    pyramid(w, side / 2, side, scale, w->pattern);
    pyramid(w, side - side / 2, side, -scale, w->pattern + side / 2 * side);
}

/* The pattern for a window of `count` features into fresh; `turned`: columns for rows. */
static void draw_pattern(gull_run *run, gull_patches *w, size_t count, size_t side,
                         bool turned) {
    const double even = w->l2 ? 1 / sqrt((double)count) : 1 / (double)count;
    const double s = sign(run);
    for (size_t i = 0; i < count; i++) {
        if (w->table) w->fresh[i] = sign(run) * even;
        else if (turned) w->fresh[i] = s * w->pattern[i % side * side + i / side];
        else w->fresh[i] = s * w->pattern[i];
    }
}

void gull__patch_tiles(gull_run *run, gull_patches *w, double *change) {
    if (w->table) {
        for (size_t i = 0; i < w->plane; i++) change[w->free[i]] = sign(run);
        return;
    }
    const size_t side = w->height / 5 > 0 ? w->height / 5 : 1;
    const size_t margin = w->height > 5 * side ? (w->height - 5 * side) / 2 : 0;
    square_pattern(w, side <= w->width ? side : w->width);
    const size_t s = w->pattern_side;
    for (size_t top = margin; top + s <= w->height; top += s)
        for (size_t left = margin; left + s <= w->width; left += s) {
            const bool turned = sign(run) > 0;
            square_at(w, top, left, s, s, &w->first);
            for (size_t c = 0; c < w->planes; c++) {
                draw_pattern(run, w, w->first.count, s, turned);
                for (size_t i = 0; i < w->first.count; i++)
                    change[c * w->plane + w->first.index[i]] = w->fresh[i];
            }
        }
}

/* ---- Moving mass ---- */

static double one(bool l2, double v) { return l2 ? v * v : fabs(v); }
static double mass(bool l2, double sum) { return l2 ? sqrt(sum) : sum; }

static double mass_of(bool l2, const double *change, const gull_patch *at) {
    double sum = 0;
    for (size_t i = 0; i < at->count; i++) sum += one(l2, change[at->index[i]]);
    return mass(l2, sum);
}

/* Clears both windows of a plane; returns the sum of one() that they held. */
static double clear(bool l2, const gull_patches *w, double *change) {
    double sum = 0;
    for (int k = 0; k < 2; k++) {
        const gull_patch *at = k ? &w->second : &w->first;
        for (size_t i = 0; i < at->count; i++) {
            sum += one(l2, change[at->index[i]]);
            change[at->index[i]] = 0;
        }
    }
    return sum;
}

void gull__patch_move_mass(gull_run *run, gull_patches *w, double radius, bool l2,
                           double *change) {
    const gull_problem *p = gull_run_problem(run);
    const size_t count = w->first.count, planes = w->planes;
    const bool turned = sign(run) > 0;
    double all = 0;
    for (size_t i = 0; i < p->space.dim; i++) all += one(l2, change[i]);
    const double spare = fmax(one(l2, radius) - all, 0) / (double)planes;
    if (!w->table) square_pattern(w, w->side);
    for (size_t c = 0; c < planes; c++) {
        double *here = change + c * (w->table ? 0 : w->plane), sum = 0;
        const double own = mass_of(l2, here, &w->first);
        draw_pattern(run, w, count, w->side, turned);
        for (size_t i = 0; i < count; i++) {
            if (own > 0) w->fresh[i] += here[w->first.index[i]] / own;
            sum += one(l2, w->fresh[i]);
        }
        const double budget = (spare + clear(l2, w, here)) * (l2 ? 1 : (double)planes);
        const double scale = sum > 0 ? mass(l2, budget) / mass(l2, sum) : 0;
        for (size_t i = 0; i < count; i++) here[w->first.index[i]] = scale * w->fresh[i];
    }
}
