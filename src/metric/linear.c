#include "metric/linear.h"

#include <float.h>
#include <math.h>

/* A sum of m products of non-negative doubles, computed in binary64, times this is above the exact one. */
static double above(int64_t m) { return 1 + (double)(2 * m + 16) * DBL_EPSILON; }

/* y = |M| x, x >= 0. */
static void times_magnitudes(int64_t n, const double *m, const double *x, double *y) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < n; j++) sum += fabs(m[i * n + j]) * x[j];
        y[i] = sum;
    }
}

static double norm(int64_t n, const double *x) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(x[i]));
    return largest;
}

static double norm_of_solution(const px_linear_truth *t) {
    double largest = 0;
    for (int64_t i = 0; i < t->n; i++) largest = fmax(largest, fabs(px_mat_get(&t->x->hi, i, 0)));
    return largest;
}

/* || |A^-1| v ||, rounded up. */
static double inverse_times(px_arena *arena, const px_linear_truth *t, const double *v) {
    double *y = PX_NEW_ARRAY(arena, double, t->n);
    times_magnitudes(t->n, t->inverse, v, y);
    return norm(t->n, y) * above(t->n) / (1 - t->alpha) * above(0);
}

static double norm_of_matrix(px_arena *arena, int64_t n, const double *m, double *sums) {
    double *ones = PX_NEW_ARRAY(arena, double, n);
    for (int64_t i = 0; i < n; i++) ones[i] = 1;
    times_magnitudes(n, m, ones, sums);
    return norm(n, sums);
}

px_linear_conditions px_linear_conditions_of(px_arena *arena, const px_linear_truth *t) {
    int64_t n = t->n;
    double *sums = PX_NEW_ARRAY(arena, double, 3 * n), *x = sums + n, *ax = sums + 2 * n;
    double norm_a = norm_of_matrix(arena, n, t->a, sums);
    for (int64_t i = 0; i < n; i++) {
        x[i] = fabs(px_mat_get(&t->x->hi, i, 0));
        ax[i] = 1;
    }
    px_linear_conditions c = {.kappa_inf = norm_a * inverse_times(arena, t, ax), .cond = inverse_times(arena, t, sums)};
    times_magnitudes(n, t->a, x, ax);
    c.cond_x = norm(n, x) > 0 ? inverse_times(arena, t, ax) / norm(n, x) : (double)NAN;
    return c;
}

/* max |r_i| / scale_i; 0/0 = 0. */
static double largest_quotient(int64_t n, const double *r, const double *scale) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        if (r[i] != 0) largest = fmax(largest, fabs(r[i]) / scale[i]);
    return largest;
}

static void forward(const px_linear_truth *t, const double *y, px_linear_errors *e) {
    double error = 0, size = norm_of_solution(t);
    e->fwd_comp = 0;
    for (int64_t i = 0; i < t->n; i++) {
        double hi = px_mat_get(&t->x->hi, i, 0), lo = px_mat_get(&t->x->lo, i, 0);
        double d = fabs((y[i] - hi) - lo);
        error = fmax(error, d);
        if (fabs(hi) > px_mat_get(&t->x->radius, i, 0)) e->fwd_comp = fmax(e->fwd_comp, d / fabs(hi));
    }
    e->fwd_norm = size > 0 ? error / size : error > 0 ? (double)INFINITY : 0;
}

px_linear_errors px_linear_errors_of(px_arena *arena, const px_linear_truth *t, const double *y, const double *r,
                                     const double *scale) {
    int64_t n = t->n;
    px_linear_errors e;
    double *sums = PX_NEW_ARRAY(arena, double, n);
    double whole = norm_of_matrix(arena, n, t->a, sums) * norm(n, y) + norm(n, t->b);
    e.bwd_norm = norm(n, r) > 0 ? norm(n, r) / whole : 0;
    e.bwd_comp = largest_quotient(n, r, scale);
    forward(t, y, &e);
    double size = norm_of_solution(t);
    e.bound_fwd = e.bwd_comp > 0 ? e.bwd_comp * inverse_times(arena, t, scale) / size * above(0) : 0;
    return e;
}

/* (|L||U|) v into w, w and v apart; v >= 0. Cholesky: |L||L^T|. */
static void factors_times(px_arena *arena, const px_factors *f, const double *v, double *w) {
    int64_t n = f->n;
    double *u = PX_NEW_ARRAY(arena, double, n);
    for (int64_t i = 0; i < n; i++) {
        u[i] = 0;
        for (int64_t j = i; j < n; j++) u[i] += fabs(f->cholesky ? f->lu[j * n + i] : f->lu[i * n + j]) * v[j];
    }
    for (int64_t i = 0; i < n; i++) {
        w[i] = f->cholesky ? fabs(f->lu[i * n + i]) * u[i] : u[i];
        for (int64_t j = 0; j < i; j++) w[i] += fabs(f->lu[i * n + j]) * u[j];
    }
}

/* Rows in the order before the exchanges: w of P A becomes that of A. */
static void undo_exchanges(const px_factors *f, double *w) {
    for (int64_t k = f->n - 1; k >= 0 && !f->cholesky; k--) {
        int64_t p = (int64_t)f->pivots[k];
        double x = w[k];
        w[k] = w[p], w[p] = x;
    }
}

