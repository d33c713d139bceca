/* Arrays of binary32 numbers: their range, the smallest of rows and columns, rounding to fp16, streams. */

typedef uint32_t P(words) __attribute__((vector_size(LANES * sizeof(REAL))));

INLINE MASK P(larger)(MASK a, MASK b) {
#ifdef PX_I32_MAX
    return PX_I32_MAX(a, b);
#else
    MASK more = a > b;
    return (a & more) | (b & ~more);
#endif
}

INLINE P(words) P(least)(P(words) a, P(words) b) {
#ifdef PX_U32_MIN
    return PX_U32_MIN(a, b);
#else
    MASK less = (MASK)(a < b);
    return (P(words))(((MASK)a & less) | ((MASK)b & ~less));
#endif
}

typedef struct P(range) {
    MASK largest;   /* words of magnitudes */
    P(words) least; /* the same less 1, so that zero is the greatest */
} P(range);

INLINE void P(extend)(P(range) * r, VEC x) {
    MASK word = (MASK)P(magnitude)(x);
    r->largest = P(larger)(r->largest, word);
    r->least = P(least)(r->least, (P(words))word - 1);
}

static void P(scan)(int64_t n, const float *x, px_scan *scan) {
    P(range) r = {.least = ~(P(words)){0}, .largest = {0}};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES) P(extend)(&r, P(load)(x + i));
    P(extend)(&r, P(load_some)(x + i, n - i));
    uint32_t low = UINT32_MAX;
    int32_t high = 0;
    for (int k = 0; k < LANES; k++) {
        low = r.least[k] < low ? r.least[k] : low;
        high = r.largest[k] > high ? r.largest[k] : high;
    }
    float smallest, greatest;
    memcpy(&greatest, &high, sizeof greatest);
    if (!(greatest <= scan->largest)) scan->largest = isnan(greatest) ? (float)INFINITY : greatest;
    if (low++ == UINT32_MAX) return;
    memcpy(&smallest, &low, sizeof smallest);
    if (smallest < scan->least) scan->least = smallest;
}

INLINE MASK P(less_1)(VEC x) {
    const MASK magnitude = ~P(sign)(P(all)(-0.0f));
    return (((MASK)x & magnitude) + ~(MASK){0}) & magnitude;
}

INLINE MASK P(smaller)(MASK x, MASK y) { return (x & (x < y)) | (y & ~(x < y)); }

static void P(least_across)(int64_t n, int width, const float *x, int64_t step, uint32_t *least) {
    for (int64_t k = 0; k < n; k++, x += step) {
        MASK all = ~P(sign)(P(all)(-0.0f));
        for (int j = 0; j < width; j += LANES) all = P(smaller)(all, P(less_1)(P(load_some)(x + j, width - j)));
        int32_t one = all[0];
        for (int i = 1; i < LANES; i++) one = all[i] < one ? all[i] : one;
        least[k] = (uint32_t)one;
    }
}

static void P(least_along)(int64_t n, int rows, const float *x, int64_t step, uint32_t *least) {
    for (int64_t k = 0; k < n; k += LANES) {
        MASK all = ~P(sign)(P(all)(-0.0f));
        for (int i = 0; i < rows; i++) all = P(smaller)(all, P(less_1)(P(load_some)(x + i * step + k, n - k)));
        memcpy(least + k, &all, (size_t)(n - k < LANES ? n - k : LANES) * sizeof *least);
    }
}

/* Long arrays go to memory past the caches. Up to the first aligned place and after the last one as usual. */
static void P(stream)(int64_t n, const float *x, float *y) {
#ifdef PX_F32_STREAM
    int64_t i = 0, head = (int64_t)(-(uintptr_t)y / sizeof *y % LANES);
    for (; i < n && i < head; i++) y[i] = x[i];
    for (; i + LANES <= n; i += LANES) PX_F32_STREAM(y + i, P(load)(x + i));
    for (; i < n; i++) y[i] = x[i];
#else
    memcpy(y, x, (size_t)n * sizeof *x);
#endif
}

static void P(stream_end)(void) {
#ifdef PX_F32_STREAM
    PX_STREAM_END();
#endif
}

#ifdef PX_F16_ROUND_TRIP
INLINE VEC P(round_half)(VEC v) { return P(select)(v == v, PX_F16_ROUND_TRIP(v), P(all)(NAN)); }

/* A block at a time: that none of it was a NaN is seen by one comparison of two vectors, when it is done. */
static void P(round_fp16)(int64_t n, const float *x, float *y) {
    enum { BLOCK = 8 };
    int64_t i = 0;
    for (; i + BLOCK * LANES <= n; i += BLOCK * LANES) {
        VEC v[BLOCK];
        unsigned nan = 0;
        for (int j = 0; j < BLOCK; j++) v[j] = P(load)(x + i + j * LANES);
        for (int j = 0; j < BLOCK; j++) P(store_some)(y + i + j * LANES, LANES, PX_F16_ROUND_TRIP(v[j]));
        for (int j = 0; j < BLOCK; j += 2) nan |= PX_F32_UNORDERED(v[j], v[j + 1]);
        for (int j = 0; nan && j < BLOCK; j++) P(store_some)(y + i + j * LANES, LANES, P(round_half)(v[j]));
    }
    for (; i < n; i += LANES) P(store_some)(y + i, n - i, P(round_half)(P(load_some)(x + i, n - i)));
}
#define PX_ROUND_FP16 round_fp16_f32
#else
#define PX_ROUND_FP16 NULL
#endif
