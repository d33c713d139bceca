/* Eight doubles at a time, and double-double numbers of them. The including file's compiler flags say what the
 * processor has; every function gives the same bits with any of them (fma is exact before its one rounding everywhere).
 *
 * Relative errors in units of U2 = u^2 = 2^-106, proven by Joldes, Muller & Popescu, ACM TOMS 44(2) (2017), and rounded
 * up: alg. 6 (sum of two) 3, alg. 12 (product) 5, alg. 17 with alg. 9 (quotient) 15. */
#ifndef PX_REF_LANES_LANES_H
#define PX_REF_LANES_LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__FMA__)
#include <immintrin.h>
#endif

typedef double v8 __attribute__((vector_size(64)));
typedef int64_t i8 __attribute__((vector_size(64)));
typedef struct dd8 {
    v8 h, l; /* |l| <= u |h| */
} dd8;

#define U2 0x1p-106
enum { E_ADD = 4, E_MUL = 6, E_DIV = 16, E_RSQRT = 10, E_EXP = 16 };

static inline v8 all(double x) { return (v8){x, x, x, x, x, x, x, x}; }
static inline v8 load8(const double *p) {
    v8 x;
    memcpy(&x, p, sizeof x);
    return x;
}
static inline void store8(double *p, v8 x) { memcpy(p, &x, sizeof x); }

static inline v8 fma8(v8 a, v8 b, v8 c) {
#if defined(__AVX512F__)
    return (v8)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined(__FMA__)
    union {
        v8 v;
        __m256d half[2];
    } x = {a}, y = {b}, z = {c};
    for (int i = 0; i < 2; i++) z.half[i] = _mm256_fmadd_pd(x.half[i], y.half[i], z.half[i]);
    return z.v;
#else
    for (int i = 0; i < 8; i++) c[i] = fma(a[i], b[i], c[i]);
    return c;
#endif
}

static inline v8 sqrt8(v8 a) {
    for (int i = 0; i < 8; i++) a[i] = __builtin_sqrt(a[i]);
    return a;
}

static inline v8 select8(i8 mask, v8 yes, v8 no) { return (v8)((mask & (i8)yes) | (~mask & (i8)no)); }
static inline v8 abs8(v8 a) { return (v8)((i8)a & INT64_MAX); }
static inline v8 max8(v8 a, v8 b) { return select8(a > b, a, b); }

/* Lanes j .. j+7 that lie below n. */
static inline i8 below8(int64_t j, int64_t n) { return ((i8){0, 1, 2, 3, 4, 5, 6, 7} + j) < n; }

/* In one order everywhere. */
static inline double sum_lanes(v8 a) {
    double s = a[0];
    for (int i = 1; i < 8; i++) s += a[i];
    return s;
}
static inline double max_lanes(v8 a) {
    double m = a[0];
    for (int i = 1; i < 8; i++) m = a[i] > m ? a[i] : m;
    return m;
}

/* ---- double-double ---- */

static inline dd8 two_sum(v8 a, v8 b) {
    v8 s = a + b, z = s - a;
    return (dd8){s, (a - (s - z)) + (b - z)};
}
static inline dd8 fast_two_sum(v8 a, v8 b) {
    v8 s = a + b;
    return (dd8){s, b - (s - a)};
}
static inline dd8 two_product(v8 a, v8 b) {
    v8 p = a * b;
    return (dd8){p, fma8(a, b, -p)};
}
static inline dd8 add_dd(dd8 x, dd8 y) {
    dd8 s = two_sum(x.h, y.h), t = two_sum(x.l, y.l), v = fast_two_sum(s.h, s.l + t.h);
    return fast_two_sum(v.h, t.l + v.l);
}
static inline dd8 neg_dd(dd8 x) { return (dd8){-x.h, -x.l}; }
static inline dd8 sub_dd(dd8 x, dd8 y) { return add_dd(x, neg_dd(y)); }
static inline dd8 mul_dd(dd8 x, dd8 y) {
    dd8 c = two_product(x.h, y.h);
    v8 tl = x.l * y.l, t = fma8(x.h, y.l, tl);
    return fast_two_sum(c.h, c.l + fma8(x.l, y.h, t));
}
static inline dd8 div_dd(dd8 x, dd8 y) {
    v8 q = x.h / y.h;
    dd8 c = two_product(y.h, q), r = fast_two_sum(c.h, fma8(y.l, q, c.l));
    v8 d = (x.h - r.h) + (x.l - r.l);
    return fast_two_sum(q, d / y.h);
}
static inline dd8 keep_dd(i8 mask, dd8 x) { return (dd8){(v8)(mask & (i8)x.h), (v8)(mask & (i8)x.l)}; }
static inline dd8 all_dd(double h, double l) { return (dd8){all(h), all(l)}; }
static inline dd8 load_dd(const double *h, const double *l) { return (dd8){load8(h), load8(l)}; }
static inline void store_dd(double *h, double *l, dd8 x) {
    store8(h, x.h);
    store8(l, x.l);
}

/* 1/sqrt(w): the double value s and a second-order Newton step s (e/2 + 3 e^2/8), e = 1 - w s^2; its error is dominated
 * by that of w s^2 in double-double (6 + 4, halved) and the last product: 8 derived, E_RSQRT claimed. */
static inline dd8 rsqrt_dd(dd8 w) {
    v8 s = all(1) / sqrt8(w.h);
    dd8 e = sub_dd(all_dd(1, 0), mul_dd(w, two_product(s, s)));
    return fast_two_sum(s, s * (e.h * fma8(e.h, all(0.375), all(0.5))));
}

/* The sum of the lanes, in every lane: 7 additions, in order. */
static inline dd8 sum_lanes_dd(dd8 a) {
    dd8 s = all_dd(a.h[0], a.l[0]);
    for (int i = 1; i < 8; i++) s = add_dd(s, all_dd(a.h[i], a.l[i]));
    return s;
}

/* Radii of a row: the sum of their squares, scaled so that squares of tiny ones do not vanish. */
static const double RADIUS_SCALE = 0x1p300;
static inline v8 add_square(v8 sum, v8 r) {
    v8 x = r * RADIUS_SCALE;
    return fma8(x, x, sum);
}
static inline double norm_of_squares(v8 sum) { return __builtin_sqrt(sum_lanes(sum)) / RADIUS_SCALE; }

#endif
