/* Arrays rounded to a format; rows of a matrix packed into panels. */

INLINE VEC P(rounded)(const TARGET *f, VEC v) {
    v = P(round)(f, v, true, true);
    return P(select)(v == v, v, P(all)((REAL)NAN));
}

static void P(round_array)(const px_target *target, int64_t n, const REAL *x, REAL *y) {
    TARGET f = P(spread)(target);
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) P(store_some)(y + i, LANES, P(rounded)(&f, P(load)(x + i)));
    P(store_some)(y + i, n - i, P(rounded)(&f, P(load_some)(x + i, n - i)));
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
