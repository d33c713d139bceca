/* Tiles of results that stay in registers while k runs, in order. See px_tile.
 *
 * The emulated steps round products, sums or both to a format of p bits, 2 p < DIGITS, in two or three operations each.
 * emu/tiles.c sees to what they rely on: nothing overflows, the host's subnormals stay out of it, and what each
 * function says. */

enum { P(MOST_ROWS) = 8, P(MOST_VECTORS) = 4 };

INLINE REAL P(power_of_two)(int64_t e) {
    WORD word = (WORD)(e + (DIGITS == 24 ? 127 : 1023)) << (DIGITS - 1);
    REAL x;
    memcpy(&x, &word, sizeof x);
    return x;
}

/* The stages of a step, each for a whole row of vectors before the next: what depends on each other stands apart, so
 * that the processor's window of waiting instructions holds enough that do not. */
#define EACH_VECTOR _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++)
#define EACH_ROW    _Pragma("GCC unroll 8") for (int i = 0; i < rows; i++)

/* x = a b rounded; no product is subnormal in its format. As round_quickly, with the factors in b: low = (C - 1) b and
 * high = C b, which are exact since b has at most p bits. */
INLINE void P(products_free)(const int vectors, const REAL *a, const VEC *low, const VEC *high, VEC *x) {
    EACH_VECTOR x[v] = P(mul_one)(a, low[v]);
    EACH_VECTOR x[v] = P(fms_exact_one)(a, high[v], x[v]);
}

/* x = a b rounded, where it may be subnormal. big = C |a b|, but at least 1.5 C 2^emin: its ulp is the quantum of the
 * result, so (a b + big) - big is a b on that grid, and big is an even number of quanta, for factors of at most DIGITS
 * - 1 bits together, so ties go to even. Where a b + big leaves the binade of big, upwards or downwards, a b is so near
 * to the end of its own that both grids round it there; 1.5 keeps the smallest ones inside. */
INLINE void P(products_clamped)(const int vectors, VEC least, VEC a, const VEC *b, const VEC *high, VEC *x) {
    VEC big[P(MOST_VECTORS)];
    EACH_VECTOR big[v] = a * high[v];
    EACH_VECTOR big[v] = P(larger_magnitude)(big[v], least);
    EACH_VECTOR x[v] = P(fma_exact)(a, b[v], big[v]);
    EACH_VECTOR x[v] = x[v] - big[v];
}

/* s = (s + x) / C, the sum rounded: round_quickly of x / C, so that C times it is at hand; keep = (C - 1) / C. What is
 * added next has the factor 1 / C in it. */
INLINE void P(sums_drifting)(const int vectors, VEC keep, VEC *s, VEC *x) {
    EACH_VECTOR x[v] = s[v] + x[v];
    EACH_VECTOR s[v] = x[v] * keep;
    EACH_VECTOR s[v] = x[v] - s[v];
}

#define GUARDED(step)        ((step) == PX_STEP_GUARDED_NATIVE || (step) == PX_STEP_GUARDED_QUICK)
#define CLAMPED(step)        ((step) == PX_STEP_CLAMPED_NATIVE || (step) == PX_STEP_CLAMPED_QUICK)
#define ROUNDS_PRODUCT(step) ((step) != PX_STEP_NATIVE && (step) != PX_STEP_FUSED && (step) != PX_STEP_QUICK)
#define ROUNDS_SUM(step)                                                                                               \
    ((step) == PX_STEP_QUICK || (step) == PX_STEP_FREE_QUICK || (step) == PX_STEP_GUARDED_QUICK ||                     \
     (step) == PX_STEP_CLAMPED_QUICK)

INLINE void P(products)(const px_step step, const int vectors, const VEC *least, const REAL *a, const VEC *b,
                        const VEC *b2, VEC *x) {
    VEC plain[P(MOST_VECTORS)];
    if (!ROUNDS_PRODUCT(step)) {
        EACH_VECTOR x[v] = P(mul_one)(a, b[v]);
    } else if (least) {
        EACH_VECTOR plain[v] = CLAMPED(step) ? b[v] : b2[v] - b[v];
        P(products_clamped)(vectors, *least, P(all)(*a), plain, b2, x);
    } else {
        P(products_free)(vectors, a, b, b2, x);
    }
}

/* The terms that begin at a and b, for all rows. least: of clamped products, else NULL. */
INLINE void P(tile_step)(const px_step step, const int rows, const int vectors, const REAL *a, int64_t row_step,
                         const REAL *b, const VEC *least, VEC keep, VEC s[][P(MOST_VECTORS)]) {
    VEC bk[P(MOST_VECTORS)], bk2[P(MOST_VECTORS)], x[P(MOST_VECTORS)];
    EACH_ROW {
        if (PX_STEP_RELOADS && ROUNDS_PRODUCT(step)) __asm__("" : "+r"(b)); /* as if b pointed elsewhere */
        EACH_VECTOR bk[v] = P(load)(b + v * LANES);
        EACH_VECTOR bk2[v] = P(load)(b + ((ROUNDS_PRODUCT(step) ? vectors : 0) + v) * LANES);
        const REAL *ak = a + i * row_step;
        if (step == PX_STEP_FUSED) {
            EACH_VECTOR s[i][v] = P(fma_one)(ak, bk[v], s[i][v]);
            continue;
        }
        P(products)(step, vectors, least, ak, bk, bk2, x);
        if (ROUNDS_SUM(step))
            P(sums_drifting)(vectors, keep, s[i], x);
        else
            EACH_VECTOR s[i][v] = s[i][v] + x[v];
    }
}

