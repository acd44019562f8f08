/* trees_box.c - the box of the exact search: bounds, fixing of leaves, propagation of
 * splits, undo.  After Kantchelian, Tygar and Joseph 2016 (the problem), Chen et al. 2019
 * (boxes of leaves) and Devos, Meert and Davis 2021 (search over them).  Guarantee: no
 * leaf is dropped that an input of the box which wins in float32 arithmetic reaches. */
#include "prove/trees_box.h"
#include <float.h>
#include <string.h>

/* Of the leaves in both sets; -1: none. */
static int lowest(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t w = 0; w < words; w++)
        if (a[w] & b[w]) return (int)(64 * w) + __builtin_ctzll(a[w] & b[w]);
    return -1;
}

static int highest(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t w = words; w-- > 0;)
        if (a[w] & b[w]) return (int)(64 * w) + 63 - __builtin_clzll(a[w] & b[w]);
    return -1;
}

static bool meets(const uint64_t *a, const uint64_t *b, size_t words) {
    for (size_t w = 0; w < words; w++)
        if (a[w] & b[w]) return true;
    return false;
}

static const double *values(const tree_box *b, int32_t t) {
    return b->index->value + b->index->first_leaf[t];
}

static uint64_t *leaves(const tree_box *b, int32_t t) {
    return b->left + (size_t)t * b->index->words;
}

static const uint64_t *left_side(const tree_box *b, size_t split) {
    return b->index->sides + split * 2 * b->index->words;
}

static const uint64_t *right_side(const tree_box *b, size_t split) {
    return left_side(b, split) + b->index->words;
}

/* The greatest contribution of a tree's leaves within a set, which has some of them. */
static double greatest(const tree_box *b, int32_t t, const uint64_t *within) {
    const uint64_t *set = leaves(b, t);
    return b->sign[t] > 0 ? values(b, t)[highest(set, within, b->index->words)]
                          : -values(b, t)[lowest(set, within, b->index->words)];
}

static double least(const tree_box *b, int32_t t) {
    const uint64_t *set = leaves(b, t);
    return b->sign[t] > 0 ? values(b, t)[lowest(set, set, b->index->words)]
                          : -values(b, t)[highest(set, set, b->index->words)];
}

/* By how much the best reachable leaves win against the loser: an upper bound. */
static double lead(const tree_box *b, int rival) {
    return b->win_sum + b->lose_sum[rival] + b->slack[rival];
}

/* What tree t can give away before the win is impossible. */
static double room(const tree_box *b, int32_t t) {
    if (b->sign[t] < 0) return lead(b, b->rival[t]);
    double r = lead(b, 0);
    for (int i = 1; i < b->rivals; i++) r = fmin(r, lead(b, i));
    return r;
}

static void enqueue(tree_box *b, int32_t t) {
    if (b->queued[t]) return;
    b->queued[t] = true;
    b->queue[b->queue_count++] = t;
}

static void forget_queue(tree_box *b) {
    while (b->queue_count) b->queued[b->queue[--b->queue_count]] = false;
}

static double *sum_of(tree_box *b, int32_t t) {
    return b->sign[t] > 0 ? &b->win_sum : &b->lose_sum[b->rival[t]];
}

static void remember_leaves(tree_box *b, int32_t t) {
    const size_t words = b->index->words;
    memcpy(b->kept + b->changes * words, leaves(b, t), words * sizeof *b->kept);
    b->change[b->changes++] = (box_change){b->best[t], *sum_of(b, t), t, 0};
}

/* After leaves were dropped. */
static bool refresh(tree_box *b, int32_t t) {
    const uint64_t *set = leaves(b, t);
    if (!meets(set, set, b->index->words)) return false;
    enqueue(b, t);
    const double best = greatest(b, t, set);
    if (best == b->best[t]) return true;
    *sum_of(b, t) += best - b->best[t];
    b->best[t] = best;
    return room(b, t) >= 0;
}

static bool drop(tree_box *b, int32_t t, const uint64_t *gone) {
    uint64_t *set = leaves(b, t);
    if (!b->sign[t] || !meets(set, gone, b->index->words)) return true;
    remember_leaves(b, t);
    for (size_t w = 0; w < b->index->words; w++) set[w] &= ~gone[w];
    return refresh(b, t);
}

/* Drops what a cut takes from every tree that splits there. */
static bool drop_at(tree_box *b, size_t cut, bool right) {
    const gull_tree_index *x = b->index;
    for (size_t s = x->first_split[cut]; s < x->first_split[cut + 1]; s++)
        if (!drop(b, x->split_tree[s], right ? right_side(b, s) : left_side(b, s)))
            return false;
    return true;
}

