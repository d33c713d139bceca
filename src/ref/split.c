#include "ref/split.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/parallel.h"

enum { FEW = 32 };

typedef struct job {
    px_ref_side *s;
    double anchor; /* whose ulp is 2^unit; numbers below 1 leave it in its binade */
    px_ref_rests r;
} job;

static double rest_of(const job *w, double x) { return x - ((x + w->anchor) - w->anchor); }

static void count_strip(void *context, int64_t strip) {
    const job *w = context;
    const double *x = w->s->x + strip * w->s->k * w->s->width;
    int64_t *count = w->r.first + strip * w->s->width;
    for (int i = 0; i < w->s->width; i++) count[i] = 0;
    for (int64_t t = 0; t < w->s->k; t++)
        for (int i = 0; i < w->s->width; i++) count[i] += rest_of(w, x[t * w->s->width + i]) != 0;
}

static void take_strip(void *context, int64_t strip) {
    const job *w = context;
    int width = w->s->width;
    double *x = w->s->x + strip * w->s->k * width;
    for (int i = 0; i < width; i++) {
        px_ref_rest *to = w->r.rest + w->r.first[strip * width + i];
        if (w->r.first[strip * width + i] == w->r.first[strip * width + i + 1]) continue;
        for (int64_t t = 0; t < w->s->k; t++) {
            double rest = rest_of(w, x[t * width + i]);
            if (rest == 0) continue;
            x[t * width + i] -= rest;
            *to++ = (px_ref_rest){.t = t, .x = rest};
        }
    }
}

px_ref_rests px_ref_split(px_ref_side *s, int unit) {
    int64_t lines = s->strips * s->width, sum = 0;
    job w = {.s = s, .anchor = ldexp(1.5, unit + 52)};
    w.r.first = malloc(((size_t)lines + 1) * sizeof *w.r.first);
    if (!w.r.first) px_out_of_memory(((size_t)lines + 1) * sizeof *w.r.first);
    px_parallel_for_work((double)lines * (double)s->k, s->strips, count_strip, &w);
    for (int64_t i = 0; i <= lines; i++) {
        int64_t count = i < lines ? w.r.first[i] : 0;
        w.r.first[i] = sum;
        sum += count;
    }
    if (sum > lines * s->k / FEW) {
        px_ref_rests_free(&w.r);
        return w.r;
    }
    w.r.rest = malloc(((size_t)sum + 1) * sizeof *w.r.rest);
    if (!w.r.rest) px_out_of_memory(((size_t)sum + 1) * sizeof *w.r.rest);
    px_parallel_for_work((double)sum * (double)s->k, s->strips, take_strip, &w);
    return w.r;
}

void px_ref_rests_free(px_ref_rests *r) {
    free(r->first);
    free(r->rest);
    *r = (px_ref_rests){.first = NULL};
}
