/* Rows of results in any order of summation and any formats that a host format can carry: see px_plan. */

/* What a step does, constant in every specialised copy; and the constants it needs. */
typedef struct P(how) {
    bool fused, rounds_product, odd, rounds_sum, quick_sum, signs, special;
    bool directed; /* the host rounds in `mode` */
    TARGET mul, acc;
    px_rounding_mode mode, mul_mode; /* px_plan_make allows others than nearest_even in binary64 only, or directed */
    bool odd_product;                /* nor these */
} P(how);

/* Constant in most copies. */
#define PLAIN(h) (DIGITS == 24 || (h)->directed || (h)->mode == PX_NEAREST_EVEN)

static __attribute__((noinline)) VEC P(round_by_mode)(const TARGET *f, px_rounding_mode mode, VEC x) {
    return P(round_as)(f, mode, x, P(all)(0));
}

INLINE VEC P(round_how)(const HOW *h, px_rounding_mode mode, const TARGET *f, VEC x) {
    return PLAIN(h) ? P(round_by_host)(f, x, h->signs, h->special, h->directed) : P(round_by_mode)(f, mode, x);
}

/* The sign of an exact zero of numbers of unlike signs is minus when rounding down. */
INLINE VEC P(zero_of)(const HOW *h, VEC a, VEC b, VEC sum) {
    if (PLAIN(h) || h->mode != PX_DOWN) return sum;
    return (VEC)((MASK)sum | ((sum == 0) & (P(sign)(a) | P(sign)(b))));
}

INLINE VEC P(term)(const HOW *h, VEC a, VEC b) {
    VEC x = a * b;
    if (DIGITS == 53 && h->odd_product) x = P(to_odd)(x, P(fma)(a, b, -x));
    return h->rounds_product ? P(round_how)(h, h->mul_mode, &h->mul, x) : x;
}

INLINE VEC P(add)(const HOW *h, VEC s, VEC t) {
    VEC x = h->odd ? P(sum_to_odd)(s, t) : s + t;
    if (!h->rounds_sum) return x;
    return h->quick_sum ? P(round_quickly)(&h->acc, x, h->signs)
                        : P(round_how)(h, h->mode, &h->acc, P(zero_of)(h, s, t, x));
}

INLINE VEC P(step)(const HOW *h, VEC s, VEC a, VEC b) {
    return h->fused ? P(fma)(a, b, s) : P(add)(h, s, P(term)(h, a, b));
}

/* s += the n terms of a, b. */
INLINE void P(accumulate)(const HOW *h, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    VEC t[VECTORS];
    for (int v = 0; v < VECTORS; v++) t[v] = s[v];
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        VEC ak = P(all)(a[k]);
        for (int v = 0; v < VECTORS; v++) t[v] = P(step)(h, t[v], ak, P(load)(b + LANES * v));
    }
    for (int v = 0; v < VECTORS; v++) s[v] = t[v];
}

INLINE void P(accumulate_last)(const HOW *h, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS], REAL *last) {
    VEC when[VECTORS] = {{0}};
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        VEC ak = P(all)(a[k]), now = P(all)((REAL)(k + 1));
        for (int v = 0; v < VECTORS; v++) {
            VEC before = s[v];
            s[v] = P(step)(h, before, ak, P(load)(b + LANES * v));
            MASK changed = ((MASK)s[v] != (MASK)before) & ((s[v] == s[v]) | (before == before));
            when[v] = P(select)(changed, now, when[v]);
        }
    }
    memcpy(last, when, sizeof when);
}

/* beyond, where a directed mode turns back to the largest number. */
INLINE TARGET P(spread_in)(const px_target *f, const px_plan *plan) {
    TARGET t = P(spread)(f);
    if (plan->directed && plan->mode != PX_UP) t.beyond = t.max_finite;
    if (plan->directed && plan->mode != PX_DOWN) t.beneath = t.max_finite;
    return t;
}

INLINE void P(blocked)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    TARGET split = P(spread_in)(&plan->split, plan);
    HOW all_of_it = *h;
    all_of_it.signs = all_of_it.special = true, all_of_it.directed = plan->directed;
    for (int64_t k = 0; k < n; k += plan->block) {
        VEC part[VECTORS] = {{0}};
        P(accumulate)(h, plan->block < n - k ? plan->block : n - k, a + k, b + k * LANES * VECTORS, part);
        for (int v = 0; v < VECTORS; v++) {
            if (plan->rounds_partial) part[v] = P(round_how)(&all_of_it, h->mode, &split, part[v]);
            s[v] = k == 0 ? part[v] : P(add)(h, s[v], part[v]);
        }
    }
}

/* A binary counter of partial sums: after term k, one for each bit of k + 1. At the end the smaller ones, to the right,
 * are the odd elements that moved up. A lone term is added to +0. */
