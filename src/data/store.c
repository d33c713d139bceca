#include <ctype.h>
#include <mpfr.h>

#include "arith/round.h"
#include "base/error.h"
#include "base/text.h"
#include "data/data.h"

/* Significant decimal digits of the text: from the first to the last that is not 0. */
static int significant_digits(const char *s) {
    int n = 0, upto = 0;
    for (; *s && *s != 'e' && *s != 'E'; s++) {
        if (!isdigit((unsigned char)*s) || (n == 0 && *s == '0')) continue;
        n++;
        if (*s != '0') upto = n;
    }
    return upto;
}

void px_data_decimal(const char *text, double *hi, double *lo) {
    PX_ASSERT(px_double_parse(text, hi));
    *lo = 0;
    if (significant_digits(text) > 15) return;
    mpfr_t x; /* 15 digits and a power of ten are never within 2^-200 of halfway, unless they are exactly there */
    mpfr_init2(x, 400);
    PX_ASSERT(mpfr_set_str(x, text, 10, MPFR_RNDN) == 0);
    mpfr_sub_d(x, x, *hi, MPFR_RNDN);
    *lo = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
}

/* hi + lo rounded once: the exact sum of two binary64 numbers, then one rounding. */
static double round_pair(px_fp fmt, double hi, double lo) {
    px_rounding nearest = px_rounding_of(PX_NEAREST_EVEN);
    if (lo == 0) return px_round(fmt, nearest, hi, 0);
    px_fp binary64;
    PX_ASSERT(px_fp_parse("fp64", &binary64, NULL) == PX_OK);
    px_exact sum = px_exact_add(binary64, nearest, hi, lo, NULL);
    return px_exact_round(fmt, nearest, sum, 0, NULL);
}

px_mat px_data_store(px_arena *arena, const px_wide *ideal, px_fp fmt) {
    const px_mat *hi = &ideal->hi;
    px_mat stored = px_mat_new(arena, fmt, hi->rows, hi->cols);
    for (int64_t i = 0; i < hi->rows; i++)
        for (int64_t j = 0; j < hi->cols; j++) {
            double lo = ideal->lo.data ? px_mat_get(&ideal->lo, i, j) : 0;
            px_mat_set(&stored, i, j, round_pair(fmt, px_mat_get(hi, i, j), lo));
        }
    return stored;
}
