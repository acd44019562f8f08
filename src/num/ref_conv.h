/* ref_conv.h - convolution as a matrix product over unrolled patches (Chellapilla et al.
 * 2006), compiled once per precision.  Needs ref_gemm.h. */

/* The columns [first, last) of the output whose input column stays inside. */
static void inside(const gull_window *v, int axis, size_t tap, size_t *first,
                   size_t *last) {
    const size_t at = tap * v->dilation[axis], pad = v->before[axis];
    const size_t s = v->stride[axis];
    *first = at >= pad ? 0 : (pad - at + s - 1) / s;
    *last = v->in[axis] + pad > at ? (v->in[axis] + pad - at + s - 1) / s : 0;
    if (*last > v->out[axis]) *last = v->out[axis];
    if (*first > *last) *first = *last;
}

typedef struct patch_span { size_t y0, y1, x0, x1; } patch_span;

static patch_span span_of(const gull_window *v, size_t ky, size_t kx) {
    patch_span s;
    inside(v, 0, ky, &s.y0, &s.y1);
    inside(v, 1, kx, &s.x0, &s.x1);
    return s;
}

/* Where the output (y, x) of tap (ky, kx) reads. */
static size_t source(const gull_window *v, size_t ky, size_t kx, size_t y, size_t x) {
    return (y * v->stride[0] + ky * v->dilation[0] - v->before[0]) * v->in[1] +
           x * v->stride[1] + kx * v->dilation[1] - v->before[1];
}

/* col[channel][ky][kx][out pixels] */
static void unroll(const gull_window *v, size_t channels, const REAL *x, REAL *col) {
    const size_t pixels = v->out[0] * v->out[1], step = v->stride[1];
    for (size_t c = 0; c < channels; c++, x += v->in[0] * v->in[1])
        for (size_t ky = 0; ky < v->kernel[0]; ky++)
            for (size_t kx = 0; kx < v->kernel[1]; kx++, col += pixels) {
                const patch_span s = span_of(v, ky, kx);
                memset(col, 0, pixels * sizeof *col);
                if (s.x0 == s.x1) continue;
                for (size_t i = s.y0; i < s.y1; i++) {
                    const REAL *from = x + source(v, ky, kx, i, s.x0);
                    REAL *to = col + i * v->out[1];
                    for (size_t j = s.x0; j < s.x1; j++) to[j] = from[(j - s.x0) * step];
                }
            }
}

static void roll_back(const gull_window *v, size_t channels, const REAL *col, REAL *x) {
    const size_t pixels = v->out[0] * v->out[1], step = v->stride[1];
    for (size_t c = 0; c < channels; c++, x += v->in[0] * v->in[1])
        for (size_t ky = 0; ky < v->kernel[0]; ky++)
            for (size_t kx = 0; kx < v->kernel[1]; kx++, col += pixels) {
                const patch_span s = span_of(v, ky, kx);
                if (s.x0 == s.x1) continue;
                for (size_t i = s.y0; i < s.y1; i++) {
                    REAL *to = x + source(v, ky, kx, i, s.x0);
                    const REAL *from = col + i * v->out[1];
                    for (size_t j = s.x0; j < s.x1; j++) to[(j - s.x0) * step] += from[j];
                }
            }
}

typedef struct group_sizes {
    size_t in, out, depth, pixels, area, w; /* per group; area: of the input */
} group_sizes;

static group_sizes sizes_of(const gull_conv_shape *s) {
    const gull_window *v = &s->window;
    group_sizes g = {s->in_channels / s->groups, s->out_channels / s->groups, 0,
                     v->out[0] * v->out[1], v->in[0] * v->in[1], 0};
    g.depth = g.in * v->kernel[0] * v->kernel[1];
    g.w = g.out * g.depth;
    return g;
}

static REAL *new_patches(const group_sizes *g) {
    return g->pixels > SIZE_MAX / sizeof(REAL) / (g->depth ? g->depth : 1)
               ? NULL
               : malloc((g->depth * g->pixels + 1) * sizeof(REAL));
}

