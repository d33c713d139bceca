/* Tiles of a matrix unit's results: see px_mma_tile. The caller has set the rounding mode toward zero, for the one
 * conversion that rounds; the products and the scalings are exact and do not notice.
 *
 * A block costs each vector four operations a product (two multiplications, a conversion, an addition) and some ten
 * for itself: a product of two operands is exact in binary32, times 2^(F - E) it is exact, and the conversion to an
 * integer cuts it toward zero on the grid 2^(E - F). The integers are added exactly, and rounded once. */

typedef uint8_t P(bytes) __attribute__((vector_size(PX_VECTOR_BYTES)));
typedef uint32_t P(words) __attribute__((vector_size(PX_VECTOR_BYTES)));
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

INLINE MASK mma_max(MASK a, MASK b) {
#ifdef PX_I32_MAX
    return PX_I32_MAX(a, b);
#else
    return mma_choose(a > b, a, b);
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

typedef struct mma_row {
    BYTES next; /* the largest exponents of products of the next block */
    VEC scale[MMA_VECTORS];
    MASK sum[MMA_VECTORS];
} mma_row;

INLINE void mma_widen(BYTES *largest, const uint8_t *b, uint32_t a) {
    *largest = mma_max_bytes(*largest, mma_load_bytes(b) + (BYTES)mma_words(a));
}

/* scale = 2^(F - E), by the largest exponents of products and of c. Where there is no product E is too small rather
 * than too large: harmless, as c stays whole. */
INLINE void mma_align(const px_mma_tile *t, const bool half, const float *c, mma_row *row) {
    BYTES m = mma_max_bytes(mma_less(row->next, mma_bytes(t->bias)), mma_bytes(t->floor));
    for (int v = 0; v < MMA_VECTORS; v++) {
        MASK word = (MASK)P(load)(c + v * LANES), field = word & MMA_FIELD;
        if (half) field = mma_choose((word & INT32_MAX) == 0, field, mma_max(field, mma_all(MMA_HALF_EMIN)));
        WORDS products = v < 3 ? (WORDS)m << (23 - 8 * v) : (WORDS)m >> 1;
        MASK largest = mma_max((MASK)products & MMA_FIELD, field);
        row->scale[v] = (VEC)(mma_words((uint32_t)(254 + t->fraction) << 23) - (WORDS)largest);
    }
    row->next = (BYTES){0};
}

/* Products first .. last - 1 of the block at k; and the exponents of the same places one block on. */
INLINE void mma_products(const px_mma_tile *t, int64_t k, int64_t first, int64_t last, mma_row *rows) {
    const uint32_t *ea = t->ea;
    const uint8_t *eb = t->eb;
    for (int64_t i = k + first; i < k + last; i++) {
        const int64_t later = i + t->width;
        for (int r = 0; r < PX_MMA_ROWS; r++) {
            mma_widen(&rows[r].next, eb + later * MMA_COLUMNS, ea[r * t->lda + later]);
            VEC a = P(all)(t->a[r * t->lda + i]);
            for (int v = 0; v < MMA_VECTORS; v++)
                rows[r].sum[v] += mma_cut(P(load)(t->b + i * MMA_COLUMNS + v * LANES) * a * rows[r].scale[v]);
        }
    }
}

INLINE void mma_start(const bool from_c, const float *c, mma_row *row) {
    for (int v = 0; v < MMA_VECTORS; v++)
        row->sum[v] = from_c ? mma_cut(P(load)(c + v * LANES) * row->scale[v]) : (MASK){0};
}

/* twice: in two sums, the first half of the products and the rest. */
INLINE void mma_finish(const px_mma_tile *t, const bool half, const bool twice, const MASK *first, float *c,
                       const mma_row *row) {
    for (int v = 0; v < MMA_VECTORS; v++) {
        VEC f = twice ? mma_round_two(first[v], row->sum[v], half) : mma_round(row->sum[v], half);
        f *= (VEC)(mma_words(254u << 23) - (WORDS)row->scale[v]); /* 2^(E - F) */
        if (half)
            f = mma_keep(P(load)(c + v * LANES), mma_to_half(f));
        else
            f = (VEC)((MASK)f & t->kept);
        memcpy(c + v * LANES, &f, sizeof f);
    }
}

INLINE void mma_tile(const px_mma_tile *t, const bool half, const bool twice) {
    mma_row rows[PX_MMA_ROWS];
    const uint32_t *ea = t->ea;
    const uint8_t *eb = t->eb;
    for (int r = 0; r < PX_MMA_ROWS; r++) {
        rows[r].next = (BYTES){0};
        for (int64_t k = 0; k < t->width; k++) mma_widen(&rows[r].next, eb + k * MMA_COLUMNS, ea[r * t->lda + k]);
    }
    for (int64_t k = 0; k < t->k; k += t->width) {
        MASK first[PX_MMA_ROWS][MMA_VECTORS];
        for (int r = 0; r < PX_MMA_ROWS; r++) {
            mma_align(t, half, t->c + r * MMA_COLUMNS, &rows[r]);
            mma_start(!twice, t->c + r * MMA_COLUMNS, &rows[r]);
        }
        if (twice) {
            mma_products(t, k, 0, t->width / 2, rows);
            for (int r = 0; r < PX_MMA_ROWS; r++) {
                memcpy(first[r], rows[r].sum, sizeof first[r]);
                mma_start(true, t->c + r * MMA_COLUMNS, &rows[r]);
            }
        }
        mma_products(t, k, twice ? t->width / 2 : 0, t->width, rows);
        for (int r = 0; r < PX_MMA_ROWS; r++) mma_finish(t, half, twice, first[r], t->c + r * MMA_COLUMNS, &rows[r]);
    }
}

static void mma_single(const px_mma_tile *t) { mma_tile(t, false, false); }
static void mma_single_twice(const px_mma_tile *t) { mma_tile(t, false, true); }
static void mma_half(const px_mma_tile *t) { mma_tile(t, true, false); }
static void mma_half_twice(const px_mma_tile *t) { mma_tile(t, true, true); }

/* ---- any finite operands, any start value, results in fp32: significands and exponents apart ---- */

/* E of a row's columns: the largest exponent of the block at k, of c and of the floor. */
INLINE MASK mma_largest(const px_mma_tile *t, const int32_t *ea, const int32_t *eb, VEC c) {
    MASK largest = mma_all(t->floor);
    for (int64_t i = 0; i < t->width; i++)
        largest = mma_max(largest, mma_load_words(eb + i * MMA_COLUMNS) + mma_all(ea[i]));
    MASK word = (MASK)P(magnitude)(c), exponent = mma_max(word >> 23, mma_all(1)) - MMA_BIAS;
    return mma_max(largest, mma_choose(word == 0, mma_all(MMA_NO_TERM), exponent));
}

/* x 2^e for |e| < 250, in two factors of which the first is exact unless the result is too small to matter. */
INLINE VEC mma_scale(VEC x, MASK e) {
    MASK half = e >> 1;
    return x * mma_power(half) * mma_power(e - half);
}

/* f 2^e to fp32, toward zero but for what overflows. */
INLINE VEC mma_to_single(VEC f, MASK e, int32_t kept) {
    MASK over = ((((MASK)f & MMA_FIELD) >> 23) + e) > 254;
    MASK word = (MASK)mma_scale(f, e) & kept;
    return (VEC)mma_choose(over, MMA_FIELD | P(sign)(f), word);
}

/* Products first .. last - 1, cut. unit: F - E and the bias of binary32. Sums of words: in a row or a column with an
 * infinity or a NaN they wrap, and are replaced later. */
INLINE WORDS mma_terms(int64_t first, int64_t last, const float *a, const int32_t *ea, const float *b, const int32_t *eb,
                      MASK unit) {
    WORDS sum = {0};
    for (int64_t i = first; i < last; i++) {
        MASK e = unit + mma_all(ea[i]) + mma_load_words(eb + i * MMA_COLUMNS);
        VEC power = (VEC)((WORDS)mma_max(e, mma_all(0)) << 23); /* 0 where nothing of the term is left */
        sum += (WORDS)mma_cut(P(load)(b + i * MMA_COLUMNS) * P(all)(a[i]) * power);
    }
    return sum;
}

INLINE void mma_general_block(const px_mma_tile *t, int64_t k, int r) {
    const int32_t *ea = (const int32_t *)t->ea + r * t->lda + k;
    const float *a = t->a + r * t->lda + k;
    for (int v = 0; v < MMA_VECTORS; v++) {
        const int32_t *eb = (const int32_t *)t->eb + k * MMA_COLUMNS + v * LANES;
        const float *b = t->b + k * MMA_COLUMNS + v * LANES;
        float *at = t->c + r * MMA_COLUMNS + v * LANES;
        VEC c = P(load)(at);
        MASK unit = t->fraction - mma_largest(t, ea, eb, c);
        WORDS first = mma_terms(0, t->width / 2, a, ea, b, eb, unit + MMA_BIAS);
        WORDS rest = mma_terms(t->width / 2, t->width, a, ea, b, eb, unit + MMA_BIAS);
        rest += (WORDS)mma_cut(mma_scale(c, unit));
        VEC f = mma_keep(c, mma_to_single(mma_round_two((MASK)first, (MASK)rest, false), -unit, t->kept));
        memcpy(at, &f, sizeof f);
    }
}

static void mma_general(const px_mma_tile *t) {
    for (int64_t k = 0; k < t->k; k += t->width)
        for (int r = 0; r < PX_MMA_ROWS; r++) mma_general_block(t, k, r);
}

/* ---- packing ---- */

/* The bytes of n vectors of exponents, those of zeros 0; x times a power of two. */
INLINE MASK mma_bytes_of(const px_mma_frame *f, VEC x) {
    MASK word = (MASK)P(magnitude)(x), e = mma_max(word >> 23, mma_all(f->emin + MMA_BIAS));
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
        MASK word = (MASK)P(magnitude)(v), zero = word == 0, e = mma_max((word >> 23) - MMA_BIAS, mma_all(emin));
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
