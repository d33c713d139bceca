/* Tiles of a matrix unit's results: see px_mma_tile. The caller has set the rounding mode toward zero, for the one
 * conversion that rounds; the products and the scalings are exact and do not notice.
 *
 * A block costs each vector four operations a product (two multiplications, a conversion, an addition) and some ten
 * for itself: a product of two operands is exact in binary32, times 2^(F - E) it is exact, and the conversion to an
 * integer cuts it toward zero on the grid 2^(E - F). The integers are added exactly, and rounded once. */

typedef uint8_t P(bytes) __attribute__((vector_size(PX_VECTOR_BYTES)));
#define BYTES P(bytes)
#define WORDS P(words)

enum {
    MMA_VECTORS = 4, /* of a row: their exponents are the four bytes of a word */
    MMA_COLUMNS = MMA_VECTORS * LANES,
    MMA_FIELD = 0x7f800000,
    MMA_BIAS = 127,
    MMA_HALF_EMIN = 113 << 23, /* the exponent field of 2^-14 */
    MMA_NO_TERM = -4000        /* exponent of a zero: below that of any product */
};

INLINE MASK mma_all(int32_t x) { return x - (MASK){0}; }
INLINE WORDS mma_words(uint32_t x) { return x - (WORDS){0}; }
INLINE BYTES mma_bytes(int x) { return (BYTES)mma_words((uint32_t)x * 0x01010101u); }
INLINE MASK mma_cut(VEC x) { return __builtin_convertvector(x, MASK); }
INLINE VEC mma_real(MASK x) { return __builtin_convertvector(x, VEC); }
INLINE VEC mma_power(MASK e) { return (VEC)((WORDS)(e + MMA_BIAS) << 23); }
INLINE MASK mma_choose(MASK m, MASK a, MASK b) { return (a & m) | (b & ~m); }

