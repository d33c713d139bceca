#include <ctype.h>
#include <mpfr.h>

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
