/* Operations on rows. Local roundings only, entry by entry, in double (their own roundings are covered by the caller's
 * factor); U2 units as lanes.h has them. Operands count as exact: what their errors become is the caller's. */
#include "ref/lanes/kernels.h"
#include "ref/lanes/lanes.h"

static px_row_report row_add(int64_t n, px_pair_row y, px_pair_row a, px_pair_row b) {
    v8 squares = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        dd8 x = add_dd(load_dd(a.h + j, a.l + j), load_dd(b.h + j, b.l + j));
        store_dd(y.h + j, y.l + j, x);
        squares = add_square(squares, abs8(x.h) * (E_ADD * U2));
    }
    return (px_row_report){.rounding = {norm_of_squares(squares)}};
}

static px_row_report row_mul(int64_t n, px_pair_row y, px_pair_row a, px_pair_row b) {
    v8 squares = all(0), top_a = all(0), top_b = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        dd8 u = load_dd(a.h + j, a.l + j), v = load_dd(b.h + j, b.l + j), x = mul_dd(u, v);
        store_dd(y.h + j, y.l + j, x);
        squares = add_square(squares, abs8(x.h) * (E_MUL * U2));
        top_a = max8(top_a, abs8(u.h));
        top_b = max8(top_b, abs8(v.h));
    }
    return (px_row_report){.rounding = {norm_of_squares(squares)}, .largest = {max_lanes(top_a), max_lanes(top_b)}};
}

/* Additions on the way of one term into a sum over n: its lane's, then the lanes'. */
static double path(int64_t n) { return (double)(n / 8 + 8); }

static px_row_report row_sum(int64_t n, double s[2], px_pair_row a) {
    dd8 sum = all_dd(0, 0);
    v8 magnitude = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        dd8 x = load_dd(a.h + j, a.l + j);
        sum = add_dd(sum, x);
        magnitude += abs8(x.h);
    }
    sum = sum_lanes_dd(sum);
    s[0] = sum.h[0];
    s[1] = sum.l[0];
    return (px_row_report){.rounding = {path(n) * E_ADD * U2 * sum_lanes(magnitude)}};
}

/* Term t of all 8 rows is at a + t step: lane i of row_sum is here a vector, with the same additions. */
static void row_sums(int64_t n, int64_t step, double h[8], double l[8], double rounding[8], px_pair_row a) {
    dd8 sum[8];
    v8 magnitude[8];
    for (int i = 0; i < 8; i++) sum[i] = all_dd(0, 0), magnitude[i] = all(0);
    for (int64_t j = 0; j < n; j += 8)
        for (int i = 0; i < 8 && j + i < n; i++) {
            dd8 x = load_dd(a.h + (j + i) * step, a.l + (j + i) * step);
            sum[i] = add_dd(sum[i], x);
            magnitude[i] += abs8(x.h);
        }
    for (int i = 1; i < 8; i++) {
        sum[0] = add_dd(sum[0], sum[i]);
        magnitude[0] += magnitude[i];
    }
    store_dd(h, l, sum[0]);
    store8(rounding, path((n + 7) / 8 * 8) * E_ADD * U2 * magnitude[0]);
}

/* c + r p, |r p| < |c|/64, not normalised: a chain of 20 cycles, of 60 as mul_dd and add_dd. |p.l| <= 2.2 u |p|, and so
 * of the result. Errors in U2 of c + r p: r.l p.l and two roundings of what is below 5 u |r p|, 0.2; those of the two
 * last sums, each below 2.1 u, 4.2. */
static inline dd8 horner_step(double ch, double cl, dd8 r, dd8 p) {
    dd8 m = two_product(r.h, p.h), s = fast_two_sum(all(ch), m.h);
    return (dd8){s.h, (s.l + cl) + fma8(r.l, p.h, fma8(r.h, p.l, m.l))};
}

/* exp, |x| <= 600 (below, the low part would leave the normal range): k = rint(32 x/ln 2), r = x - k ln2/32, Taylor to
 * degree 11, degrees 7 .. 11 in double, then double-double Horner, times 2^(j/32). Errors: argument 2^-110, truncation
 * 2^-107, the tail in double 2^-108.9, Horner 4.5, table and product 6: 12.3 in all, E_EXP claimed. */
