/* compute.c - the measuring half of compute.py.
 *   compute peak THREADS SECONDS                   GFLOP/s of dnnl_sgemm
 *   compute run MODEL BATCH THREADS SECONDS BACKEND  forward + cross-entropy + input
 *     gradient, one evaluator a thread: images per second, of the best calls, per CPU second
 *   compute gradient MODEL X OUT BACKEND           raw doubles in, input gradients out */
#include "core/model.h"
#include "graph/graph.h"
#include "num/backend.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef GULL_HAVE_ONEDNN
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#endif

typedef struct job {
    const gull_graph *graph;
    const char *backend;
    size_t batch;
    double seconds;
    pthread_t thread;
    pthread_barrier_t *start;
    double rate, best, cpu_rate; /* answers */
} job;

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cross_entropy(const void *arg, const double *scores, int classes, double *w) {
    const int label = *(const int *)arg % classes;
    double most = scores[0], sum = 0;
    for (int i = 1; i < classes; i++) most = fmax(most, scores[i]);
    for (int i = 0; i < classes; i++) sum += w[i] = exp(scores[i] - most);
    for (int i = 0; i < classes; i++) w[i] /= sum;
    w[label] -= 1;
    return log(sum) + most - scores[label];
}

static void *numbers(size_t n) {
    double *x = calloc(n + 1, sizeof *x);
    for (size_t i = 0; x && i < n; i++) x[i] = (float)((double)(i * 2654435761u % 4096) / 4096);
    if (!x) exit(1);
    return x;
}

static int gradients(gull_evaluator *e, const gull_graph *g, size_t n, const double *x,
                     double *out) {
    static const int label[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    gull_loss *loss = calloc(n, sizeof *loss);
    double *scores = calloc(n * g->tensor[g->output].size, sizeof *scores);
    int status = loss && scores ? GULL_OK : GULL_ENOMEM;
    for (size_t i = 0; loss && i < n; i++) loss[i] = (gull_loss){cross_entropy, &label[i % 10]};
    if (!status) status = gull_evaluator_gradient(e, x, n, loss, scores, NULL, out);
    free(loss);
    free(scores);
    return status;
}

static void *work(void *arg) {
    job *j = arg;
    const size_t dim = j->graph->tensor[j->graph->input].size;
    double *x = numbers(j->batch * dim), *out = numbers(j->batch * dim), best = 1e30;
    gull_evaluator *e;
    gull_error err;
    size_t calls = 0;
    if (gull_evaluator_new(&e, j->graph, j->batch, j->backend, &err) < 0) exit(1);
    for (int i = 0; i < 3; i++)
        if (gradients(e, j->graph, j->batch, x, out) < 0) exit(1);
    pthread_barrier_wait(j->start);
    const double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);
    double end = start;
    for (; end - start < j->seconds; calls++) {
        const double before = end;
        gradients(e, j->graph, j->batch, x, out);
        end = now(CLOCK_MONOTONIC);
        best = fmin(best, end - before);
    }
    const double images = (double)(calls * j->batch);
    j->rate = images / (end - start);
    j->best = (double)j->batch / best;
    j->cpu_rate = images / (now(CLOCK_THREAD_CPUTIME_ID) - cpu);
    gull_evaluator_free(e);
    free(x);
    free(out);
    return NULL;
}

static void in_threads(void *(*body)(void *), const job *like, size_t threads) {
    job j[16];
    pthread_barrier_t start;
    double rate = 0, best = 0, cpu = 0;
    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; i++) {
        j[i] = *like;
        j[i].start = &start;
        pthread_create(&j[i].thread, NULL, body, &j[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(j[i].thread, NULL);
        rate += j[i].rate;
        best += j[i].best;
        cpu += j[i].cpu_rate / (double)threads;
    }
    printf("%.6g %.6g %.6g\n", rate, best, cpu);
}

#ifdef GULL_HAVE_ONEDNN
static void *peak(void *arg) {
    enum { N = 1536 };
    job *j = arg;
    float *a = calloc(N * N, sizeof *a), *b = calloc(N * N, sizeof *b);
    float *c = calloc(N * N, sizeof *c);
    void (*threads)(int) = NULL, *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    memcpy(&threads, &symbol, sizeof threads);
    if (threads) threads(1);
    if (!a || !b || !c) exit(1);
    for (size_t i = 0; i < N * N; i++) a[i] = b[i] = (float)(i % 7) - 3;
    double best = 1e30;
    size_t calls = 0;
    dnnl_sgemm('N', 'N', N, N, N, 1, a, N, b, N, 0, c, N);
    pthread_barrier_wait(j->start);
    const double start = now(CLOCK_MONOTONIC), cpu = now(CLOCK_THREAD_CPUTIME_ID);
    double end = start;
    for (; end - start < j->seconds; calls++) {
        const double before = end;
        dnnl_sgemm('N', 'N', N, N, N, 1, a, N, b, N, 0, c, N);
        end = now(CLOCK_MONOTONIC);
        best = fmin(best, end - before);
    }
    const double work = 2e-9 * N * N * (double)N;
    j->rate = work * (double)calls / (end - start);
    j->best = work / best;
    j->cpu_rate = work * (double)calls / (now(CLOCK_THREAD_CPUTIME_ID) - cpu);
    free(a);
    free(b);
    free(c);
    return NULL;
}
#endif

static int write_gradients(const gull_graph *g, const char *x_path, const char *out_path,
                           const char *backend) {
    const size_t dim = g->tensor[g->input].size;
    FILE *in = fopen(x_path, "rb"), *to = fopen(out_path, "wb");
    double *x = numbers(16 * dim), *out = numbers(16 * dim);
    gull_evaluator *e;
    gull_error err;
    if (!in || !to || gull_evaluator_new(&e, g, 16, backend, &err) < 0) return 1;
    const size_t n = fread(x, sizeof *x * dim, 16, in);
    const int status = gradients(e, g, n, x, out);
    fwrite(out, sizeof *x * dim, n, to);
    gull_evaluator_free(e);
    free(x);
    free(out);
    fclose(in);
    return fclose(to) || status < 0;
}

static const gull_graph *open_graph(const char *path, gull_model **m) {
    gull_error err = {0, ""};
    if (gull_model_open(m, path, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    const gull_family *f = gull_model_family(*m);
    const gull_graph *g = f->structure ? f->structure(gull_model_state(*m), GULL_CAN_GRAPH) : NULL;
    if (!g) exit(1);
    return g;
}

int main(int count, char **word) {
    gull_model *m = NULL;
#ifdef GULL_HAVE_ONEDNN
    if (count == 4 && !strcmp(word[1], "peak")) {
        const job j = {.seconds = atof(word[3])};
        in_threads(peak, &j, (size_t)atoi(word[2]));
        return 0;
    }
#endif
    if (count == 7 && !strcmp(word[1], "run")) {
        const job j = {.graph = open_graph(word[2], &m), .batch = (size_t)atoi(word[3]),
                       .seconds = atof(word[5]), .backend = !strcmp(word[6], "best") ? NULL : word[6]};
        in_threads(work, &j, (size_t)atoi(word[4]));
    } else if (count == 6 && !strcmp(word[1], "gradient")) {
        const gull_graph *g = open_graph(word[2], &m);
        if (write_gradients(g, word[3], word[4], !strcmp(word[5], "best") ? NULL : word[5])) return 1;
    } else {
        fprintf(stderr, "usage: see the head of compute.c\n");
        return 2;
    }
    gull_model_close(&m);
    return 0;
}
