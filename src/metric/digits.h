/* Quotients of exact numbers, correctly rounded to 8 significant decimal digits. */
#ifndef PX_METRIC_DIGITS_H
#define PX_METRIC_DIGITS_H

#include <stdbool.h>

#include <mpfr.h>

/* lo <= x <= hi, both >= 0, with no rounding in them; lo = hi when x is known exactly. */
typedef struct px_exact_enclosure {
    mpfr_t lo, hi;
} px_exact_enclosure;

/* n / d, or its square root, correctly rounded to 8 significant decimal digits, ties to the even digit, as the nearest
 * double of that decimal. n = 0 gives 0; n > 0 over 0 gives inf. False when the enclosures do not decide the digits. */
bool px_quotient_digits(const px_exact_enclosure *n, const px_exact_enclosure *d, bool root, double *figure);

#endif
