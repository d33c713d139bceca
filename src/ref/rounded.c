#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/parallel.h"
#include "ref/exact.h"
#include "ref/truth.h"

typedef struct job {
    const px_truth *truth;
    px_fp fp;
    px_rounding rounding;
    const px_mat *computed; /* NULL: everywhere */
    double bound;
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

/* In the middle of the format's range, where the digits that are dropped are not nearly those of a tie or of a number
 * of the format, hi alone decides: the rest moves it by less than two of its last bits. Integers only. */
static bool quick(const job *w, double hi, double rest, double *result) {
    enum { BITS = 52, NEAR = 4 };
    const px_fp *fp = &w->fp;
    uint64_t word, sign = (uint64_t)1 << 63;
    memcpy(&word, &hi, sizeof word);
    int e = (int)(word >> BITS & 0x7ff) - 1023, drop = BITS + 1 - fp->p;
    if (e <= fp->emin || e >= fp->emax || e < -900 || !(rest <= 0x1p-52 * fabs(hi))) return false;
    *result = hi;
    if (drop == 0 && w->rounding.mode == PX_NEAREST_EVEN) return w->truth->v.relative == 0;
    if (drop < 8) return false;
    uint64_t unit = (uint64_t)1 << drop, low = word & (unit - 1);
    bool negative = word >> 63, up;
    if (low < NEAR || low > unit - NEAR) return false;
    switch ((px_rounding_mode)w->rounding.mode) {
    case PX_NEAREST_EVEN:
    case PX_NEAREST_AWAY:
    case PX_STOCHASTIC:
        if (low > unit / 2 - NEAR && low < unit / 2 + NEAR) return false;
        up = low > unit / 2;
        break;
    case PX_UP: up = !negative; break;
    case PX_DOWN: up = negative; break;
    case PX_TOWARD_ZERO: up = false; break;
    default: return false;
    }
    word = (word & ~sign & ~(unit - 1)) + (up ? unit : 0);
    word |= negative ? sign : 0;
    memcpy(result, &word, sizeof word);
    return true;
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

/* Row i of a part; parts are doubles. */
static const double *row_of(const px_mat *m, int64_t i) { return m->data ? (const double *)m->data + i * m->ld : NULL; }

/* Is an entry of row i wanted? */
static bool wanted(const job *w, int64_t i) {
    enum { PIECE = 256 };
    double x[PIECE];
    if (!w->computed) return true;
    for (int64_t done = 0; done < w->computed->cols; done += PIECE) {
        int64_t n = w->computed->cols - done < PIECE ? w->computed->cols - done : PIECE, small = 0;
        px_mat_get_row(w->computed, i, done, n, x);
        for (int64_t j = 0; j < n; j++) small += fabs(x[j]) < w->bound;
        if (small > 0) return true;
    }
    return false;
}

static void round_row(void *ctx, int64_t i) {
    job *w = ctx;
    if (!wanted(w, i)) return;
    const px_wide *v = &w->truth->v;
    const double *hi = row_of(&v->hi, i), *lo = row_of(&v->lo, i), *radius = row_of(&v->radius, i);
    mpfr_t low, high;
    mpfr_inits2(PX_DOUBLES_BITS, low, high, (mpfr_ptr)NULL);
    for (int64_t j = 0; j < w->out->cols; j++) {
        double result;
        if (w->computed && !(fabs(px_mat_get(w->computed, i, j)) < w->bound)) continue;
        if (quick(w, hi[j], (lo ? fabs(lo[j]) : 0) + (radius ? radius[j] : 0), &result)) {
            px_mat_set(w->out, i, j, result);
            continue;
        }
        if (!decided(w, i, j, low, high, &result)) result = sharpened(w, i, j, low);
        px_mat_set(w->out, i, j, result);
    }
    mpfr_clears(low, high, (mpfr_ptr)NULL);
}

static px_status round_all(job *work, px_error *err) {
    const px_mat *v = &work->truth->v.hi;
    PX_ASSERT(work->out->rows == v->rows && work->out->cols == v->cols);
    px_parallel_for_work(100.0 * (double)v->rows * (double)v->cols, v->rows, round_row, work);
    if (!atomic_load(&work->undecided)) return PX_OK;
    return px_fail(err, PX_INCOMPLETE, "the reference has too few digits to be rounded correctly");
}

px_status px_ref_rounded(const px_truth *truth, px_fp fp, px_rounding rounding, px_mat *out, px_error *err) {
    return round_all(&(job){.truth = truth, .fp = fp, .rounding = rounding, .out = out}, err);
}

px_status px_ref_rounded_where(const px_truth *truth, px_fp fp, px_rounding rounding, const px_mat *computed,
                               double bound, px_mat *out, px_error *err) {
    job work = {.truth = truth, .fp = fp, .rounding = rounding, .computed = computed, .bound = bound, .out = out};
    return round_all(&work, err);
}
