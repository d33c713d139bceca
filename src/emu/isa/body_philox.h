/* Random bits in lanes of 64 bits, for stochastic rounding. */

typedef uint64_t P(words) __attribute__((vector_size(LANES * sizeof(REAL))));

/* The low 32 bits of each, multiplied. */
INLINE P(words) P(multiply_words)(P(words) a, P(words) b) {
#ifdef VECTOR_PRODUCT
    return VECTOR_PRODUCT(a, b);
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

/* element, element + 1, ... */
INLINE P(words) P(elements)(uint64_t element) {
    P(words) e;
    for (int j = 0; j < LANES; j++) e[j] = element + (uint64_t)j;
    return e;
}

/* The low `bits` (at most 52) bits of the words drawn, / 2^bits: put into the significand of a number of [2^52, 2^53),
 * which is then taken off. */
INLINE VEC P(chance)(int bits, uint64_t stream, P(words) element, uint64_t step) {
    const uint64_t mask = ((uint64_t)1 << bits) - 1;
    const VEC offset = P(all)(0x1p52), unit = P(all)(1 / (double)((uint64_t)1 << bits));
    P(words) drawn = P(philox)(stream, element, step) & mask;
    return ((VEC)(drawn | (P(words))offset) - offset) * unit;
}
