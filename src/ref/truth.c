#include "ref/truth.h"

#include <math.h>

#include "ref/exact.h"
#include "ref/fill.h"
#include "ref/terms.h"

static const px_num one = PX_NUM_ONE;

static void entry(const void *operands, int64_t i, int64_t j, mpfr_t sum, mpfr_t magnitudes) {
    px_ref_entry_of_terms(operands, i, j, sum, magnitudes);
}

px_status px_ref_truth(px_arena *arena, const px_call *call, const px_mat *in, int n_in, px_truth *truth,
                       px_error *err) {
    px_ref_terms *terms = PX_NEW(arena, px_ref_terms);
    PX_TRY(px_ref_terms_of(arena, call, in, n_in, terms, err));
    px_ref_fill(arena, terms->rows, terms->cols, entry, terms, truth);
    return PX_OK;
}

/* A dot product read a piece at a time, so that nothing is allocated. */
typedef struct dot {
    px_accumulator sum;
    double special, special_magnitude;
    unsigned kinds;
} dot;

static void dot_add(dot *d, int64_t n, const px_num *x, const px_num *y) {
    px_accumulator_add(&d->sum, n, x, y, 1);
    px_ref_add_special(&d->special, &d->special_magnitude, n, x, y, 1);
    d->kinds |= px_ref_kinds(n, x, y, 1);
}

static double dot_get(const dot *d, px_fp fp, px_rounding rounding) {
    mpfr_t sum, magnitudes;
    mpfr_inits2(MPFR_PREC_MIN, sum, magnitudes, (mpfr_ptr)NULL);
    px_accumulator_get(&d->sum, sum, magnitudes);
    if (!isfinite(d->special_magnitude)) {
        mpfr_set_d(sum, d->special, MPFR_RNDN);
    } else if (mpfr_zero_p(sum)) {
        /* IEEE 754, 6.3: zeros of one sign keep it; any other zero sum is +0, or -0 when rounding down. */
        bool minus = d->kinds == PX_TERM_MINUS_ZERO || (d->kinds != PX_TERM_PLUS_ZERO && rounding.mode == PX_DOWN);
        mpfr_set_zero(sum, minus ? -1 : 1);
    }
    double result = px_exact_to_format(sum, fp, rounding);
    mpfr_clears(sum, magnitudes, (mpfr_ptr)NULL);
    return result;
}

double px_ref_dot(int64_t n, const double *a, const double *b, double c, px_fp fp, px_rounding rounding) {
    enum { PIECE = 128 };
    px_num x[PIECE], y[PIECE];
    dot d = {.special = 0};
    px_accumulator_start(&d.sum, 2 * PX_NUM_E_MIN, 2 * PX_NUM_E_MAX);
    x[0] = px_num_of(c);
    dot_add(&d, 1, x, &one);
    for (int64_t done = 0; done < n; done += PIECE) {
        int64_t m = n - done < PIECE ? n - done : PIECE;
        for (int64_t t = 0; t < m; t++) {
            x[t] = px_num_of(a[done + t]);
            y[t] = px_num_of(b[done + t]);
        }
        dot_add(&d, m, x, y);
    }
    return dot_get(&d, fp, rounding);
}