static bool lower_hi(tree_box *b, int32_t f, int32_t cell) {
    const int32_t old = b->hi[f];
    if (cell >= old) return true;
    if (cell < b->lo[f]) return false;
    b->change[b->changes++] = (box_change){0, 0, -2 - 2 * f, old};
    b->hi[f] = cell;
    for (int32_t cut = cell; cut < old; cut++)
        if (!drop_at(b, b->index->first_cut[f] + (size_t)cut, true)) return false;
    return true;
}

static bool raise_lo(tree_box *b, int32_t f, int32_t cell) {
    const int32_t old = b->lo[f];
    if (cell <= old) return true;
    if (cell > b->hi[f]) return false;
    b->change[b->changes++] = (box_change){0, 0, -1 - 2 * f, old};
    b->lo[f] = cell;
    for (int32_t cut = old; cut < cell; cut++)
        if (!drop_at(b, b->index->first_cut[f] + (size_t)cut, false)) return false;
    return true;
}

/* A missing value stays missing: its splits were decided when the box was opened. */
static bool keep_side(tree_box *b, int32_t f, int32_t cut, bool left) {
    if (b->home[f] < 0) return true;
    return left ? lower_hi(b, f, cut - 1) : raise_lo(b, f, cut);
}

void gull__box_undo(tree_box *b, size_t changes) {
    const size_t words = b->index->words;
    forget_queue(b);
    while (b->changes > changes) {
        const box_change *c = &b->change[--b->changes];
        if (c->what >= 0) {
            memcpy(leaves(b, c->what), b->kept + b->changes * words,
                   words * sizeof *b->kept);
            b->best[c->what] = c->best;
            *sum_of(b, c->what) = c->sum;
        } else if ((-c->what) % 2) {
            b->lo[(-1 - c->what) / 2] = c->cell;
        } else {
            b->hi[(-2 - c->what) / 2] = c->cell;
        }
    }
}

static const gull_index_node *root_of(const tree_box *b, int32_t t) {
    return b->index->node + b->index->first_node[t];
}

/* Down from the root while all leaves left lie on one side: the box follows. */
static bool follow(tree_box *b, int32_t t) {
    const gull_index_node *root = root_of(b, t), *n = root;
    const uint64_t *set = leaves(b, t);
    while (n->feature >= 0) {
        const bool left = meets(set, left_side(b, (size_t)n->place), b->index->words);
        if (left && meets(set, right_side(b, (size_t)n->place), b->index->words)) break;
        if (!keep_side(b, n->feature, n->cut, left)) return false;
        n = root + (left ? n->left : n->right);
    }
    return true;
}

static bool follow_all(tree_box *b) {
    while (b->queue_count) {
        const int32_t t = b->queue[--b->queue_count];
        b->queued[t] = false;
        if (!follow(b, t)) return false;
    }
    return true;
}

/* Keeps the leaves of rank >= first, or < first. */
static void keep_ranks(uint64_t *set, size_t words, size_t first, bool upper) {
    for (size_t w = 0; w < words; w++) {
        const uint64_t below = first >= 64 * (w + 1) ? ~(uint64_t)0
                               : first <= 64 * w     ? 0
                                                 : ((uint64_t)1 << (first - 64 * w)) - 1;
        set[w] &= upper ? ~below : below;
    }
}

