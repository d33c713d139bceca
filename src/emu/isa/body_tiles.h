/* Tiles of results that stay in registers while k runs, in order. See px_tile.
 *
 * The emulated steps round products, sums or both to a format of p bits, 2 p < DIGITS, in two or three operations each.
 * emu/tiles.c sees to what they rely on: nothing overflows, the host's subnormals stay out of it, and what each
 * function says. */

enum { P(MOST_ROWS) = 8, P(MOST_VECTORS) = 4 };

typedef struct P(quick) {
    VEC mul_least, shift, shift_less_1;
    MASK exponents; /* added to a word, it multiplies by `shift` */
} P(quick);
#define QUICK P(quick)

INLINE QUICK P(quick_of)(const px_tile *t) {
    REAL shift = (REAL)((int64_t)1 << t->acc_shift);
    QUICK q = {.mul_least = P(all)((REAL)t->mul_least), .shift = P(all)(shift), .shift_less_1 = P(all)(shift - 1)};
    for (int i = 0; i < LANES; i++) q.exponents[i] = (WORD)t->acc_shift << (DIGITS - 1);
    return q;
}

/* The stages of a step, each for a whole row of vectors before the next: what depends on each other stands apart, so
 * that the processor's window of waiting instructions holds enough that do not. */
#define EACH_VECTOR for (int v = 0; v < vectors; v++)

/* x = a b rounded; no product is subnormal in its format. As round_quickly, with the factors in b: low = (C - 1) b and
 * high = C b, which are exact since b has at most p bits. */
INLINE void P(products_free)(const int vectors, VEC a, const VEC *low, const VEC *high, VEC *x) {
    EACH_VECTOR x[v] = a * low[v];
    EACH_VECTOR x[v] = P(fma_exact)(a, high[v], -x[v]);
}

/* x = a b rounded, where it may be subnormal. big = C |a b|, but at least 1.5 C 2^emin: its ulp is the quantum of the
 * result, so (a b + big) - big is a b on that grid, and big is an even number of quanta, for factors of at most DIGITS
 * - 1 bits together, so ties go to even. Where a b + big leaves the binade of big, upwards or downwards, a b is so near
 * to the end of its own that both grids round it there; 1.5 keeps the smallest ones inside. */
INLINE void P(products_clamped)(const int vectors, const QUICK *q, VEC a, const VEC *high, const VEC *b, VEC *x) {
    VEC big[P(MOST_VECTORS)];
    EACH_VECTOR big[v] = a * high[v];
    EACH_VECTOR big[v] = P(larger_magnitude)(big[v], q->mul_least);
    EACH_VECTOR x[v] = P(fma_exact)(a, b[v], big[v]);
    EACH_VECTOR x[v] = x[v] - big[v];
}

/* s = s + x as round_quickly. */
INLINE void P(sums_quick)(const int vectors, const QUICK *q, VEC *s, VEC *x) {
    EACH_VECTOR x[v] = s[v] + x[v];
    EACH_VECTOR s[v] = x[v] * q->shift_less_1;
    EACH_VECTOR s[v] = P(fma_exact)(x[v], q->shift, -s[v]);
}

/* The same with C x made by an integer addition to the exponent, which takes work from the multipliers. A zero becomes
 * a number below 2^-100 and stays one: harmless where all numbers are multiples of 2^-60, as it is lost in the first
 * sum that is not zero. finish takes it away. */
INLINE void P(sums_by_exponent)(const int vectors, const QUICK *q, VEC *s, VEC *x) {
    EACH_VECTOR x[v] = s[v] + x[v];
    EACH_VECTOR s[v] = x[v] * q->shift_less_1;
    EACH_VECTOR x[v] = (VEC)((MASK)x[v] + q->exponents);
    EACH_VECTOR s[v] = x[v] - s[v];
}

