#include "ref/mpfr_sum.h"

#include "base/error.h"

void px_mpfr_shrink(mpfr_t x) {
    mpfr_prec_t bits = mpfr_regular_p(x) ? mpfr_min_prec(x) : 0;
    mpfr_prec_round(x, bits > MPFR_PREC_MIN ? bits : MPFR_PREC_MIN, MPFR_RNDN);
}

void px_mpfr_sum(mpfr_t sum, const mpfr_ptr *terms, unsigned long n) {
    mpfr_exp_t top = mpfr_get_emin_min(), last = mpfr_get_emax_max();
    mpfr_prec_t carries = 2;
    for (unsigned long t = 0; t < n; t++) {
        if (!mpfr_regular_p(terms[t])) continue;
        mpfr_exp_t e = mpfr_get_exp(terms[t]), end = e - (mpfr_exp_t)mpfr_min_prec(terms[t]);
        if (e > top) top = e;
        if (end < last) last = end;
    }
    for (unsigned long left = n; left; left /= 2) carries++;
    mpfr_set_prec(sum, top > last ? top - last + carries : MPFR_PREC_MIN);
    int inexact = mpfr_sum(sum, terms, n, MPFR_RNDN);
    PX_ASSERT(inexact == 0);
    px_mpfr_shrink(sum);
}
