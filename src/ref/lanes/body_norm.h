/* Layer norm on rows: local roundings as in body_rows.h. */
#include "ref/lanes/kernels.h"
#include "ref/lanes/lanes.h"

static inline dd8 over(dd8 a, int64_t n) { return div_dd(a, all_dd((double)n, 0)); }

/* k = (x - m) s; rk: 6 |k| + (4 |c| + rm)(s + rs) + |c| rs, c = x - m. */
typedef struct centred {
    dd8 c, k;
    v8 rc, rk;
} centred;

static inline centred centre(const double *h, const double *l, i8 on, dd8 m, dd8 s, double rm, double rs) {
    centred out;
    out.c = keep_dd(on, sub_dd(load_dd(h, l), m));
    out.k = mul_dd(out.c, s);
    out.rc = (v8)(on & (i8)(E_ADD * U2 * abs8(out.c.h) + rm));
    out.rk = E_MUL * U2 * abs8(out.k.h) + abs8(out.c.h) * rs + out.rc * (abs8(s.h) + rs);
    return out;
}

/* mean: path(n) 4 of sum |x| / n, 16 of itself; variance: c^2 with rc, path(n) 4 + 6 + 16 of it; + eps: 4, and 1 of
 * eps; rstd: half the relative error of var + eps (0.51 below 0.005, else undecided) and 10. y = k gamma + beta: 6 and
 * 4. */
static px_row_report row_layernorm(int64_t n, const double eps[2], px_pair_row y, double mean[2], double rstd[2],
                                   px_pair_row x, px_pair_row gamma, px_pair_row beta) {
    dd8 m = all_dd(0, 0), w = all_dd(0, 0);
    v8 magnitude = all(0), lost = all(0), squares = all(0), top_g = all(gamma.h ? 0 : 1), top_k = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        dd8 v = load_dd(x.h + j, x.l + j);
        m = add_dd(m, v);
        magnitude += abs8(v.h);
    }
    m = over(sum_lanes_dd(m), n);
    double rm = (path(n) * E_ADD * sum_lanes(magnitude) / (double)n + E_DIV * fabs(m.h[0])) * U2;
    for (int64_t j = 0; j < n; j += 8) {
        centred v = centre(x.h + j, x.l + j, below8(j, n), m, all_dd(1, 0), rm, 0);
        w = add_dd(w, mul_dd(v.c, v.c));
        lost += v.rc * (2 * abs8(v.c.h) + v.rc);
    }
    w = over(sum_lanes_dd(w), n);
    double rv = sum_lanes(lost) / (double)n + (path(n) * E_ADD + E_MUL + E_DIV) * U2 * w.h[0];
    w = add_dd(w, all_dd(eps[0], eps[1]));
    double relative = (rv + (E_ADD + 1) * U2 * w.h[0]) / w.h[0];
    dd8 s = rsqrt_dd(w);
    double rs = s.h[0] * (0.51 * relative + E_RSQRT * U2);
    for (int64_t j = 0; j < n; j += 8) {
        centred v = centre(x.h + j, x.l + j, below8(j, n), m, s, rm, rs);
        dd8 g = gamma.h ? load_dd(gamma.h + j, gamma.l + j) : all_dd(1, 0), p = mul_dd(v.k, g), out = p;
        if (beta.h) out = add_dd(p, load_dd(beta.h + j, beta.l + j));
        store_dd(y.h + j, y.l + j, out);
        squares = add_square(squares, v.rk * abs8(g.h) + (E_MUL * abs8(p.h) + E_ADD * abs8(out.h)) * U2);
        top_g = max8(top_g, abs8(g.h));
        top_k = max8(top_k, abs8(v.k.h));
    }
    mean[0] = m.h[0], mean[1] = m.l[0], rstd[0] = s.h[0], rstd[1] = s.l[0];
    return (px_row_report){.rounding = {norm_of_squares(squares), rm, rs},
                           .largest = {max_lanes(top_g), max_lanes(top_k)},
                           .undecided = !(relative < 0.005)};
}

/* g = dy gamma: 6. a = avg g, b = avg g k; t = (g - a) - k b; dx = t s. I - 11'/n - kk'/n = P - (mu (1 q' + q 1') +
 * mu^2 11')/n with mu = avg k, q = k - mu: P has norm max(1, ||q||^2/n - 1), the rest at most 2 |mu| ||q||/sqrt n +
 * mu^2. */