INLINE void P(tile_step)(const px_step step, const int vectors, const QUICK *q, VEC *s, VEC a, const VEC *b,
                         const VEC *b2) {
    VEC x[P(MOST_VECTORS)];
    switch (step) {
    case PX_STEP_NATIVE:
    case PX_STEP_QUICK: EACH_VECTOR x[v] = a * b[v]; break;
    case PX_STEP_FREE_NATIVE:
    case PX_STEP_FREE_QUICK: P(products_free)(vectors, a, b, b2, x); break;
    case PX_STEP_CLAMPED_NATIVE:
    case PX_STEP_CLAMPED_QUICK: P(products_clamped)(vectors, q, a, b, b2, x); break;
    case PX_STEP_FUSED: EACH_VECTOR s[v] = P(fma)(a, b[v], s[v]); return;
    case PX_STEPS: __builtin_unreachable();
    }
    if (step == PX_STEP_FREE_QUICK)
        P(sums_by_exponent)(vectors, q, s, x);
    else if (step == PX_STEP_QUICK || step == PX_STEP_CLAMPED_QUICK)
        P(sums_quick)(vectors, q, s, x);
    else
        EACH_VECTOR s[v] = s[v] + x[v];
}

INLINE VEC P(tile_finish)(const px_step step, VEC s) {
    if (step == PX_STEP_FREE_QUICK) return (VEC)((MASK)s & (P(magnitude)(s) >= P(all)((REAL)0x1p-60)));
    return P(select)(s == s, s, P(all)((REAL)NAN));
}

INLINE VEC P(tile_join)(const px_step step, const QUICK *q, VEC c, VEC s) {
    bool quick = step == PX_STEP_QUICK || step == PX_STEP_FREE_QUICK || step == PX_STEP_CLAMPED_QUICK;
    if (quick) P(sums_quick)(1, q, &c, &s);
    return quick ? c : c + s;
}

/* The loop, specialised by the constants that it is called with. copies: of B. */
INLINE void P(tile)(const px_tile *t, const px_step step, const int rows, const int vectors, const int copies) {
    const REAL *a = t->a, *b = t->b;
    REAL *c = t->c;
    QUICK q = P(quick_of)(t);
    VEC s[P(MOST_ROWS)][P(MOST_VECTORS)];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            s[i][v] = t->mode == PX_TILE_RESUME ? P(load)(c + i * t->ldc + v * LANES) : P(all)(0);
    for (int64_t k = 0; k < t->k; k++, a += t->k_step, b += copies * vectors * LANES) {
        VEC bk[P(MOST_VECTORS)], bk2[P(MOST_VECTORS)];
        for (int v = 0; v < vectors; v++) {
            bk[v] = P(load)(b + v * LANES);
            bk2[v] = P(load)(b + ((copies - 1) * vectors + v) * LANES);
        }
        for (int i = 0; i < rows; i++) {
            VEC ak = P(all)(a[i * t->row_step]);
            P(tile_step)(step, vectors, &q, s[i], ak, bk, bk2);
        }
    }
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++) {
            REAL *at = c + i * t->ldc + v * LANES;
            VEC x = P(tile_finish)(step, s[i][v]);
            if (t->mode == PX_TILE_ADD) x = P(tile_finish)(step, P(tile_join)(step, &q, P(load)(at), x));
            memcpy(at, &x, sizeof x);
        }
}

#define NATIVE_TILE(name, step)                                                                                        \
    static void P(tile_##name)(const px_tile *t) { P(tile)(t, step, PX_NATIVE_ROWS, PX_NATIVE_VECTORS, 1); }
#define STEP_TILE(name, step, copies)                                                                                  \
    static void P(tile_##name)(const px_tile *t) { P(tile)(t, step, PX_STEP_ROWS, PX_STEP_VECTORS, copies); }
NATIVE_TILE(native, PX_STEP_NATIVE)
NATIVE_TILE(fused, PX_STEP_FUSED)
#if DIGITS == 24
STEP_TILE(free_native, PX_STEP_FREE_NATIVE, 2)
STEP_TILE(clamped_native, PX_STEP_CLAMPED_NATIVE, 2)
STEP_TILE(quick, PX_STEP_QUICK, 1)
STEP_TILE(free_quick, PX_STEP_FREE_QUICK, 2)
STEP_TILE(clamped_quick, PX_STEP_CLAMPED_QUICK, 2)
#endif
#undef NATIVE_TILE
#undef STEP_TILE
#undef EACH_VECTOR
#undef QUICK
