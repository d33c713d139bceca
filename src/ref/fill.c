#include "ref/fill.h"

#include <math.h>

#include "base/parallel.h"
#include "ref/exact.h"

typedef struct context {
    px_ref_entry *entry;
    const void *operands;
} context;

static px_status sharpen(void *ctx, int64_t i, int64_t j, px_expansion *value, px_expansion *absab, px_error *err) {
    const context *c = ctx;
    (void)err;
    mpfr_t sum, magnitudes;
    mpfr_inits2(MPFR_PREC_MIN, sum, magnitudes, (mpfr_ptr)NULL);
    c->entry(c->operands, i, j, sum, magnitudes);
    *value = px_exact_expand(sum);
    *absab = px_exact_expand(magnitudes);
    mpfr_clears(sum, magnitudes, (mpfr_ptr)NULL);
    return PX_OK;
}

void px_ref_sharpens(px_arena *arena, px_ref_entry *entry, const void *operands, px_truth *truth) {
    context *c = PX_NEW(arena, context);
    *c = (context){.entry = entry, .operands = operands};
    truth->context = c;
    truth->sharpen = sharpen;
}

static void set_entry(px_wide *w, int64_t i, int64_t j, mpfr_t x) {
    double hi, lo, radius;
    if (!w->hi.data) return;
    px_exact_pair(x, &hi, &lo, &radius);
    px_mat_set(&w->hi, i, j, hi);
    if (w->lo.data) px_mat_set(&w->lo, i, j, lo);
    else if (lo != 0) radius = nextafter(fabs(lo) + radius, (double)INFINITY);
    if (w->radius.data) px_mat_set(&w->radius, i, j, radius);
    else PX_ASSERT(radius <= w->relative * fabs(hi) || !isfinite(hi));
}

void px_ref_fill_entry(px_truth *truth, px_ref_entry *entry, const void *operands, int64_t i, int64_t j) {
    mpfr_t sum, magnitudes;
    mpfr_inits2(MPFR_PREC_MIN, sum, magnitudes, (mpfr_ptr)NULL);
    entry(operands, i, j, sum, magnitudes);
    set_entry(&truth->v, i, j, sum);
    set_entry(&truth->absab, i, j, magnitudes);
    mpfr_clears(sum, magnitudes, (mpfr_ptr)NULL);
}

/* Entries are dealt out in runs, so that a long row is shared and the temporaries are made once a run. */
enum { RUN = 64 };

typedef struct job {
    const context *c;
    px_truth *truth;
    int64_t count, cols;
} job;

static void fill_run(void *ctx, int64_t run) {
    const job *w = ctx;
    int64_t first = run * RUN, last = first + RUN < w->count ? first + RUN : w->count;
    mpfr_t sum, magnitudes;
    mpfr_inits2(MPFR_PREC_MIN, sum, magnitudes, (mpfr_ptr)NULL);
    for (int64_t e = first; e < last; e++) {
        int64_t i = e / w->cols, j = e % w->cols;
        w->c->entry(w->c->operands, i, j, sum, magnitudes);
        set_entry(&w->truth->v, i, j, sum);
        set_entry(&w->truth->absab, i, j, magnitudes);
    }
    mpfr_clears(sum, magnitudes, (mpfr_ptr)NULL);
}

void px_ref_fill(px_arena *arena, int64_t rows, int64_t cols, px_ref_entry *entry, const void *operands,
                 px_truth *truth) {
    *truth = (px_truth){.v = px_wide_new(arena, rows, cols), .absab = px_wide_new(arena, rows, cols)};
    px_ref_sharpens(arena, entry, operands, truth);
    job work = {.c = truth->context, .truth = truth, .count = rows * cols, .cols = cols};
    px_parallel_for((work.count + RUN - 1) / RUN, fill_run, &work);
}
