/* Sums of terms in the order of their magnitudes, in binary32: columns sorted side by side by a network. A term is a word
 * of 64 bits: its magnitude's word (for falling order 2^31 - 2^23, that of an infinity, less it), NaNs last, then its
 * index, which decides between equals, then its sign. */

enum { P(INFINITE) = 0x7f800000 };

/* Batcher's merge exchange (Knuth, TAOCP 3, 5.2.2, algorithm M): n rows of LANES words, each column for itself. */
static void P(sort)(int64_t n, int64_t *words) {
    int64_t top = 1;
    while (2 * top < n) top *= 2;
    for (int64_t p = n > 1 ? top : 0; p > 0; p /= 2)
        for (int64_t q = top, r = 0, d = p;; d = q - p, q /= 2, r = p) {
            for (int64_t first = r; first < n - d; first += 2 * p)
                for (int64_t i = first; i < first + p && i < n - d; i++)
                    for (int j = 0; j < LANES; j++) {
                        int64_t x = words[i * LANES + j], y = words[(i + d) * LANES + j];
                        words[i * LANES + j] = x < y ? x : y;
                        words[(i + d) * LANES + j] = x < y ? y : x;
                    }
            if (q == p) break;
        }
}

/* s += the n terms of a, b, smaller or larger ones first. */
INLINE void P(sorted)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    const bool down = plan->order == PX_SORTED_DOWN;
    int64_t *words = plan->room;
    for (int v = 0; v < VECTORS; v++) {
        for (int64_t k = 0; k < n; k++) {
            VEC x = P(term)(h, P(all)(a[k]), P(load)(b + (k * VECTORS + v) * LANES));
            MASK key = (MASK)P(magnitude)(x), sign = (P(sign)(x) != 0) & 1;
            if (down) key = P(INFINITE) - key;
            key = (key & (x == x)) | ((P(INFINITE) + 1) & (x != x));
            for (int j = 0; j < LANES; j++) words[k * LANES + j] = (int64_t)key[j] << 32 | k << 1 | sign[j];
        }
        P(sort)(n, words);
        for (int64_t k = 0; k < n; k++) {
            MASK key, sign;
            for (int j = 0; j < LANES; j++) {
                key[j] = (int32_t)(words[k * LANES + j] >> 32);
                sign[j] = (int32_t)((uint32_t)words[k * LANES + j] << 31);
            }
            MASK nan = key > P(INFINITE);
            if (down) key = P(INFINITE) - key;
            VEC x = P(select)(nan, P(all)(NAN), (VEC)(key | sign));
            s[v] = P(add)(h, s[v], x);
        }
    }
}
