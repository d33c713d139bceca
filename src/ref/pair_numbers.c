#include <pthread.h>
#include <string.h>

#include <mpfr.h>

#include "base/error.h"
#include "ref/isa/isa.h"
#include "ref/lanes/kernels.h"

const px_pair_kernels *px_pair_kernels_chosen(void) {
#if defined(__x86_64__)
    const char *name = px_ref_isa_chosen()->name;
    if (strcmp(name, px_pair_avx512.name) == 0) return &px_pair_avx512;
    if (strcmp(name, px_pair_avx2.name) == 0) return &px_pair_avx2;
#endif
    return &px_pair_portable;
}

static px_pair_constants numbers;

/* x as a pair; what is left of x is its rest. */
static void split(mpfr_t x, double *hi, double *lo) {
    *hi = mpfr_get_d(x, MPFR_RNDN);
    mpfr_sub_d(x, x, *hi, MPFR_RNDN);
    *lo = mpfr_get_d(x, MPFR_RNDN);
}

static void make_exponential(mpfr_t x, mpfr_t y) {
    for (int j = 0; j < 32; j++) {
        mpfr_set_d(x, j / 32.0, MPFR_RNDN);
        mpfr_exp2(x, x, MPFR_RNDN);
        split(x, &numbers.exp_hi[j], &numbers.exp_lo[j]);
    }
    mpfr_const_log2(x, MPFR_RNDN);
    mpfr_div_ui(x, x, 32, MPFR_RNDN);
    for (int i = 0; i < 2; i++) { /* short enough for products with |k| < 2^16 to be exact */
        mpfr_set_prec(y, 36);
        mpfr_set(y, x, MPFR_RNDN);
        numbers.ln2[i] = mpfr_get_d(y, MPFR_RNDN);
        mpfr_sub(x, x, y, MPFR_RNDN);
    }
    numbers.ln2[2] = mpfr_get_d(x, MPFR_RNDN);
    mpfr_set_prec(y, mpfr_get_prec(x));
    mpfr_set_ui(y, 1, MPFR_RNDN);
    for (int j = 0; j < 12; j++) {
        if (j > 0) mpfr_div_ui(y, y, (unsigned long)j, MPFR_RNDN);
        mpfr_set(x, y, MPFR_RNDN);
        split(x, &numbers.factorial_hi[j], &numbers.factorial_lo[j]);
    }
}

static void make_numbers(void) {
    mpfr_t x, y;
    mpfr_inits2(300, x, y, (mpfr_ptr)NULL);
    make_exponential(x, y);
    mpfr_const_pi(x, MPFR_RNDN);
    mpfr_ui_div(x, 8, x, MPFR_RNDN);
    mpfr_sqrt(x, x, MPFR_RNDN); /* 2 sqrt(2/pi) */
    mpfr_set(y, x, MPFR_RNDN);
    split(y, &numbers.gelu1[0], &numbers.gelu1[1]);
    mpfr_set_str(y, "0.044715", 10, MPFR_RNDN);
    mpfr_mul(x, x, y, MPFR_RNDN);
    split(x, &numbers.gelu3[0], &numbers.gelu3[1]);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
}

const px_pair_constants *px_pair_numbers(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    PX_ASSERT(pthread_once(&once, make_numbers) == 0);
    return &numbers;
}