/* Rank of the first value >= limit (or > limit). */
static size_t rank(const double *v, size_t n, double limit, bool strict) {
    size_t lo = 0;
    while (n > 0) {
        const size_t half = n / 2;
        if (v[lo + half] < limit || (strict && v[lo + half] == limit)) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return lo;
}

/* Drops the leaves that lose even if every other tree gives its best. */
static bool fix(tree_box *b, int32_t t) {
    const double need = b->best[t] - room(b, t);
    uint64_t *set = leaves(b, t);
    if (least(b, t) >= need) return true;
    const size_t *first = b->index->first_leaf + t;
    const bool up = b->sign[t] > 0;
    remember_leaves(b, t);
    keep_ranks(set, b->index->words,
               rank(values(b, t), first[1] - first[0], up ? need : -need, !up), up);
    return refresh(b, t);
}

static double tightest(const tree_box *b) {
    double r = lead(b, 0);
    for (int i = 1; i < b->rivals; i++) r = fmin(r, lead(b, i));
    return r;
}

static double all_leads(const tree_box *b) {
    double sum = 0;
    for (int i = 0; i < b->rivals; i++) sum += lead(b, i);
    return sum;
}

/* To the fixpoint: boxes follow leaves, leaves follow bounds. */
static bool propagate(tree_box *b) {
    double before = INFINITY;
    for (;;) {
        if (!follow_all(b) || tightest(b) < 0) return false;
        const double now = all_leads(b);
        if (!(now < before)) return true;
        before = now;
        for (size_t i = 0; i < b->used_count; i++)
            if (!fix(b, b->used[i])) return false;
    }
}

bool gull__box_split(tree_box *b, int32_t f, int32_t cut, bool left) {
    return keep_side(b, f, cut, left) && propagate(b);
}

bool gull__box_limit(tree_box *b, const double *most) {
    for (int32_t f = 0; f < (int32_t)b->index->features; f++) {
        const int32_t home = b->home[f];
        const double *cost = b->cost + b->index->first_cut[f];
        int32_t lo = b->lo[f], hi = b->hi[f];
        if (home < 0) continue;
        while (hi > home && cost[hi - 1] > most[f]) hi--;
        while (lo < home && cost[lo] > most[f]) lo++;
        if (!lower_hi(b, f, hi) || !raise_lo(b, f, lo)) return false;
    }
    return propagate(b);
}

/* ---- Opening ---- */

static void take_one(tree_box *b, size_t split, bool right) {
    uint64_t *set = leaves(b, b->index->split_tree[split]);
    const uint64_t *gone = right ? right_side(b, split) : left_side(b, split);
    for (size_t w = 0; w < b->index->words; w++) set[w] &= ~gone[w];
}

static void take_side(tree_box *b, size_t cut, bool right) {
    const gull_tree_index *x = b->index;
    for (size_t s = x->first_split[cut]; s < x->first_split[cut + 1]; s++)
        take_one(b, s, right);
}

/* Missing values go the default way at every split. */
static void take_defaults(tree_box *b, int32_t f) {
    const gull_tree_index *x = b->index;
    b->lo[f] = 0;
    b->hi[f] = (int32_t)(x->first_cut[f + 1] - x->first_cut[f]);
    for (size_t s = x->first_split[x->first_cut[f]];
         s < x->first_split[x->first_cut[f + 1]]; s++)
        take_one(b, s, x->split_default[s]);
}

static void open_feature(tree_box *b, int32_t f, double eps) {
    const size_t first = b->index->first_cut[f];
    const int32_t cuts = (int32_t)(b->index->first_cut[f + 1] - first);
    int32_t lo = b->home[f], hi = lo;
    while (hi < cuts && b->cost[first + (size_t)hi] <= eps) hi++;
    while (lo > 0 && b->cost[first + (size_t)lo - 1] <= eps) lo--;
    for (int32_t cut = hi; cut < cuts; cut++) take_side(b, first + (size_t)cut, true);
    for (int32_t cut = 0; cut < lo; cut++) take_side(b, first + (size_t)cut, false);
    b->lo[f] = lo;
    b->hi[f] = hi;
}

bool gull__box_open(tree_box *b, double eps) {
    const gull_tree_index *x = b->index;
    forget_queue(b);
    b->changes = 0;
    memcpy(b->left, x->all, x->trees * x->words * sizeof *b->left);
    for (int32_t f = 0; f < (int32_t)x->features; f++)
        if (b->home[f] < 0)
            take_defaults(b, f);
        else
            open_feature(b, f, eps);
    b->win_sum = 0;
    memcpy(b->lose_sum, b->constant, (size_t)b->rivals * sizeof *b->lose_sum);
    for (size_t i = 0; i < b->used_count; i++) {
        const int32_t t = b->used[i];
        *sum_of(b, t) += b->best[t] = greatest(b, t, leaves(b, t));
        enqueue(b, t);
    }
    return propagate(b);
}

/* ---- Asking ---- */

static int output_of(const tree_box *b, int class) {
    return b->trees->outputs > 1 ? class : class == 1 ? 0 : -1;
}

void gull__box_ask(tree_box *b, int win, const int *lose, int rivals) {
    const gull_trees *t = b->trees;
    const int w = output_of(b, win);
    b->win = win;
    b->lose = lose;
    b->rivals = rivals;
    b->used_count = 0;
    for (int r = 0; r < rivals; r++) {
        const int l = output_of(b, lose[r]);
        b->constant[r] =
            (w >= 0 ? (double)t->base[w] : 0) - (l >= 0 ? (double)t->base[l] : 0);
        b->slack[r] =
            (w >= 0 ? b->index->slack[w] : 0) + (l >= 0 ? b->index->slack[l] : 0);
    }
    for (size_t i = 0; i < t->count; i++) {
        b->sign[i] = t->tree[i].output == w;
        for (int r = 0; r < rivals; r++)
            if (t->tree[i].output == output_of(b, lose[r])) {
                b->sign[i] = -1;
                b->rival[i] = r;
            }
        if (b->sign[i]) b->used[b->used_count++] = (int32_t)i;
    }
}

enum { TRIED = 64, FEW = 2 };

typedef struct option { /* a split to branch on */
    int32_t f, cut;
    bool left;    /* the better side */
    double stake; /* difference of its sides' best leaves */
} option;

/* Inserts into a list of the n greatest, each split once; returns how many there are. */
static int insert(option *list, int n, int room, option o) {
    int at = n;
    for (int i = 0; i < n; i++)
        if (list[i].f == o.f && list[i].cut == o.cut) {
            if (list[i].stake >= o.stake) return n;
            at = i;
            break;
        }
    if (at == n && n < room) n++;
    if (at == room && list[--at].stake >= o.stake) return n;
    for (; at > 0 && list[at - 1].stake < o.stake; at--) list[at] = list[at - 1];
    list[at] = o;
    return n;
}

/* The undecided split nearest to each root, those with the most at stake. */
static int list_options(const tree_box *b, option *list, int room) {
    const size_t words = b->index->words;
    int count = 0;
    for (size_t i = 0; i < b->used_count; i++) {
        const int32_t t = b->used[i];
        const gull_index_node *root = root_of(b, t), *n = root;
        const uint64_t *set = leaves(b, t);
        while (n->feature >= 0) {
            const bool l = meets(set, left_side(b, (size_t)n->place), words);
            if (l && meets(set, right_side(b, (size_t)n->place), words)) break;
            n = root + (l ? n->left : n->right);
        }
        if (n->feature < 0) continue;
        const double l = greatest(b, t, left_side(b, (size_t)n->place));
        const double r = greatest(b, t, right_side(b, (size_t)n->place));
        const option o = {n->feature, n->cut, l >= r, fabs(l - r)};
        if (count < room || o.stake > list[count - 1].stake)
            count = insert(list, count, room, o);
    }
    return count;
}

/* What is left of the lead when one side is taken, at once or after all that follows. */
static double lead_after(tree_box *b, const option *o, bool left, bool all) {
    const size_t mark = b->changes;
    const bool alive =
        all ? gull__box_split(b, o->f, o->cut, left) : keep_side(b, o->f, o->cut, left);
    const double now = alive ? tightest(b) : 0;
    gull__box_undo(b, mark);
    return fmax(now, 0);
}

/* Both sides shall lose much: the product. */
static double score_of(tree_box *b, const option *o, bool all) {
    const double lead = tightest(b), least = lead * 1e-3;
    return fmax(lead - lead_after(b, o, true, all), least) *
           fmax(lead - lead_after(b, o, false, all), least);
}

/* Strong branching (Applegate et al. 1995): the split whose two sides lose most; the few
 * that promise most are tried in full. */
static option best_option(tree_box *b, const option *list, int count) {
    option few[FEW];
    int kept = 0, best = 0;
    for (int i = 0; i < count; i++) {
        option o = list[i];
        o.stake = score_of(b, &o, false);
        if (kept < FEW || o.stake > few[kept - 1].stake) kept = insert(few, kept, FEW, o);
    }
    for (int i = 0; i < kept; i++) {
        few[i].stake = score_of(b, few + i, true);
        if (few[i].stake > few[best].stake) best = i;
    }
    return few[best];
}

bool gull__box_branch(tree_box *b, bool strong, int32_t *f, int32_t *cut, bool *left) {
    option list[TRIED];
    const int count = list_options(b, list, strong ? TRIED : 1);
    if (!count) return false;
    const option o = count > 1 ? best_option(b, list, count) : list[0];
    *f = o.f;
    *cut = o.cut;
    *left = o.left;
    return true;
}

/* ---- The nearest input ---- */

static int32_t nearest_cell(const tree_box *b, int32_t f) {
    const int32_t c = b->home[f];
    return c < b->lo[f] ? b->lo[f] : c > b->hi[f] ? b->hi[f] : c;
}

static float leaf_value(const tree_box *b, int32_t t) {
    const gull_index_node *root = root_of(b, t), *n = root;
    while (n->feature >= 0) {
        const bool left = b->home[n->feature] < 0 ? n->default_left
                                                  : nearest_cell(b, n->feature) < n->cut;
        n = root + (left ? n->left : n->right);
    }
    return n->value;
}

static float score(const tree_box *b, int class) {
    return output_of(b, class) < 0 ? 0 : b->margin[output_of(b, class)];
}

bool gull__box_nearest_wins(tree_box *b) {
    const gull_trees *t = b->trees;
    memcpy(b->margin, t->base, (size_t)t->outputs * sizeof *b->margin);
    for (size_t i = 0; i < b->used_count; i++)
        b->margin[t->tree[b->used[i]].output] += leaf_value(b, b->used[i]);
    const float mine = score(b, b->win);
    for (int r = 0; r < b->rivals; r++) {
        const float other = score(b, b->lose[r]);
        if (!(mine > other || (mine == other && b->win < b->lose[r]))) return false;
    }
    return true;
}

double gull__box_cost_of(const tree_box *b, int32_t f) {
    const int32_t home = b->home[f], c = nearest_cell(b, f);
    if (home < 0 || c == home) return 0;
    return b->cost[b->index->first_cut[f] + (size_t)(c > home ? c - 1 : c)];
}

double gull__box_cost(const tree_box *b) {
    double cost = 0;
    for (int32_t f = 0; f < (int32_t)b->index->features; f++)
        cost = fmax(cost, gull__box_cost_of(b, f));
    return cost;
}

void gull__box_nearest(const tree_box *b, double *x) {
    memcpy(x, b->space->x0, b->space->dim * sizeof *x);
    for (int32_t f = 0; f < (int32_t)b->index->features; f++) {
        const int32_t home = b->home[f], c = nearest_cell(b, f);
        const float *cut = b->index->cut + b->index->first_cut[f];
        if (home < 0 || c == home) continue;
        x[b->index->feature[f]] = c > home ? cut[c - 1] : nextafterf(cut[c], -INFINITY);
    }
}

/* ---- The row ---- */

/* Costs grow away from x0's cell, so what is out of the box stays out. */
static void price_feature(tree_box *b, int32_t f) {
    const gull_space *s = b->space;
    const size_t first = b->index->first_cut[f], end = b->index->first_cut[f + 1];
    const int32_t i = b->index->feature[f];
    const double x0 = s->x0[i], w = s->weight ? s->weight[i] : 1;
    const float *cut = b->index->cut;
    b->home[f] = isnan(x0) ? -1 : 0;
    for (size_t k = first; k < end; k++) {
        const bool above = cut[k] > (float)x0;
        const double to = above ? cut[k] : nextafterf(cut[k], -INFINITY);
        const bool allowed = !isnan(x0) && s->lo[i] < s->hi[i] && isfinite(to) &&
                             (above ? to <= s->hi[i] : to >= s->lo[i]);
        b->cost[k] = allowed ? fmin(w * fabs(to - x0), DBL_MAX) : INFINITY;
        if (!isnan(x0) && !above) b->home[f]++;
    }
}

static void *take(gull_run *run, size_t n, size_t size) {
    return size && n > SIZE_MAX / size ? NULL : gull_run_scratch(run, n * size + 1);
}

static bool allocate(tree_box *b, gull_run *run) {
    const gull_tree_index *x = b->index;
    const size_t steps = x->leaves + x->cuts + x->trees,
                 o = (size_t)b->trees->outputs + 1;
    return (b->cost = take(run, x->cuts, sizeof *b->cost)) &&
           (b->home = take(run, x->features, sizeof *b->home)) &&
           (b->lo = take(run, x->features, sizeof *b->lo)) &&
           (b->hi = take(run, x->features, sizeof *b->hi)) &&
           (b->sign = take(run, x->trees, sizeof *b->sign)) &&
           (b->rival = take(run, x->trees, sizeof *b->rival)) &&
           (b->used = take(run, x->trees, sizeof *b->used)) &&
           (b->constant = take(run, o, sizeof *b->constant)) &&
           (b->slack = take(run, o, sizeof *b->slack)) &&
           (b->left = take(run, x->trees * x->words, sizeof *b->left)) &&
           (b->best = take(run, x->trees, sizeof *b->best)) &&
           (b->lose_sum = take(run, o, sizeof *b->lose_sum)) &&
           (b->change = take(run, steps, sizeof *b->change)) &&
           (b->kept = take(run, steps * x->words, sizeof *b->kept)) &&
           (b->queue = take(run, x->trees, sizeof *b->queue)) &&
           (b->queued = take(run, x->trees, sizeof *b->queued)) &&
           (b->margin = take(run, o, sizeof *b->margin));
}

int gull__box_new(tree_box *b, gull_run *run, const gull_trees *trees) {
    memset(b, 0, sizeof *b);
    b->trees = trees;
    b->index = trees->index;
    b->space = &gull_run_problem(run)->space;
    if (!allocate(b, run)) return GULL_ENOMEM;
    for (int32_t f = 0; f < (int32_t)b->index->features; f++) price_feature(b, f);
    return GULL_OK;
}