INLINE void P(pairwise)(const HOW *h, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    if (n < 2) {
        P(accumulate)(h, n, a, b, s);
        return;
    }
    VEC stack[64][VECTORS];
    int depth = 0;
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        VEC x[VECTORS], ak = P(all)(a[k]);
        for (int v = 0; v < VECTORS; v++) x[v] = P(term)(h, ak, P(load)(b + LANES * v));
        for (int64_t carry = k; carry & 1; carry >>= 1) {
            depth--;
            for (int v = 0; v < VECTORS; v++) x[v] = P(add)(h, stack[depth][v], x[v]);
        }
        for (int v = 0; v < VECTORS; v++) stack[depth][v] = x[v];
        depth++;
    }
    for (int v = 0; v < VECTORS; v++) s[v] = stack[depth - 1][v];
    for (int d = depth - 2; d >= 0; d--)
        for (int v = 0; v < VECTORS; v++) s[v] = P(add)(h, stack[d][v], s[v]);
}

INLINE void P(kahan)(const HOW *h, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    VEC c[VECTORS] = {{0}};
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        VEC ak = P(all)(a[k]);
        for (int v = 0; v < VECTORS; v++) {
            VEC y = P(step)(h, -c[v], ak, P(load)(b + LANES * v));
            VEC t = P(add)(h, s[v], y);
            c[v] = P(add)(h, P(add)(h, t, -s[v]), -y);
            s[v] = t;
        }
    }
}

INLINE void P(neumaier)(const HOW *h, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    VEC c[VECTORS] = {{0}};
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        VEC ak = P(all)(a[k]);
        for (int v = 0; v < VECTORS; v++) {
            VEC x = P(term)(h, ak, P(load)(b + LANES * v)), t = P(add)(h, s[v], x);
            MASK keep = P(magnitude)(s[v]) >= P(magnitude)(x);
            VEC large = P(select)(keep, s[v], x), small = P(select)(keep, x, s[v]);
            c[v] = P(add)(h, c[v], P(add)(h, P(add)(h, large, -t), small));
            s[v] = t;
        }
    }
    for (int v = 0; v < VECTORS; v++) s[v] = P(add)(h, s[v], c[v]);
}

#if DIGITS == 24
#include "emu/isa/body_sorted.h"
#else
INLINE void P(sorted)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS]) {
    (void)h, (void)plan, (void)n, (void)a, (void)b, (void)s;
    __builtin_unreachable(); /* px_plan_make sorts in binary32 only */
}
#endif

INLINE void P(in_order)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS],
                        REAL *last) {
    switch (plan->order) {
    case PX_SEQUENTIAL:
        if (last)
            P(accumulate_last)(h, n, a, b, s, last);
        else
            P(accumulate)(h, n, a, b, s);
        break;
    case PX_BLOCKED: P(blocked)(h, plan, n, a, b, s); break;
    case PX_PAIRWISE: P(pairwise)(h, n, a, b, s); break;
    case PX_KAHAN: P(kahan)(h, n, a, b, s); break;
    case PX_NEUMAIER: P(neumaier)(h, n, a, b, s); break;
    case PX_SORTED_UP:
    case PX_SORTED_DOWN: P(sorted)(h, plan, n, a, b, s); break;
    default: __builtin_unreachable(); /* px_plan_make makes no other */
    }
}

/* With the flags as constants where it pays. */
static void P(sum)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS],
                   REAL *last) {
    int which = h->fused | h->rounds_product << 1 | h->odd << 2 | h->rounds_sum << 3 | h->quick_sum << 4 |
                h->signs << 5 | h->special << 6 | (h->directed && h->rounds_sum) << 7;
#define PX_COPY(f, p, o, r, q, z, e, d)                                                                                \
    case (f) | (p) << 1 | (o) << 2 | (r) << 3 | (q) << 4 | (z) << 5 | (e) << 6 | (d) << 7: {                           \
        HOW copy = {f, p, o, r, q, z, e, d, h->mul, h->acc, PX_NEAREST_EVEN, PX_NEAREST_EVEN, false};                  \
        P(in_order)(&copy, plan, n, a, b, s, last);                                                                    \
        break;                                                                                                         \
    }
    switch (LANES > 1 && PLAIN(h) && !h->odd_product ? which : -1) {
        PX_COPY(0, 0, 0, 0, 0, 0, 0, 0) /* native */
        PX_COPY(1, 0, 0, 0, 0, 0, 0, 0) /* native, fused */
        PX_COPY(0, 1, 0, 1, 1, 0, 0, 0) /* every operation rounded */
        PX_COPY(0, 1, 0, 1, 1, 1, 0, 0) /* the same, with signs of zeros */
        PX_COPY(0, 1, 0, 1, 0, 1, 1, 0) /* the same, with overflow or special values */
        PX_COPY(0, 1, 0, 1, 0, 1, 0, 1) /* every operation rounded in a directed mode */
        PX_COPY(0, 1, 0, 1, 0, 1, 1, 1) /* the same, with overflow or special values */
        PX_COPY(0, 1, 0, 0, 0, 0, 0, 0) /* products rounded, native sums */
        PX_COPY(0, 0, 0, 1, 1, 0, 0, 0) /* exact products, sums rounded */
        PX_COPY(0, 0, 1, 1, 0, 1, 0, 0) /* the same of long products */
    default: P(in_order)(h, plan, n, a, b, s, last);
    }
#undef PX_COPY
}

