/* Arrays of binary64 numbers: sums and products rounded to odd, so that they can be rounded once more; numbers drawn for
 * stochastic rounding. */

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

/* chance[i] = the low `bits` (at most 52) bits of the word drawn for element + i, / 2^bits. */
static void P(chances)(int bits, uint64_t stream, uint64_t element, uint64_t step, int64_t n, double *chance) {
    P(words) e = P(elements)(element);
    for (int64_t i = 0; i < n; i += LANES, e += LANES)
        P(store_some)(chance + i, n - i, P(chance)(bits, stream, e, step));
}
