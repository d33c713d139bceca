#include "ref/accumulate.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

__extension__ typedef __int128 i128;

enum { FRACTION_BITS = 52, BIAS = 1075, E_TOP = 2047, LOWEST = 2 - 2 * BIAS /* exponent of the last bit of limb 0 */ };

px_num px_num_of(double x) {
    uint64_t word;
    memcpy(&word, &x, sizeof word);
    int field = (int)(word >> FRACTION_BITS & E_TOP);
    uint64_t fraction = word & (((uint64_t)1 << FRACTION_BITS) - 1);
    px_num num = {.m = fraction, .e = field ? field : 1, .negative = word >> 63 != 0};
    if (field == E_TOP) {
        num.m = 0;
        num.e = 1;
        num.kind = fraction ? PX_NUM_NAN : PX_NUM_INF;
    } else if (field) {
        num.m |= (uint64_t)1 << FRACTION_BITS;
    }
    return num;
}

static int position(int e_sum) { return e_sum - 2; }

void px_accumulator_start(px_accumulator *s, int e_min, int e_max) {
    PX_ASSERT(e_min >= 2 && e_min <= e_max && e_max < 2 * E_TOP);
    s->low = position(e_min) / 64;
    s->high = position(e_max) / 64 + 3; /* a product spans three limbs; the fourth takes the carries */
    size_t bytes = (size_t)(s->high - s->low + 1) * sizeof(px_u128);
    for (int sign = 0; sign < 2; sign++) memset(&s->limb[sign][s->low], 0, bytes);
}

void px_accumulator_add(px_accumulator *s, int64_t n, const px_num *a, const px_num *b, int b_step) {
    for (int64_t t = 0; t < n; t++, a++, b += b_step) {
        if (a->m == 0 || b->m == 0) continue;
        px_u128 product = (px_u128)a->m * b->m;
        uint64_t lo = (uint64_t)product, hi = (uint64_t)(product >> 64);
        int at = position(a->e + b->e), shift = at & 63;
        px_u128 *limb = s->limb[a->negative ^ b->negative] + (at >> 6);
        limb[0] += lo << shift;
        limb[1] += hi << shift | lo >> 1 >> (63 - shift);
        limb[2] += hi >> 1 >> (63 - shift);
    }
}

/* x = (-1)^negative times the words, least significant first, in units of 2^exponent. */
static void set_words(mpfr_t x, const uint64_t *words, int n, int exponent, bool negative) {
    _Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NUMB_BITS == 64, "words are GMP's limbs");
    while (n > 0 && words[n - 1] == 0) n--;
    mpz_t z;
    mpz_roinit_n(z, words, negative ? -n : n);
    mpfr_set_prec(x, n > 0 ? 64 * n : MPFR_PREC_MIN);
    mpfr_set_z_2exp(x, z, exponent, MPFR_RNDN);
}

/* Settles the carries of positive + sign negative into words, in two's complement. Is the total below zero? */
static bool carry(const px_accumulator *s, int sign, uint64_t words[PX_LIMBS]) {
    i128 rest = 0;
    for (int i = s->low; i <= s->high; i++) {
        i128 negative = (i128)s->limb[1][i];
        rest += (i128)s->limb[0][i] + (sign < 0 ? -negative : negative);
        words[i - s->low] = (uint64_t)rest;
        rest >>= 64;
    }
    return rest < 0;
}

void px_accumulator_get(const px_accumulator *s, mpfr_t sum, mpfr_t magnitudes) {
    uint64_t words[PX_LIMBS];
    int n = s->high - s->low + 1, exponent = LOWEST + 64 * s->low;
    bool negative = carry(s, -1, words);
    if (negative) mpn_neg((mp_limb_t *)words, (const mp_limb_t *)words, n);
    set_words(sum, words, n, exponent, negative);
    carry(s, 1, words);
    set_words(magnitudes, words, n, exponent, false);
}