#if DIGITS == 53
/* In sequential order, every rounding by a number drawn for it. */
static void P(stochastic)(const HOW *h, const px_plan *plan, int64_t n, const REAL *a, const REAL *b, VEC s[VECTORS],
                          REAL *last) {
    VEC when[VECTORS] = {{0}};
    for (int64_t k = 0; k < n; k++, b += LANES * VECTORS) {
        const uint64_t step = 2 * (uint64_t)(plan->reversed ? n - 1 - k : k);
        P(words) element = P(elements)(plan->element);
        for (int v = 0; v < VECTORS; v++, element += LANES) {
            VEC before = s[v], ak = P(all)(a[k]), bk = P(load)(b + LANES * v), x = ak * bk;
            if (h->odd_product) x = P(to_odd)(x, P(fma)(ak, bk, -x));
            if (h->rounds_product)
                x = P(round_as)(&h->mul, PX_STOCHASTIC, x, P(chance)(plan->sr_bits, plan->stream, element, step));
            VEC chance = P(chance)(plan->sr_bits, plan->stream, element, step + 1);
            s[v] = P(round_as)(&h->acc, PX_STOCHASTIC, P(sum_to_odd)(before, x), chance);
            MASK changed = ((MASK)s[v] != (MASK)before) & ((s[v] == s[v]) | (before == before));
            when[v] = P(select)(changed, P(all)((REAL)(k + 1)), when[v]);
        }
    }
    if (last) memcpy(last, when, sizeof when);
}

/* The result, by the number drawn for it. */
static void P(stochastic_out)(const px_plan *plan, const TARGET *out, VEC s[VECTORS]) {
    P(words) element = P(elements)(plan->element);
    for (int v = 0; v < VECTORS; v++, element += LANES)
        s[v] = P(round_as)(out, PX_STOCHASTIC, s[v], P(chance)(plan->sr_bits, plan->stream, element, UINT64_MAX));
}
#endif

static void P(rows)(const px_plan *plan, int64_t n, const REAL *a, const REAL *b, REAL *c, REAL *last) {
    HOW h = {.fused = plan->fused,
             .rounds_product = plan->rounds_product,
             .odd = plan->odd,
             .rounds_sum = plan->rounds_sum,
             .quick_sum = plan->quick_sum && !plan->special,
             .signs = plan->signed_zeros || plan->special,
             .special = plan->special,
             .directed = plan->directed,
             .mul = P(spread_in)(&plan->mul, plan),
             .acc = P(spread_in)(&plan->acc, plan),
             .mode = (px_rounding_mode)plan->mode,
             .mul_mode = (px_rounding_mode)plan->mul_mode,
             .odd_product = plan->odd_product};
    HOW all_of_it = h; /* signs, overflow, special values */
    all_of_it.signs = all_of_it.special = true;
    TARGET out = P(spread_in)(&plan->out, plan);
    bool start_first = plan->order != PX_BLOCKED && plan->order != PX_PAIRWISE;
    VEC s[VECTORS], start[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        start[v] = plan->has_start ? P(load)(c + LANES * v) : P(all)(0);
        s[v] = start_first ? start[v] : P(all)(0);
    }
#if DIGITS == 53
    if (h.mode == PX_STOCHASTIC)
        P(stochastic)(&h, plan, n, a, b, s, last);
    else
#endif
        P(sum)(&h, plan, n, a, b, s, last);
    for (int v = 0; v < VECTORS; v++) {
        if (plan->has_start && !start_first) /* at the end, unless it is +0 */
            s[v] = P(select)((MASK)start[v] != 0, P(add)(&h, start[v], s[v]), s[v]);
        if (plan->rounds_out && h.mode != PX_STOCHASTIC) s[v] = P(round_how)(&all_of_it, h.mode, &out, s[v]);
        s[v] = P(select)(s[v] == s[v], s[v], P(all)((REAL)NAN));
    }
#if DIGITS == 53
    if (plan->rounds_out && h.mode == PX_STOCHASTIC) P(stochastic_out)(plan, &out, s);
#endif
    memcpy(c, s, sizeof s);
}
#undef PLAIN