double px_growth(const px_factors *f) {
    double top = 0, a = 0;
    for (int64_t i = 0; i < f->n; i++)
        for (int64_t j = 0; j < f->n; j++) {
            double x = f->lu[i * f->n + j];
            if (f->cholesky || j >= i) top = fmax(top, f->cholesky ? x * x : fabs(x));
            a = fmax(a, fabs(f->matrix[i * f->n + j]));
        }
    return a > 0 ? top / a : (double)NAN;
}

/* Below 2^-emin in magnitude, so that 1 / pivot has its relative precision. */
static bool reciprocals_are_normal(const px_factors *f) {
    for (int64_t i = 0; i < f->n; i++)
        if (fabs(f->lu[i * f->n + i]) > 1 / px_fp_min_normal(f->recipe.out)) return false;
    return true;
}

/* Rump & Jeannerod; with reciprocals Higham's gamma_(3n+3), a rounding more in each division, in any order. */
static double beta_of(const px_factors *f, const char **source) {
    double u = px_fp_u(f->recipe.out), m = (double)f->n, k = 3 * m + 3 + f->cholesky;
    if (!f->reciprocal) {
        *source = f->cholesky ? "Rump & Jeannerod 2014: (3n + 1) u + n^2 u^2, Cholesky and two solves"
                              : "Rump & Jeannerod 2014: 3 n u + n^2 u^2, LU and two solves";
        return ((f->cholesky ? 3 * m + 1 : 3 * m) * u + m * m * u * u) * above(0);
    }
    if (k * u >= 1) {
        *source = "no bound: (3n + 4) u is not below 1";
        return (double)NAN;
    }
    *source = "Higham 2002, 9.4: gamma_(3n+3), one more for Cholesky; any order, reciprocals of pivots";
    return k * u / (1 - k * u) * above(0);
}

/* One format for all operations, rounded to nearest: what the theorem is about. */
static const char *no_bound(const px_factors *f) {
    const px_recipe *r = &f->recipe;
    if (r->model != 0) return "no bound: a matrix unit's products are not rounded one by one";
    if (!px_fp_equal(r->acc, r->out) || (!r->fused && !px_fp_equal(r->mul, r->out)))
        return "no bound: more than one format in the factorisation";
    if (r->rounding != PX_NEAREST_EVEN && r->rounding != PX_NEAREST_AWAY) return "no bound: not rounded to nearest";
    if (f->reciprocal && !reciprocals_are_normal(f)) return "no bound: the reciprocal of a pivot may be subnormal";
    if (!r->out.subnormals) return "no bound: subnormal numbers are flushed";
    return NULL;
}

/* A product or quotient in the subnormal range is off by half of the smallest subnormal, d, at most; sums there are
 * exact. So |LU - A| <= ... + n d (1 + max |u|), and the two solves leave residuals of n d (1 + max |t_ii|) each. The
 * first of them meets |L| on its way to b - A y. */
static double underflow_term(const px_factors *f, double sum_y, double norm_l) {
    double d = px_fp_min_subnormal(f->recipe.out), n = (double)f->n, top = 1 + norm(f->n * f->n, f->lu);
    return n * d * top * (sum_y + 1 + norm_l) * above(f->n);
}

px_solve_bound px_solve_bound_of(px_arena *arena, const px_factors *f, const double *y, const double *r) {
    int64_t n = f->n;
    px_solve_bound b = {.beta = NAN, .slack = NAN, .source = no_bound(f)};
    if (b.source) return b;
    b.beta = beta_of(f, &b.source);
    if (isnan(b.beta)) return b;
    double sum_y = 0, norm_l = 0;
    double *v = PX_NEW_ARRAY(arena, double, 2 * n), *w = v + n;
    for (int64_t i = 0; i < n; i++) {
        v[i] = fabs(y[i]);
        sum_y += v[i];
        double row = 1;
        for (int64_t j = 0; j <= i; j++) row += fabs(f->lu[i * n + j]);
        norm_l = fmax(norm_l, row);
    }
    factors_times(arena, f, v, w);
    undo_exchanges(f, w);
    double eta = underflow_term(f, sum_y, norm_l);
    b.slack = 0;
    for (int64_t i = 0; i < n; i++)
        if (r[i] != 0) b.slack = fmax(b.slack, fabs(r[i]) / ((b.beta * w[i] + eta) * above(2 * n)));
    return b;
}

double px_convergence_factor(px_arena *arena, const px_linear_truth *t, const px_factors *f, const int *row_exponents,
                             const int *column_exponents, int mu) {
    int64_t n = f->n;
    double *v = PX_NEW_ARRAY(arena, double, 2 * n), *w = v + n;
    for (int64_t i = 0; i < n; i++) v[i] = ldexp(1, column_exponents ? -column_exponents[i] : 0);
    factors_times(arena, f, v, w);
    undo_exchanges(f, w);
    for (int64_t i = 0; i < n; i++) w[i] = ldexp(w[i], -mu - (row_exponents ? row_exponents[i] : 0));
    return 3 * (double)n * px_fp_u(f->recipe.out) * inverse_times(arena, t, w);
}
