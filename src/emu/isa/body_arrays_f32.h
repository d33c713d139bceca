/* Arrays of binary32 numbers: their range, and rounding to the formats with the exponents of binary32 (bf16, tf32) and to
 * fp16. */

static void P(scan)(int64_t n, const float *x, px_scan *scan) {
    const MASK all_ones = ~(MASK){0}, magnitude = (MASK)((MASK)P(all)(-0.0f) ^ all_ones);
    MASK largest = {0}, least = magnitude; /* of words; zero counts as the greatest in `least` */
    for (int64_t i = 0; i < n; i += LANES) {
        MASK word = (MASK)P(load_some)(x + i, n - i) & magnitude;
        MASK nonzero = (word + all_ones) & magnitude;
        MASK more = word > largest, less = nonzero < least;
        largest = (word & more) | (largest & ~more);
        least = (nonzero & less) | (least & ~less);
    }
    for (int i = 0; i < LANES; i++) {
        int32_t low = least[i] < magnitude[i] ? least[i] + 1 : magnitude[i], high = largest[i]; /* all zeros: a NaN */
        float smallest, greatest;
        memcpy(&smallest, &low, sizeof smallest);
        memcpy(&greatest, &high, sizeof greatest);
        if (smallest < scan->least) scan->least = smallest;
        if (!(greatest <= scan->largest)) scan->largest = high > 0x7f800000 ? (float)INFINITY : greatest;
    }
}

/* Half of the last kept bit, less one unless that bit is odd, is added to the word; a carry runs into the exponent, up to
 * the infinity. */
static void P(round_words)(int drop, int64_t n, const float *x, float *y) {
    MASK half_less_1, one = {0}, keep;
    for (int i = 0; i < LANES; i++) {
        one[i] = 1;
        half_less_1[i] = (1 << drop) / 2 - 1;
        keep[i] = -(1 << drop);
    }
    for (int64_t i = 0; i < n; i += LANES) {
        VEC v = P(load_some)(x + i, n - i);
        MASK word = (MASK)v;
        word = (word + half_less_1 + ((word >> drop) & one)) & keep;
        P(store_some)(y + i, n - i, P(select)(v == v, (VEC)word, P(all)(NAN)));
    }
}

#ifdef PX_F16_ROUND_TRIP
static void P(round_fp16)(int64_t n, const float *x, float *y) {
    for (int64_t i = 0; i < n; i += LANES) {
        VEC v = P(load_some)(x + i, n - i), half = PX_F16_ROUND_TRIP(v);
        P(store_some)(y + i, n - i, P(select)(v == v, half, P(all)(NAN)));
    }
}
#define PX_ROUND_FP16 round_fp16_f32
#else
#define PX_ROUND_FP16 NULL
#endif