/* Terms k .. k + n - 1, clamped only where a product may be subnormal. */
INLINE void P(tile_steps)(const px_step step, const int rows, const int vectors, const px_tile *t, int64_t k, int64_t n,
                          VEC s[][P(MOST_VECTORS)]) {
    const int b_step = (ROUNDS_PRODUCT(step) ? 2 : 1) * vectors * LANES;
    const REAL *a = (const REAL *)t->a + k * t->k_step, *b = (const REAL *)t->b + k * b_step;
    const int64_t row_step = t->row_step, k_step = t->k_step;
    const VEC keep = P(all)(1 - P(power_of_two)(-t->acc_shift));
    for (int64_t j = 0; j < n; j++, a += k_step, b += b_step) {
        bool small = GUARDED(step) && __builtin_expect(t->least_a[k + j] + t->least_b[k + j] < t->least_limit, 0);
        if (CLAMPED(step) || small) {
            VEC least = P(all)((REAL)t->mul_least[ROUNDS_SUM(step) ? j : 0]);
            const REAL *here = a;
            __asm__("" : "+r"(here)); /* or gcc loads all of A before it branches, and spills sums */
            P(tile_step)(step, rows, vectors, here, row_step, b, &least, keep, s);
        } else {
            P(tile_step)(step, rows, vectors, a, row_step, b, NULL, keep, s);
        }
    }
}

INLINE void P(tile_store)(const px_step step, const px_tile *t, REAL *at, VEC s) {
    REAL shift = P(power_of_two)(t->acc_shift);
    if (t->mode == PX_TILE_ADD) {
        s = P(load)(at) + s;
        if (ROUNDS_SUM(step)) s = P(fma_exact)(s, P(all)(shift), -(s * (shift - 1)));
    }
    if (!ROUNDS_SUM(step)) s = P(select)(s == s, s, P(all)((REAL)NAN)); /* else nothing overflows */
    memcpy(at, &s, sizeof s);
}

/* The loop, specialised by the constants that it is called with. */
INLINE void P(tile)(const px_tile *t, const px_step step, const int rows, const int vectors) {
    VEC s[P(MOST_ROWS)][P(MOST_VECTORS)];
    REAL *c = t->c, scale = P(power_of_two)(t->scale), back = P(power_of_two)(-t->scale);
    EACH_ROW
    EACH_VECTOR s[i][v] = t->mode == PX_TILE_RESUME ? P(load)(c + i * t->ldc + v * LANES) * scale : P(all)(0);
    if (ROUNDS_SUM(step))
        for (int64_t k = 0; k < t->k; k += t->period) {
            int64_t n = t->k - k < t->period ? t->k - k : t->period;
            P(tile_steps)(step, rows, vectors, t, k, n, s);
            REAL drifted = P(power_of_two)(t->acc_shift * n);
            EACH_ROW EACH_VECTOR s[i][v] = s[i][v] * drifted;
        }
    else
        P(tile_steps)(step, rows, vectors, t, 0, t->k, s);
    EACH_ROW EACH_VECTOR P(tile_store)(step, t, c + i * t->ldc + v * LANES, s[i][v] * back);
}

#define TILE(name, step, rows, vectors)                                                                                \
    static void P(tile_##name)(const px_tile *t) { P(tile)(t, step, rows, vectors); }
TILE(native, PX_STEP_NATIVE, PX_NATIVE_ROWS, PX_NATIVE_VECTORS)
TILE(fused, PX_STEP_FUSED, PX_NATIVE_ROWS, PX_NATIVE_VECTORS)
#if DIGITS == 24
TILE(free_native, PX_STEP_FREE_NATIVE, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(guarded_native, PX_STEP_GUARDED_NATIVE, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(clamped_native, PX_STEP_CLAMPED_NATIVE, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(quick, PX_STEP_QUICK, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(free_quick, PX_STEP_FREE_QUICK, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(guarded_quick, PX_STEP_GUARDED_QUICK, PX_STEP_ROWS, PX_STEP_VECTORS)
TILE(clamped_quick, PX_STEP_CLAMPED_QUICK, PX_STEP_ROWS, PX_STEP_VECTORS)
#endif
#undef TILE
#undef ROUNDS_PRODUCT
#undef ROUNDS_SUM
#undef GUARDED
#undef CLAMPED
#undef EACH_VECTOR
#undef EACH_ROW
