/* Vectors of a host format (REAL), and rounding to other formats in them. bodies.h defines REAL, WORD (an integer of
 * its size), DIGITS (its p), LANES, VECTORS (of one row), P(name) (a name of this instance), SCALAR_FMA, and VECTOR_FMA
 * and VECTOR_MAX where the machine has them. Everything is static and inlined. */

typedef REAL P(vec) __attribute__((vector_size(LANES * sizeof(REAL))));
typedef WORD P(mask) __attribute__((vector_size(LANES * sizeof(REAL))));

INLINE VEC P(load)(const REAL *p) {
    VEC v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The first n numbers, or all there is room for; zeros beyond. */
INLINE VEC P(load_some)(const REAL *p, int64_t n) {
    if (n >= LANES) return P(load)(p);
    VEC v = {0};
    memcpy(&v, p, (size_t)n * sizeof *p);
    return v;
}

INLINE void P(store_some)(REAL *p, int64_t n, VEC v) {
    if (n >= LANES)
        memcpy(p, &v, sizeof v);
    else
        memcpy(p, &v, (size_t)n * sizeof *p);
}

INLINE VEC P(all)(REAL x) { return x - (VEC){0}; } /* gcc knows that x - 0 is x */

INLINE MASK P(sign)(VEC x) { return (MASK)x & (MASK)-P(all)(0); }
INLINE VEC P(magnitude)(VEC x) { return (VEC)((MASK)x & ~(MASK)-P(all)(0)); }
INLINE VEC P(select)(MASK m, VEC a, VEC b) { return (VEC)(((MASK)a & m) | ((MASK)b & ~m)); }

INLINE VEC P(fma)(VEC a, VEC b, VEC c) {
#ifdef VECTOR_FMA
    return VECTOR_FMA(a, b, c);
#else
    VEC r;
    for (int i = 0; i < LANES; i++) r[i] = SCALAR_FMA(a[i], b[i], c[i]);
    return r;
#endif
}

/* a b + c where a b is exact: a fused operation is not needed, but saves one. */
INLINE VEC P(fma_exact)(VEC a, VEC b, VEC c) {
#ifdef VECTOR_FMA
    return VECTOR_FMA(a, b, c);
#else
    return a * b + c;
#endif
}

/* The same and others with a number for every lane, which in 512 bits the operation itself spreads (simd.h). */
INLINE VEC P(mul_one)(const REAL *a, VEC b) {
#ifdef VECTOR_ONE
    return VECTOR_ONE(mul)(a, b);
#else
    return P(all)(*a) * b;
#endif
}

INLINE VEC P(fma_one)(const REAL *a, VEC b, VEC c) {
#ifdef VECTOR_ONE
    return VECTOR_ONE(fma)(a, b, c);
#else
    return P(fma)(P(all)(*a), b, c);
#endif
}

/* a b - c where a b is exact. */
INLINE VEC P(fms_exact_one)(const REAL *a, VEC b, VEC c) {
#ifdef VECTOR_ONE
    return VECTOR_ONE(fms)(a, b, c);
#else
    return P(fma_exact)(P(all)(*a), b, -c);
#endif
}

INLINE VEC P(max)(VEC a, VEC b) {
#ifdef VECTOR_MAX
    return VECTOR_MAX(a, b);
#else
    return P(select)(a > b, a, b);
#endif
}

/* max(|x|, least), for least > 0. */
INLINE VEC P(larger_magnitude)(VEC x, VEC least) {
#ifdef VECTOR_LARGER
    return VECTOR_LARGER(x, least);
#else
    return P(max)(P(magnitude)(x), least);
#endif
}

/* A format's constants in every lane. scale: the power of two of x times this has the wanted quantum as its ulp.
 * quantum: the same power times this is the quantum. shift: C of round_quickly. */
typedef struct P(target) {
    VEC least, flush_below, scale, quantum, shift, shift_less_1, max_finite, beyond, beneath, at_infinity;
} P(target);

INLINE TARGET P(spread)(const px_target *f) {
    return (TARGET){.least = P(all)((REAL)f->least),
                    .flush_below = P(all)((REAL)f->flush_below),
                    .scale = P(all)((REAL)1.5 * (REAL)((int64_t)1 << (DIGITS - f->p))),
                    .quantum = P(all)((REAL)2 / (REAL)((int64_t)1 << f->p)),
                    .shift = P(all)((REAL)((int64_t)1 << (DIGITS - f->p))),
                    .shift_less_1 = P(all)((REAL)(((int64_t)1 << (DIGITS - f->p)) - 1)),
                    .max_finite = P(all)((REAL)f->max_finite),
                    .beyond = P(all)((REAL)f->beyond),
                    .beneath = P(all)((REAL)f->beyond),
                    .at_infinity = P(all)((REAL)f->at_infinity)};
}

/* x rounded to nearest even; directed: as the host rounds, toward zero, up or down. With x of exponent e, big = 1.5
 * 2^(DIGITS - p + e), of the sign of x, makes ulp(big) = 2^(e - p + 1); for p <= DIGITS - 2, |x| < 2^(e + 1) leaves x +
 * big in the binade of big, whose grid, an even multiple of the quantum away, is the wanted one; the difference is
 * exact. Zeros come out as +0 unless `signs` (in nearest_even); `special` also treats what does not fit. */
INLINE VEC P(round_by_host)(const TARGET *f, VEC x, bool signs, bool special, bool directed) {
    VEC power = (VEC)((MASK)x & (MASK)P(all)((REAL)INFINITY));
    VEC big = P(max)(power, f->least) * f->scale;
    if (directed) big = (VEC)((MASK)big | P(sign)(x));
    VEC y = (x + big) - big;
    if (directed) y = P(magnitude)(y);
    if (signs) y = (VEC)((MASK)y | P(sign)(x));
    if (!special) return y;
    y = (VEC)((MASK)y & ~(P(magnitude)(y) < f->flush_below));
    VEC beyond = directed ? P(select)(x < 0, f->beneath, f->beyond) : f->beyond;
    VEC other = P(select)(P(magnitude)(x) == P(all)((REAL)INFINITY), f->at_infinity, beyond);
    VEC result = P(select)(P(magnitude)(y) <= f->max_finite, y, other); /* y is NaN where big overflowed */
    result = (VEC)((MASK)result | P(sign)(x));
    return P(select)(x == x, result, x);
}

INLINE VEC P(round)(const TARGET *f, VEC x, bool signs, bool special) {
    return P(round_by_host)(f, x, signs, special, false);
}

/* The same in two operations, for 2 p < DIGITS, where C x (C = 2^(DIGITS - p)) does not overflow and x is no subnormal
 * of the host: C x is a multiple of the quantum q, so C x - rnd((C - 1) x) = C x - rnd(C x - x) is x rounded on the
 * grid of (C - 1) x, which is q, ties to even since a tie makes C x an even multiple of q. Where (C - 1) x lies in the
 * binade below that of C x the grid is q / 2, but there x is within q / 4 of a power of two, which both grids round it
 * to. Numbers of the format stay as they are, its subnormals too. */
INLINE VEC P(round_quickly)(const TARGET *f, VEC x, bool signs) {
    VEC y = P(fma_exact)(x, f->shift, -(x * f->shift_less_1));
    return signs ? (VEC)((MASK)y | P(sign)(x)) : y;
}

/* The magnitude of x rounded in any mode: to nearest even first, as above, whose error e is exact; then, where the mode
 * wants the other neighbour, one quantum further. The last bit of m + big is the parity of the nearest. chance: the
 * drawn number / 2^r, for stochastic rounding; the fraction d / q, cut to r bits, and chance are together 1 or more
 * just where d is at least (1 - chance) q. */
INLINE VEC P(magnitude_rounded)(const TARGET *f, const px_rounding_mode mode, VEC x, VEC chance) {
    VEC m = P(magnitude)(x), base = P(max)((VEC)((MASK)x & (MASK)P(all)((REAL)INFINITY)), f->least);
    VEC big = base * f->scale, sum = m + big, y = sum - big, e = m - y, q = base * f->quantum;
    VEC none = P(all)(0), down = y - P(select)(e < 0, q, none), up = y + P(select)(e > 0, q, none);
    MASK even = ((MASK)sum & 1) - 1;
    switch (mode) {
    case PX_NEAREST_EVEN: return y;
    case PX_NEAREST_AWAY: return y + P(select)(e + e == q, q, none);
    case PX_TOWARD_ZERO: return down;
    case PX_UP: return P(select)(x > 0, up, down);
    case PX_DOWN: return P(select)(x < 0, up, down);
    case PX_ODD: return P(select)(even, P(select)(e > 0, up, down), y);
    case PX_STOCHASTIC: return down + P(select)(m - down >= q * (1 - chance), q, none);
    case PX_ROUNDING_COUNT: break;
    }
    __builtin_unreachable();
}

/* x rounded in any mode, whatever it is; the one NaN. Beyond the largest finite number only the modes that round
 * outwards follow the format's rule. */
INLINE VEC P(round_as)(const TARGET *f, const px_rounding_mode mode, VEC x, VEC chance) {
    VEC y = P(magnitude_rounded)(f, mode, x, chance), beyond = f->beyond;
    if (mode == PX_TOWARD_ZERO || mode == PX_ODD) beyond = f->max_finite;
    if (mode == PX_UP) beyond = P(select)(x > 0, beyond, f->max_finite);
    if (mode == PX_DOWN) beyond = P(select)(x < 0, beyond, f->max_finite);
    y = (VEC)((MASK)y & ~(y < f->flush_below));
    VEC other = P(select)(P(magnitude)(x) == P(all)((REAL)INFINITY), f->at_infinity, beyond);
    y = P(select)(y <= f->max_finite, y, other); /* y is NaN where big overflowed */
    return P(select)((x == x) & (y == y), (VEC)((MASK)y | P(sign)(x)), P(all)((REAL)NAN));
}

/* x rounded to a format with the exponents of the host, of which `drop` bits of the significand go, in any mode but
 * stochastic: an addition to the word, whose carry runs into the exponent, up to the infinity. */
INLINE VEC P(round_word)(const px_rounding_mode mode, int drop, VEC x) {
    WORD quantum = (WORD)1 << drop;
    MASK word = (MASK)x, negative = word < 0;
    switch (mode) {
    case PX_NEAREST_EVEN: word += quantum / 2 - 1 + ((word >> drop) & 1); break;
    case PX_NEAREST_AWAY: word += quantum / 2; break;
    case PX_UP: word += ~negative & (quantum - 1); break;
    case PX_DOWN: word += negative & (quantum - 1); break;
    case PX_ODD: word |= ((word & (quantum - 1)) != 0) & quantum; break;
    default: break;
    }
    return P(select)(x == x, (VEC)(word & -quantum), P(all)((REAL)NAN));
}

/* a + b rounded to odd (Boldo & Melquiond 2008) by the exact error of the sum (Knuth's two-sum): where it is inexact
 * and its last bit is 0, the neighbour on the side of the error. */
INLINE VEC P(to_odd)(VEC s, VEC error) {
    MASK inexact = (error < 0) | (error > 0); /* NaN: an infinity, left alone */
    MASK step = (((MASK)s ^ (MASK)error) < 0) | 1;
    MASK even = ((MASK)s & 1) - 1;
    return (VEC)((MASK)s + (step & even & inexact));
}

INLINE VEC P(sum_to_odd)(VEC a, VEC b) {
    VEC s = a + b, b_part = s - a;
    return P(to_odd)(s, (a - (s - b_part)) + (b - b_part));
}