int NAME(conv)(const gull_conv_shape *s, size_t rows, const REAL *w, const REAL *x,
               REAL *y) {
    const group_sizes g = sizes_of(s);
    REAL *col = new_patches(&g);
    int status = col ? 0 : -8;
    for (size_t r = 0; r < rows * s->groups && !status; r++) {
        const REAL *wg = w + r % s->groups * g.w;
        unroll(&s->window, g.in, x + r * g.in * g.area, col);
        status = NAME(gemm)(g.out, g.pixels, g.depth, wg, g.depth, 1, col, g.pixels, 1,
                            y + r * g.out * g.pixels, g.pixels);
    }
    free(col);
    return status;
}

/* The first tap of an axis that falls inside for the output `at`, and where it reads. */
static size_t first_tap(const gull_window *v, int axis, size_t at, size_t *last) {
    const size_t from = at * v->stride[axis], pad = v->before[axis], d = v->dilation[axis];
    const size_t end = v->in[axis] + pad;
    *last = end > from ? (end - from + d - 1) / d : 0;
    if (*last > v->kernel[axis]) *last = v->kernel[axis];
    return from >= pad ? 0 : (pad - from + d - 1) / d;
}

/* dx of one number of dy. */
static void scatter_one(const gull_window *v, size_t channels, size_t pixel, REAL value,
                        const REAL *w, REAL *dx) {
    const size_t y = pixel / v->out[1], x = pixel % v->out[1];
    size_t y1, x1;
    const size_t y0 = first_tap(v, 0, y, &y1), x0 = first_tap(v, 1, x, &x1);
    for (size_t c = 0; c < channels; c++) {
        for (size_t ky = y0; ky < y1; ky++) {
            const REAL *from = w + ky * v->kernel[1];
            if (x0 >= x1) continue;
            REAL *to = dx + source(v, ky, x0, y, x);
            for (size_t kx = x0; kx < x1; kx++)
                to[(kx - x0) * v->dilation[1]] += value * from[kx];
        }
        w += v->kernel[0] * v->kernel[1];
        dx += v->in[0] * v->in[1];
    }
}

/* The places of numbers that are not zero; SIZE_MAX when there are more than `most`. */
static size_t few_nonzeros(const REAL *dy, size_t n, size_t most, size_t *at) {
    size_t count = 0;
    for (size_t i = 0; i < n; i += 8) {
        const size_t end = n - i < 8 ? n - i : 8;
        bool any = end < 8;
        if (!any) {
            REAL sum = 0;
            for (size_t k = 0; k < 8; k++) sum += dy[i + k] < 0 ? -dy[i + k] : dy[i + k];
            any = sum != 0;
        }
        for (size_t k = i; any && k < i + end; k++)
            if (dy[k] != 0) {
                if (count == most) return SIZE_MAX;
                at[count++] = k;
            }
    }
    return count;
}

int NAME(conv_back)(const gull_conv_shape *s, size_t rows, const REAL *w, const REAL *dy,
                    REAL *dx) {
    const group_sizes g = sizes_of(s);
    const size_t most = g.out * g.pixels / 16;
    REAL *col = new_patches(&g);
    size_t *at = malloc((most + 1) * sizeof *at);
    int status = col && at ? 0 : -8;
    for (size_t r = 0; r < rows * s->groups && !status; r++) {
        const REAL *wg = w + r % s->groups * g.w;
        const REAL *dyg = dy + r * g.out * g.pixels;
        REAL *dxg = dx + r * g.in * g.area;
        /* Rows of bounds begin at one neuron: most of their numbers are zero. */
        const size_t few = few_nonzeros(dyg, g.out * g.pixels, most, at);
        for (size_t k = 0; few != SIZE_MAX && k < few; k++)
            scatter_one(&s->window, g.in, at[k] % g.pixels, dyg[at[k]],
                        wg + at[k] / g.pixels * g.depth, dxg);
        if (few != SIZE_MAX) continue;
        memset(col, 0, g.depth * g.pixels * sizeof *col);
        status = NAME(gemm)(g.depth, g.pixels, g.out, wg, 1, g.depth,
                            dyg, g.pixels, 1, col, g.pixels);
        if (!status) roll_back(&s->window, g.in, col, dxg);
    }
    free(at);
    free(col);
    return status;
}