static inline dd8 exp_dd(const px_pair_constants *c, dd8 x) {
    const double magic = 0x1.8p52;
    v8 shifted = x.h * 46.16624130844682903551758979206054 + magic, k = shifted - magic;
    i8 ki = (i8)shifted - (i8)all(magic), j = ki & 31, e = ki >> 5;
    dd8 r = add_dd(x, two_sum(k * -c->ln2[0], k * -c->ln2[1]));
    r = fast_two_sum(r.h, fma8(k, all(-c->ln2[2]), r.l));
    v8 q = all(c->factorial_hi[11]);
    for (int d = 10; d >= 7; d--) q = fma8(q, r.h, all(c->factorial_hi[d]));
    dd8 p = {q, all(0)}, t = all_dd(0, 0);
    for (int d = 6; d >= 0; d--) p = horner_step(c->factorial_hi[d], c->factorial_lo[d], r, p);
    p = fast_two_sum(p.h, p.l);
    for (int i = 0; i < 8; i++) {
        t.h[i] = c->exp_hi[j[i]];
        t.l[i] = c->exp_lo[j[i]];
    }
    p = mul_dd(p, t);
    v8 power = (v8)((e + 1023) << 52);
    return (dd8){p.h * power, p.l * power};
}

/* To [-600, 600]; what is beyond is replaced by the end, low part 0. */
static inline dd8 clamp600(dd8 x) {
    i8 high = x.h > all(600), low = x.h < all(-600);
    return (dd8){select8(high, all(600), select8(low, all(-600), x.h)), select8(high | low, all(0), x.l)};
}

/* t = x (c1 + c3 x^2), s = 1/(1 + exp(-t)), q = 1 - s = exp(-t) s, y = x s, g = s + y q t', t' = c1 + 3 c3 x^2.
 * Relative errors in U2: t: 6+6+1, +4, +6 = 23; exp: eE = 16 + 24 |t| (absolute in its argument); s: eE q + 4 + 16 =
 * es; y: es + 6; y q t': (es + 6) + (eE + es + 6) + 6 + (23 + 6) <= eE + 2 es + 50; g: and 4 (|s| + |h|). Where |t| >
 * 600 the clamped exponential is off by less than 1e-260, which 1e-250 (1 + |x|)^3 covers in both results (t' <= 2 +
 * |x|^2). */
static px_row_report row_gelu(const px_pair_constants *c, int64_t n, px_pair_row y, px_pair_row g, px_pair_row x) {
    const dd8 one = all_dd(1, 0), c1 = all_dd(c->gelu1[0], c->gelu1[1]), c3 = all_dd(c->gelu3[0], c->gelu3[1]);
    v8 squares_y = all(0), squares_g = all(0), top = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        dd8 v = load_dd(x.h + j, x.l + j), u = mul_dd(c3, mul_dd(v, v)), t = mul_dd(v, add_dd(c1, u));
        dd8 slope = add_dd(c1, mul_dd(u, all_dd(3, 0))), e = exp_dd(c, clamp600(neg_dd(t)));
        dd8 s = div_dd(one, add_dd(one, e)), q = mul_dd(e, s), out = mul_dd(v, s);
        dd8 h = mul_dd(mul_dd(out, q), slope), d = add_dd(s, h);
        v8 eE = E_EXP + 24 * abs8(t.h), es = eE * q.h + 20, size = 1 + abs8(v.h);
        v8 clamped = (v8)((i8)(1e-250 * size * size * size) & (abs8(t.h) > all(600)));
        v8 ry = (es + E_MUL) * U2 * abs8(out.h) + clamped;
        v8 rg = (es * s.h + (eE + 2 * es + 50) * abs8(h.h) + E_ADD * (s.h + abs8(h.h))) * U2 + clamped;
        store_dd(y.h + j, y.l + j, out);
        store_dd(g.h + j, g.l + j, d);
        squares_y = add_square(squares_y, ry);
        squares_g = add_square(squares_g, rg);
        top = max8(top, abs8(d.h));
    }
    return (px_row_report){.rounding = {norm_of_squares(squares_y), norm_of_squares(squares_g)},
                           .largest = {max_lanes(top)}};
}

/* ---- softmax ---- */

/* The shift is a double, so it cancels exactly. Argument a = scale s - top: error (7 + 4) |.|, of the exponential
 * 1.01 times that (it is below 0.01, else undecided) + 16, of the sum path(n) 4, of the quotient 16; below -600 the
 * exponential is replaced by a number as small, 1e-250 covers it. */
