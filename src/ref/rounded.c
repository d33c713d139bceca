#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/parallel.h"
#include "ref/exact.h"
#include "ref/truth.h"

typedef struct job {
    const px_truth *truth;
    px_fp fp;
    px_rounding rounding;
    px_mat *out;
    atomic_bool undecided;
} job;

static double part(const px_mat *m, int64_t i, int64_t j) { return m->data ? px_mat_get(m, i, j) : 0; }

/* Rounding is monotonic: where both ends of the enclosure round to the same number, so does the exact value. low, high:
 * temporaries. */
static bool decided(const job *w, int64_t i, int64_t j, mpfr_t low, mpfr_t high, double *result) {
    const px_wide *v = &w->truth->v;
    double hi = part(&v->hi, i, j), lo = part(&v->lo, i, j), radius = part(&v->radius, i, j);
    if (isinf(hi) && w->truth->sharpen) return false; /* perhaps a number beyond the range of double */
    mpfr_set_d(low, hi, MPFR_RNDN);
    if (lo != 0) mpfr_add_d(low, low, lo, MPFR_RNDN);
    mpfr_set(high, low, MPFR_RNDN);
    if (radius != 0) {
        mpfr_sub_d(low, low, radius, MPFR_RNDN);
        mpfr_add_d(high, high, radius, MPFR_RNDN);
    }
    *result = px_exact_to_format(low, w->fp, w->rounding);
    if (radius == 0) return true;
    double other = px_exact_to_format(high, w->fp, w->rounding);
    return *result == other && signbit(*result) == signbit(other);
}

/* By all the digits there are: what an expansion leaves out does not matter to a rounding (matrix/wide.h). */
static double sharpened(job *w, int64_t i, int64_t j, mpfr_t x) {
    px_expansion value, absab;
    if (!w->truth->sharpen || w->truth->sharpen(w->truth->context, i, j, &value, &absab, NULL) != PX_OK) {
        atomic_store(&w->undecided, true);
        return 0;
    }
    px_exact_set(x, &value);
    return px_exact_to_format(x, w->fp, w->rounding);
}

static void round_row(void *ctx, int64_t i) {
    job *w = ctx;
    mpfr_t low, high;
    mpfr_inits2(PX_DOUBLES_BITS, low, high, (mpfr_ptr)NULL);
    for (int64_t j = 0; j < w->out->cols; j++) {
        double result;
        if (!decided(w, i, j, low, high, &result)) result = sharpened(w, i, j, low);
        px_mat_set(w->out, i, j, result);
    }
    mpfr_clears(low, high, (mpfr_ptr)NULL);
}

px_status px_ref_rounded(const px_truth *truth, px_fp fp, px_rounding rounding, px_mat *out, px_error *err) {
    PX_ASSERT(out->rows == truth->v.hi.rows && out->cols == truth->v.hi.cols);
    job work = {.truth = truth, .fp = fp, .rounding = rounding, .out = out};
    px_parallel_for(out->rows, round_row, &work);
    if (!atomic_load(&work.undecided)) return PX_OK;
    return px_fail(err, PX_INCOMPLETE, "the reference has too few digits to be rounded correctly");
}
