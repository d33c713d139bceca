/* Arrays of binary64 numbers: sums and products rounded to odd, so that they can be rounded once more; numbers drawn for
 * stochastic rounding. */

typedef uint64_t P(words) __attribute__((vector_size(LANES * sizeof(REAL))));

/* Lanes in which an infinity or a NaN goes in, and so comes out. */
INLINE MASK P(is_special)(VEC a, VEC b) { return (a - a != 0) | (b - b != 0); }

/* False when a sum overflows: y is of no use then. down: zeros from numbers of unlike signs are negative. */
static bool P(add_to_odd)(bool down, int64_t n, const double *a, const double *b, double *y) {
    MASK good = ~(MASK){0}, signs = down ? P(sign)(P(all)(-0.0)) : (MASK){0};
    for (int64_t i = 0; i < n; i += LANES) {
        VEC p = P(load_some)(a + i, n - i), q = P(load_some)(b + i, n - i), s = P(sum_to_odd)(p, q);
        good &= (P(magnitude)(s) < P(all)(0x1p1000)) | P(is_special)(p, q);
        s = (VEC)((MASK)s | ((s == 0) & ((MASK)p | (MASK)q) & signs));
        P(store_some)(y + i, n - i, s);
    }
    for (int j = 0; j < LANES; j++)
        if (!good[j]) return false;
    return true;
}

/* False when a product over- or underflows, or may have an error that is not a number: y is of no use then. */
static bool P(multiply_to_odd)(int64_t n, const double *a, const double *b, double *y) {
    MASK good = ~(MASK){0};
    for (int64_t i = 0; i < n; i += LANES) {
        VEC p = P(load_some)(a + i, n - i), q = P(load_some)(b + i, n - i), x = p * q, m = P(magnitude)(x);
        good &= ((m > P(all)(0x1p-960)) & (m < P(all)(0x1p1000))) | (p == 0) | (q == 0) | P(is_special)(p, q);
        P(store_some)(y + i, n - i, P(to_odd)(x, P(fma)(p, q, -x)));
    }
    for (int j = 0; j < LANES; j++)
        if (!good[j]) return false;
    return true;
}

/* The low 32 bits of each, multiplied. */
INLINE P(words) P(multiply_words)(P(words) a, P(words) b) {
#ifdef PX_U32_PRODUCT
    return PX_U32_PRODUCT(a, b);
#else
    return (a & 0xffffffff) * (b & 0xffffffff);
#endif
}

/* Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC11), as px_bits: key `stream`, counter (element, step). Words of 32 bits
 * in lanes of 64, whose upper halves are of no account. */
INLINE P(words) P(philox)(uint64_t stream, P(words) element, uint64_t step) {
    const P(words) zero = {0}, first = zero + 0xD2511F53, second = zero + 0xCD9E8D57;
    P(words) c0 = zero + step, c1 = zero + (step >> 32), c2 = element, c3 = element >> 32;
    uint64_t k0 = stream, k1 = stream >> 32;
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
        P(words) x = P(multiply_words)(c0, first), y = P(multiply_words)(c2, second);
        c0 = (y >> 32) ^ c1 ^ k0, c1 = y;
        c2 = (x >> 32) ^ c3 ^ k1, c3 = x;
    }
    return c1 << 32 | (c0 & 0xffffffff);
}

/* chance[i] = the low `bits` (at most 52) of the word drawn for element + i, / 2^bits: put into the significand of a number
 * of [2^52, 2^53), which is then taken off. */
static void P(chances)(int bits, uint64_t stream, uint64_t element, uint64_t step, int64_t n, double *chance) {
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    const VEC offset = P(all)(0x1p52), unit = P(all)(1 / (double)((uint64_t)1 << bits));
    P(words) e;
    for (int j = 0; j < LANES; j++) e[j] = element + (uint64_t)j;
    for (int64_t i = 0; i < n; i += LANES, e += LANES) {
        P(words) drawn = P(philox)(stream, e, step) & mask;
        P(store_some)(chance + i, n - i, ((VEC)(drawn | (P(words))offset) - offset) * unit);
    }
}