static px_row_report row_softmax(const px_pair_constants *c, int64_t n, int64_t visible, const double scale[2],
                                 px_pair_row p, px_pair_row s) {
    double top = -INFINITY;
    for (int64_t j = 0; j < visible; j++) top = s.h[j] * scale[0] > top ? s.h[j] * scale[0] : top;
    dd8 total = all_dd(0, 0);
    v8 lost = all(0), worst = all(0), squares = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        i8 on = below8(j, visible);
        dd8 z = mul_dd(load_dd(s.h + j, s.l + j), all_dd(scale[0], scale[1]));
        dd8 a = keep_dd(on, add_dd(z, all_dd(-top, 0))), e = keep_dd(on, exp_dd(c, clamp600(a)));
        v8 error = (v8)(on & (i8)((7 * abs8(z.h) + E_ADD * abs8(a.h)) * U2));
        worst = max8(worst, error);
        lost += (1.01 * error + E_EXP * U2) * e.h;
        total = add_dd(total, e);
        store_dd(p.h + j, p.l + j, e);
    }
    total = sum_lanes_dd(total);
    v8 common = sum_lanes(lost) / total.h * 1.02 + (path(n) * E_ADD + E_DIV) * U2;
    for (int64_t j = 0; j < n; j += 8) {
        i8 on = below8(j, visible);
        dd8 z = mul_dd(load_dd(s.h + j, s.l + j), all_dd(scale[0], scale[1]));
        v8 error = (7 * abs8(z.h) + E_ADD * abs8(z.h - top)) * U2 * 1.02 + E_EXP * U2;
        dd8 q = div_dd(load_dd(p.h + j, p.l + j), total);
        store_dd(p.h + j, p.l + j, q);
        squares = add_square(squares, (v8)(on & (i8)(1.02 * q.h * (common + error) + 1e-250)));
    }
    double largest = max_lanes(worst);
    return (px_row_report){.rounding = {norm_of_squares(squares)},
                           .undecided = !(largest < 0.001) || !(total.h[0] >= 0.5)};
}

/* w = <dp, p>: path(n) 4 + 6 of sum |dp p|; e = dp - w: + 4 |e|; t = p e: 6 |t| + p re; ds = scale t: 7.
 * diag(p) - p p' has norm at most 1/2 for a probability vector; for one that sums to 1 + d, 1/2 + 2 |d|; else max p +
 * ||p||^2. */
static px_row_report row_softmax_backward(int64_t n, int64_t visible, const double scale[2], px_pair_row ds,
                                          px_pair_row dp, px_pair_row p) {
    dd8 w = all_dd(0, 0);
    v8 magnitude = all(0), sum = all(0), square_p = all(0), square_dp = all(0), top_p = all(0), top_e = all(0);
    v8 squares = all(0), negative = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        i8 on = below8(j, visible);
        dd8 a = keep_dd(on, load_dd(dp.h + j, dp.l + j)), b = keep_dd(on, load_dd(p.h + j, p.l + j)), x = mul_dd(a, b);
        w = add_dd(w, x);
        magnitude += abs8(x.h);
        sum += b.h;
        square_p = fma8(b.h, b.h, square_p);
        square_dp = fma8(a.h, a.h, square_dp);
        top_p = max8(top_p, abs8(b.h));
        negative = max8(negative, -b.h);
    }
    w = sum_lanes_dd(w);
    const v8 rw = all((path(n) * E_ADD + E_MUL) * U2 * sum_lanes(magnitude));
    for (int64_t j = 0; j < n; j += 8) {
        i8 on = below8(j, visible);
        dd8 b = keep_dd(on, load_dd(p.h + j, p.l + j)), e = keep_dd(on, sub_dd(load_dd(dp.h + j, dp.l + j), w));
        dd8 t = mul_dd(b, e), x = mul_dd(t, all_dd(scale[0], scale[1]));
        v8 rt = E_MUL * U2 * abs8(t.h) + abs8(b.h) * (rw + E_ADD * U2 * abs8(e.h));
        store_dd(ds.h + j, ds.l + j, x);
        squares = add_square(squares, (v8)(on & (i8)(rt * (fabs(scale[0]) * 1.01) + 8 * U2 * abs8(x.h))));
        top_e = max8(top_e, abs8(e.h));
    }
    double excess = fabs(sum_lanes(sum) - 1), norm = 0.5 + 2 * excess + 1e-9;
    if (!(excess < 0.25) || max_lanes(negative) > 0) norm = max_lanes(top_p) + sum_lanes(square_p);
    return (px_row_report){.rounding = {norm_of_squares(squares)},
                           .largest = {max_lanes(top_e), norm},
                           .size = {__builtin_sqrt(sum_lanes(square_dp))}};
}