INLINE BYTES mma_load_bytes(const void *p) {
    BYTES v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE MASK mma_load_words(const int32_t *p) {
    MASK v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE BYTES mma_max_bytes(BYTES a, BYTES b) {
#ifdef PX_U8_MAX
    return PX_U8_MAX(a, b);
#else
    BYTES more = (BYTES)(a > b);
    return (a & more) | (b & ~more);
#endif
}

/* a - b, at least 0. */
INLINE BYTES mma_less(BYTES a, BYTES b) {
#ifdef PX_U8_LESS
    return PX_U8_LESS(a, b);
#else
    return (a - b) & (BYTES)(a > b);
#endif
}

/* ---- the end of a block ---- */

/* The sum of a block, toward zero; odd: to odd (Boldo & Melquiond 2008), so that a further rounding to a third of the
 * bits is the only one that counts. */
INLINE VEC mma_round(MASK sum, const bool odd) {
    VEC f = mma_real(sum);
    return odd ? (VEC)((MASK)f | ((mma_cut(f) != sum) & 1)) : f;
}

/* The same of s + t, which may need 33 bits: of half of it, rounded to odd, where that is large. */
INLINE VEC mma_round_two(MASK s, MASK t, const bool odd) {
    MASK differ = s ^ t, half = (s & t) + (differ >> 1);
    MASK large = (half ^ (half >> 31)) >= 1 << 28;
    VEC f = (VEC)((MASK)mma_round(half | (differ & 1), odd) + (1 << 23));
    return (VEC)mma_choose(large, (MASK)f, (MASK)mma_round((MASK)((WORDS)s + (WORDS)t), odd));
}

/* x rounded to fp16, to nearest even, whatever the rounding mode. */
INLINE VEC mma_to_half(VEC x) {
#ifdef PX_F16_ROUND_TRIP
    return PX_F16_ROUND_TRIP(x);
#else
    MASK word = (MASK)P(magnitude)(x), sign = P(sign)(x);
    MASK normal = (word + 0xfff + ((word >> 13) & 1)) & ~0x1fff;
    normal = mma_choose(normal >= (MMA_BIAS + 16) << 23, mma_all(MMA_FIELD), normal);
    MASK tiny = word < MMA_HALF_EMIN;
    VEC quanta = (VEC)(word & tiny) * 0x1p24f;
    MASK whole = mma_cut(quanta);
    VEC rest = quanta - mma_real(whole);
    whole -= (rest > 0.5f) | ((rest == 0.5f) & -(whole & 1));
    return (VEC)(mma_choose(tiny, (MASK)(mma_real(whole) * 0x1p-24f), normal) | sign);
#endif
}

/* c, where it is an infinity or NaN: with finite operands that stays. */
INLINE VEC mma_keep(VEC c, VEC x) { return (VEC)mma_choose(((MASK)c & MMA_FIELD) == MMA_FIELD, (MASK)c, (MASK)x); }

/* ---- exponents in bytes ---- */

INLINE void mma_widen(BYTES *largest, const uint8_t *b, uint32_t a) {
    *largest = mma_max_bytes(*largest, mma_load_bytes(b) + (BYTES)mma_words(a));
}

/* The exponent field of the larger magnitude; the sign of x is of no account. */
INLINE MASK mma_larger_field(MASK x, MASK y) {
#ifdef VECTOR_LARGER
    return (MASK)VECTOR_LARGER((VEC)x, (VEC)y) & MMA_FIELD;
#else
    return P(larger)(x & MMA_FIELD, y & MMA_FIELD);
#endif
}

/* scale = 2^(F - E), by the largest exponents of products and of c. Where there is no product E is too small rather
 * than too large: harmless, as c stays whole. */
INLINE void mma_align(const px_mma_tile *t, const bool half, BYTES products, const float *c, VEC *scale) {
    BYTES m = mma_max_bytes(mma_less(products, mma_bytes(t->bias)), mma_bytes(t->floor));
    for (int v = 0; v < MMA_VECTORS; v++) {
        MASK word = (MASK)P(load)(c + v * LANES), one = v < 3 ? (MASK)m << (23 - 8 * v) : (MASK)((WORDS)m >> 1);
        MASK largest = mma_larger_field(one, word);
        if (half) largest = mma_choose((word & INT32_MAX) == 0, largest, P(larger)(largest, mma_all(MMA_HALF_EMIN)));
        scale[v] = (VEC)(mma_words((uint32_t)(254 + t->fraction) << 23) - (WORDS)largest);
    }
}

/* Adds products first .. last - 1 of a block to the sums; and looks for the largest exponents of the same places one
 * block on, while there is time. */
INLINE void mma_products(const px_mma_tile *t, const float *a, const uint32_t *ea, int64_t k, int64_t n,
                         const VEC *scale, MASK *sum, BYTES *next) {
    const float *b = t->b + k * MMA_COLUMNS;
    const uint8_t *eb = (const uint8_t *)t->eb + (k + t->width) * MMA_COLUMNS;
    a += k, ea += k + t->width;
#pragma GCC unroll 2
    for (int64_t i = 0; i < n; i++, b += MMA_COLUMNS, eb += MMA_COLUMNS) {
        mma_widen(next, eb, ea[i]);
        VEC x = P(all)(a[i]);
        for (int v = 0; v < MMA_VECTORS; v++)
            sum[v] = (MASK)((WORDS)sum[v] + (WORDS)mma_cut(P(load)(b + v * LANES) * x * scale[v])); /* may wrap */
    }
}

INLINE void mma_start(const float *c, const VEC *scale, MASK *sum) {
    for (int v = 0; v < MMA_VECTORS; v++) sum[v] = mma_cut(P(load)(c + v * LANES) * scale[v]);
}

/* c = the sum of a block; twice: of two sums. */
INLINE void mma_finish(const px_mma_tile *t, const bool half, const bool twice, const VEC *scale, const MASK *first,
                       const MASK *sum, float *c) {
    VEC f[MMA_VECTORS];
    for (int v = 0; v < MMA_VECTORS; v++) {
        f[v] = twice ? mma_round_two(first[v], sum[v], half) : mma_round(sum[v], half);
        f[v] *= (VEC)(mma_words(254u << 23) - (WORDS)scale[v]); /* 2^(E - F) */
        if (half) f[v] = mma_keep(P(load)(c + v * LANES), mma_to_half(f[v]));
    }
    if (!half && t->kept != -1)
        for (int v = 0; v < MMA_VECTORS; v++) f[v] = (VEC)((MASK)f[v] & t->kept);
    for (int v = 0; v < MMA_VECTORS; v++) memcpy(c + v * LANES, &f[v], sizeof f[v]);
}

/* The block at k of row r. Rows take turns, so that what a block must wait for, its c, has long been there. */
INLINE void mma_block(const px_mma_tile *t, const bool half, const bool twice, int64_t k, int r, BYTES *next) {
    const float *a = t->a + r * t->lda;
    const uint32_t *ea = (const uint32_t *)t->ea + r * t->lda;
    float *c = t->c + r * MMA_COLUMNS;
    VEC scale[MMA_VECTORS];
    MASK sum[MMA_VECTORS] = {{0}}, first[MMA_VECTORS] = {{0}};
    BYTES later = {0};
    mma_align(t, half, *next, c, scale);
    if (twice) mma_products(t, a, ea, k, t->width / 2, scale, first, &later);
    mma_start(c, scale, sum);
    if (twice)
        mma_products(t, a, ea, k + t->width / 2, t->width / 2, scale, sum, &later);
    else
        mma_products(t, a, ea, k, t->width, scale, sum, &later);
    mma_finish(t, half, twice, scale, first, sum, c);
    *next = later;
}

INLINE void mma_tile(const px_mma_tile *given, const bool half, const bool twice) {
    const px_mma_tile t = *given;
    BYTES next[PX_MMA_ROWS] = {{0}};
    for (int r = 0; r < PX_MMA_ROWS; r++)
        for (int64_t k = 0; k < t.width; k++)
            mma_widen(&next[r], (const uint8_t *)t.eb + k * MMA_COLUMNS, ((const uint32_t *)t.ea)[r * t.lda + k]);
    for (int64_t k = 0; k < t.k; k += t.width)
        for (int r = 0; r < PX_MMA_ROWS; r++) mma_block(&t, half, twice, k, r, &next[r]);
}

static void mma_single(const px_mma_tile *t) { mma_tile(t, false, false); }
static void mma_single_twice(const px_mma_tile *t) { mma_tile(t, false, true); }
static void mma_half(const px_mma_tile *t) { mma_tile(t, true, false); }
static void mma_half_twice(const px_mma_tile *t) { mma_tile(t, true, true); }

/* ---- any finite operands, any start value, results in fp32: significands and exponents apart ---- */

/* E of a row's columns: the largest exponent of the block at k, of c and of the floor. */
INLINE void mma_largest(const px_mma_tile *t, const int32_t *ea, const int32_t *eb, const float *c, MASK *largest) {
    for (int v = 0; v < MMA_VECTORS; v++) largest[v] = mma_all(t->floor);
#pragma GCC unroll 2
    for (int64_t i = 0; i < t->width; i++, eb += MMA_COLUMNS)
        for (int v = 0; v < MMA_VECTORS; v++)
            largest[v] = P(larger)(largest[v], mma_load_words(eb + v * LANES) + mma_all(ea[i]));
    for (int v = 0; v < MMA_VECTORS; v++) {
        MASK word = (MASK)P(magnitude)(P(load)(c + v * LANES)), e = P(larger)(word >> 23, mma_all(1)) - MMA_BIAS;
        largest[v] = P(larger)(largest[v], mma_choose(word == 0, mma_all(MMA_NO_TERM), e));
    }
}

/* x 2^e for |e| < 250, toward zero: in two factors of which the first is exact unless the result is too small to
 * matter. */
INLINE VEC mma_scale(VEC x, MASK e) {
#ifdef PX_F32_SCALE
    return PX_F32_SCALE(x, mma_real(e));
#else
    MASK half = e >> 1;
    return x * mma_power(half) * mma_power(e - half);
#endif
}

/* f 2^e to fp32, toward zero but for what overflows. */
INLINE VEC mma_to_single(VEC f, MASK e, int32_t kept) {
    MASK over = ((((MASK)f & MMA_FIELD) >> 23) + e) > 254;
    MASK word = (MASK)mma_scale(f, e) & kept;
    return (VEC)mma_choose(over, MMA_FIELD | P(sign)(f), word);
}

/* Adds n products, cut. unit: F - E and the bias of binary32. Sums of words: in a row or a column with an infinity or a
 * NaN they wrap, and are replaced later. */
INLINE void mma_terms(int64_t n, const float *a, const int32_t *ea, const float *b, const int32_t *eb, const MASK *unit,
                      WORDS *sum) {
    for (int64_t i = 0; i < n; i++, b += MMA_COLUMNS, eb += MMA_COLUMNS)
        for (int v = 0; v < MMA_VECTORS; v++) {
            MASK e = unit[v] + mma_all(ea[i]) + mma_load_words(eb + v * LANES);
            VEC power = (VEC)((WORDS)P(larger)(e, mma_all(0)) << 23); /* 0 where nothing of the term is left */
            sum[v] += (WORDS)mma_cut(P(load)(b + v * LANES) * P(all)(a[i]) * power);
        }
}

INLINE void mma_general_block(const px_mma_tile *t, const bool twice, int64_t k, int r) {
    const int64_t n = twice ? t->width / 2 : 0;
    const int32_t *ea = (const int32_t *)t->ea + r * t->lda + k, *eb = (const int32_t *)t->eb + k * MMA_COLUMNS;
    const float *a = t->a + r * t->lda + k, *b = t->b + k * MMA_COLUMNS;
    float *c = t->c + r * MMA_COLUMNS;
    MASK unit[MMA_VECTORS];
    WORDS sum[MMA_VECTORS] = {{0}}, first[MMA_VECTORS] = {{0}};
    mma_largest(t, ea, eb, c, unit);
    for (int v = 0; v < MMA_VECTORS; v++) unit[v] = t->fraction + MMA_BIAS - unit[v];
    if (twice) mma_terms(n, a, ea, b, eb, unit, first);
    mma_terms(t->width - n, a + n, ea + n, b + n * MMA_COLUMNS, eb + n * MMA_COLUMNS, unit, sum);
    for (int v = 0; v < MMA_VECTORS; v++, c += LANES) {
        VEC x = P(load)(c);
        MASK e = unit[v] - MMA_BIAS, s = (MASK)(sum[v] + (WORDS)mma_cut(mma_scale(x, e)));
        VEC f = twice ? mma_round_two((MASK)first[v], s, false) : mma_round(s, false);
        f = mma_keep(x, mma_to_single(f, -e, t->kept));
        memcpy(c, &f, sizeof f);
    }
}

INLINE void mma_general_tile(const px_mma_tile *given, const bool twice) {
    const px_mma_tile t = *given;
    for (int64_t k = 0; k < t.k; k += t.width)
        for (int r = 0; r < PX_MMA_ROWS; r++) mma_general_block(&t, twice, k, r);
}

static void mma_general(const px_mma_tile *t) { mma_general_tile(t, false); }
static void mma_general_twice(const px_mma_tile *t) { mma_general_tile(t, true); }

/* ---- packing ---- */

/* The bytes of n vectors of exponents, those of zeros 0; x times a power of two. */
INLINE MASK mma_bytes_of(const px_mma_frame *f, VEC x) {
    MASK word = (MASK)P(magnitude)(x), e = P(larger)(word >> 23, mma_all(f->emin + MMA_BIAS));
    return (e - mma_all(f->least + MMA_BIAS - PX_MMA_BYTE)) & (word != 0);
}

static void mma_pack_row(const px_mma_frame *f, int64_t n, float *x, uint32_t *bytes) {
    for (int64_t i = 0; i < n; i += LANES) {
        VEC v = P(load)(x + i);
        WORDS e = (WORDS)mma_bytes_of(f, v) * 0x01010101u;
        memcpy(bytes + i, &e, sizeof e);
        v *= P(all)(f->factor);
        memcpy(x + i, &v, sizeof v);
    }
}

static void mma_pack_panel(const px_mma_frame *f, int64_t n, float *x, uint8_t *bytes) {
    for (int64_t k = 0; k < n; k++, x += MMA_COLUMNS, bytes += MMA_COLUMNS) {
        WORDS e = {0};
        for (int v = 0; v < MMA_VECTORS; v++) {
            VEC y = P(load)(x + v * LANES);
            e |= (WORDS)mma_bytes_of(f, y) << 8 * v;
            y *= P(all)(f->factor);
            memcpy(x + v * LANES, &y, sizeof y);
        }
        memcpy(bytes, &e, sizeof e);
    }
}

/* x = significand 2^exponent, the significand below 2 and at least 1 unless x is a subnormal of its format. */
static void mma_split(const px_mma_frame *f, int64_t n, const float *x, float *significand, int32_t *exponent) {
    const int emin = f->emin + f->up;
    for (int64_t i = 0; i < n; i += LANES) {
        VEC v = P(load)(x + i);
        MASK word = (MASK)P(magnitude)(v), zero = word == 0, e = P(larger)((word >> 23) - MMA_BIAS, mma_all(emin));
        MASK tiny = (word >> 23) - MMA_BIAS < emin, one = ((MASK)v & ~MMA_FIELD) | MMA_BIAS << 23;
        MASK s = mma_choose(tiny, (MASK)(v * mma_power(mma_all(emin < -126 ? 0 : -emin))), one) & ~zero;
        e = mma_choose(zero, mma_all(MMA_NO_TERM), e - f->up);
        memcpy(significand + i, &s, sizeof s);
        memcpy(exponent + i, &e, sizeof e);
    }
}

/* The largest sum of `width` significands (of 24 bits, the first bit set), one behind the other, n numbers. */
static int64_t mma_heaviest(int64_t n, int width, const float *x) {
    int64_t heaviest = 0;
    for (int64_t k = 0; k < n; k += width) {
        MASK block = {0};
        for (int64_t i = k; i < k + width; i += LANES) {
            MASK word = (MASK)P(magnitude)(P(load)(x + i));
            block += ((word & 0x7fffff) | 1 << 23) & (word != 0);
        }
        int64_t sum = 0;
        for (int j = 0; j < LANES; j++) sum += block[j];
        heaviest = sum > heaviest ? sum : heaviest;
    }
    return heaviest;
}

/* sum += part, rounded to nearest in fp32 or fp16; the mode is that. A sum of two numbers of fp16 made in binary32
 * rounds to fp16 as the exact one does: 24 >= 2 * 11 + 2 (Figueroa 1995). */
static void mma_add(int64_t n, bool half, float *sum, const float *part) {
    for (int64_t i = 0; i < n; i += LANES) {
        VEC x = P(load)(sum + i) + P(load)(part + i), y = half ? mma_to_half(x) : x;
        y = P(select)(x == x, y, P(all)(NAN));
        memcpy(sum + i, &y, sizeof y);
    }
}
#undef BYTES
#undef WORDS
