/* Arrays rounded to a format. */

static void P(round_array)(const px_target *target, int64_t n, const REAL *x, REAL *y) {
    TARGET f = P(spread)(target);
    for (int64_t i = 0; i < n; i += LANES) {
        VEC v = P(load_some)(x + i, n - i);
        v = P(round)(&f, v, true, true);
        v = P(select)(v == v, v, P(all)((REAL)NAN));
        P(store_some)(y + i, n - i, v);
    }
}
