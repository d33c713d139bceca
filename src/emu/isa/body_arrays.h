/* Arrays rounded to a format, added, multiplied; rows of a matrix packed into panels. */

INLINE void P(round_loop)(const px_target *target, const px_rounding_mode mode, int64_t n, const REAL *x,
                          const REAL *chance, REAL *y) {
    TARGET f = P(spread)(target);
    for (int64_t i = 0; i < n; i += LANES) {
        VEC c = mode == PX_STOCHASTIC ? P(load_some)(chance + i, n - i) : P(all)(0);
        P(store_some)(y + i, n - i, P(round_as)(&f, mode, P(load_some)(x + i, n - i), c));
    }
}

static void P(round_array)(const px_target *target, int mode, int64_t n, const REAL *x, const REAL *chance, REAL *y) {
    switch ((px_rounding_mode)mode) {
#define PX_CASE(id, name, text)                                                                                        \
    case id: P(round_loop)(target, id, n, x, chance, y); return;
        PX_ROUNDING_LIST(PX_CASE)
#undef PX_CASE
    case PX_ROUNDING_COUNT: break;
    }
}

INLINE void P(words_loop)(const px_rounding_mode mode, int drop, int64_t n, const REAL *x, REAL *y) {
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) P(store_some)(y + i, LANES, P(round_word)(mode, drop, P(load)(x + i)));
    P(store_some)(y + i, n - i, P(round_word)(mode, drop, P(load_some)(x + i, n - i)));
}

static void P(round_words)(int drop, int mode, int64_t n, const REAL *x, REAL *y) {
    switch (drop > 0 ? (px_rounding_mode)mode : PX_TOWARD_ZERO) {
#define PX_CASE(id, name, text)                                                                                        \
    case id: P(words_loop)(id, drop, n, x, y); return;
        PX_ROUNDING_LIST(PX_CASE)
#undef PX_CASE
    case PX_ROUNDING_COUNT: break;
    }
}

static void P(add_arrays)(int64_t n, const REAL *a, const REAL *b, REAL *y) {
    for (int64_t i = 0; i < n; i += LANES) {
        VEC x = P(load_some)(a + i, n - i) + P(load_some)(b + i, n - i);
        P(store_some)(y + i, n - i, P(select)(x == x, x, P(all)((REAL)NAN)));
    }
}

static void P(multiply_arrays)(int64_t n, const REAL *a, const REAL *b, REAL *y) {
    for (int64_t i = 0; i < n; i += LANES) {
        VEC x = P(load_some)(a + i, n - i) * P(load_some)(b + i, n - i);
        P(store_some)(y + i, n - i, P(select)(x == x, x, P(all)((REAL)NAN)));
    }
}

static void P(pack)(int64_t n, int width, int copies, int period, const double *factors, const REAL *from, int64_t step,
                    REAL *to) {
    for (int64_t k = 0, phase = 0; k < n; k++, from += step, phase = phase + 1 < period ? phase + 1 : 0)
        for (int copy = 0; copy < copies; copy++) {
            VEC f = P(all)((REAL)factors[phase * copies + copy]);
            for (int j = 0; j < width; j += LANES, to += LANES) {
                VEC x = P(load)(from + j) * f;
                memcpy(to, &x, sizeof x);
            }
        }
}