static px_row_report row_layernorm_backward(int64_t n, px_pair_row dx, px_pair_row dy, px_pair_row x,
                                            const double mean[2], const double rstd[2], px_pair_row gamma) {
    const dd8 m = all_dd(mean[0], mean[1]), s = all_dd(rstd[0], rstd[1]);
    dd8 a = all_dd(0, 0), b = all_dd(0, 0);
    v8 sum_g = all(0), sum_gk = all(0), lost_g = all(0), lost_gk = all(0), square_g = all(0), square_k = all(0);
    v8 sum_k = all(0), top_g = all(gamma.h ? 0 : 1), squares = all(0), square_x = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        centred v = centre(x.h + j, x.l + j, below8(j, n), m, s, 0, 0);
        dd8 gj = gamma.h ? load_dd(gamma.h + j, gamma.l + j) : all_dd(1, 0),
            g = mul_dd(load_dd(dy.h + j, dy.l + j), gj);
        dd8 p = mul_dd(g, v.k);
        v8 rg = E_MUL * U2 * abs8(g.h);
        a = add_dd(a, g);
        b = add_dd(b, p);
        sum_g += abs8(g.h), sum_gk += abs8(p.h), lost_g += rg;
        lost_gk += abs8(g.h) * v.rk + rg * (abs8(v.k.h) + v.rk);
        square_g = fma8(g.h, g.h, square_g), square_k = fma8(v.k.h, v.k.h, square_k), sum_k += v.k.h;
        top_g = max8(top_g, abs8(gj.h));
    }
    a = over(sum_lanes_dd(a), n), b = over(sum_lanes_dd(b), n);
    const double size = (double)n;
    const double ra = (sum_lanes(lost_g) + path(n) * E_ADD * U2 * sum_lanes(sum_g)) / size + E_DIV * U2 * fabs(a.h[0]);
    const double rb =
        (sum_lanes(lost_gk) + (path(n) * E_ADD + E_MUL) * U2 * sum_lanes(sum_gk)) / size + E_DIV * U2 * fabs(b.h[0]);
    for (int64_t j = 0; j < n; j += 8) {
        i8 on = below8(j, n);
        centred v = centre(x.h + j, x.l + j, on, m, s, 0, 0);
        dd8 gj = gamma.h ? load_dd(gamma.h + j, gamma.l + j) : all_dd(1, 0),
            g = mul_dd(load_dd(dy.h + j, dy.l + j), gj);
        dd8 q = mul_dd(v.k, b), e = sub_dd(g, a), t = keep_dd(on, sub_dd(e, q)), out = mul_dd(t, s);
        v8 rq = E_MUL * U2 * abs8(q.h) + abs8(v.k.h) * rb + v.rk * (fabs(b.h[0]) + rb);
        v8 rt = E_MUL * U2 * abs8(g.h) + ra + rq + E_ADD * U2 * (abs8(e.h) + abs8(t.h));
        v8 r = (v8)(on & (i8)(E_MUL * U2 * abs8(out.h) + fabs(s.h[0]) * rt));
        store_dd(dx.h + j, dx.l + j, out);
        squares = add_square(squares, r);
        square_x = fma8(out.h, out.h, square_x);
    }
    double mu = fabs(sum_lanes(sum_k)) / size, spread = sum_lanes(square_k) / size;
    double projection = (spread > 2 ? spread - 1 : 1) + 2 * mu * __builtin_sqrt(spread) + mu * mu + 1e-9;
    return (px_row_report){.rounding = {norm_of_squares(squares)},
                           .largest = {max_lanes(top_g), fabs(b.h[0]), projection},
                           .size = {__builtin_sqrt(sum_lanes(square_x)), __builtin_sqrt(sum_lanes(square_g)),
                                    __builtin_sqrt(sum_lanes(square_k))}};
}

static px_row_report row_normalise(int64_t n, px_pair_row k, px_pair_row x, const double mean[2],
                                   const double rstd[2]) {
    v8 squares = all(0), square_k = all(0);
    for (int64_t j = 0; j < n; j += 8) {
        centred v = centre(x.h + j, x.l + j, below8(j, n), all_dd(mean[0], mean[1]), all_dd(rstd[0], rstd[1]), 0, 0);
        store_dd(k.h + j, k.l + j, v.k);
        squares = add_square(squares, v.rk);
        square_k = fma8(v.k.h, v.k.h, square_k);
    }
    return (px_row_report){.rounding = {norm_of_squares(squares)}, .size = {__builtin_sqrt(sum_lanes(square_k))}};
}
