#include "data/problem.h"

#include <math.h>

#include <mpfr.h>

enum { BITS = 200 };

const char *px_problem_refused(int which, int64_t n) {
    if (which == PX_PROBLEM_scalar && n != 1) return "problem scalar has n = 1";
    if (which == PX_PROBLEM_textbook && n != 2) return "problem textbook has n = 2";
    if (which == PX_PROBLEM_rosenbrock && n % 2) return "problem rosenbrock needs an even n";
    return NULL;
}

static void set_decimal(px_wide *x, int64_t i, const char *text) {
    double hi, lo;
    px_data_decimal(text, &hi, &lo);
    px_mat_set(&x->hi, i, 0, hi);
    px_mat_set(&x->lo, i, 0, lo);
}

static void set_mpfr(px_wide *x, int64_t i, mpfr_t value) {
    double hi = mpfr_get_d(value, MPFR_RNDN);
    mpfr_sub_d(value, value, hi, MPFR_RNDN);
    px_mat_set(&x->hi, i, 0, hi);
    px_mat_set(&x->lo, i, 0, mpfr_get_d(value, MPFR_RNDN));
}

static px_wide new_column(px_arena *arena, int64_t n) {
    return (px_wide){.hi = px_mat_new(arena, px_fp_exact(), n, 1), .lo = px_mat_new(arena, px_fp_exact(), n, 1)};
}

px_wide px_problem_start(px_arena *arena, int which, px_draw draw, int64_t n) {
    px_wide w = new_column(arena, n);
    for (int64_t i = 0; i < n; i++) {
        uint64_t index = (uint64_t)i;
        switch (which) {
        case PX_PROBLEM_scalar: set_decimal(&w, i, "0.5"); break;
        case PX_PROBLEM_textbook: set_decimal(&w, i, i ? "-0.3" : "0.5"); break;
        case PX_PROBLEM_drift: px_mat_set(&w.hi, i, 0, 1 + 0.5 * px_draw_uniform(draw, index)); break;
        case PX_PROBLEM_quadratic: px_mat_set(&w.hi, i, 0, px_draw_normal(draw, index)); break;
        default: set_decimal(&w, i, i % 2 ? "1" : "-1.2"); break;
        }
    }
    return w;
}

/* kappa^(-i/(n-1)) */
static void set_eigenvalues(px_wide *x, int64_t n, double kappa) {
    mpfr_t base, power;
    mpfr_inits2(BITS, base, power, (mpfr_ptr)NULL);
    mpfr_set_d(base, kappa, MPFR_RNDN);
    for (int64_t i = 0; i < n; i++) {
        mpfr_set_si(power, -(long)i, MPFR_RNDN);
        if (n > 1) mpfr_div_si(power, power, (long)n - 1, MPFR_RNDN);
        mpfr_pow(power, base, power, MPFR_RNDN);
        set_mpfr(x, i, power);
    }
    mpfr_clears(base, power, (mpfr_ptr)NULL);
}

px_wide px_problem_numbers(px_arena *arena, int which, int64_t n, double kappa) {
    px_wide x = new_column(arena, n);
    if (which == PX_PROBLEM_quadratic) {
        set_eigenvalues(&x, n, kappa);
        return x;
    }
    for (int64_t i = 0; i < n; i++) switch (which) {
        case PX_PROBLEM_scalar: set_decimal(&x, i, "-0.1"); break;
        case PX_PROBLEM_textbook: set_decimal(&x, i, i ? "-0.2" : "0.1"); break;
        default: set_decimal(&x, i, "-1"); break;
        }
    return x;
}

px_wide px_problem_force(px_arena *arena, int64_t n, int64_t t) {
    px_wide x = new_column(arena, n);
    mpfr_t f;
    mpfr_init2(f, BITS);
    for (int64_t i = 0; i < n; i++) {
        mpfr_set_si(f, 3 * (long)t, MPFR_RNDN);
        mpfr_sin(f, f, MPFR_RNDN);
        mpfr_div_ui(f, f, 50, MPFR_RNDN);
        set_mpfr(&x, i, f);
    }
    mpfr_clear(f);
    return x;
}

bool px_problem_loss(int which, const px_mat *w, const px_mat *numbers, double *f) {
    *f = 0;
    if (which == PX_PROBLEM_quadratic)
        for (int64_t i = 0; i < w->rows; i++) {
            double x = px_mat_get(w, i, 0);
            *f += 0.5 * px_mat_get(numbers, i, 0) * x * x;
        }
    else if (which == PX_PROBLEM_rosenbrock)
        for (int64_t i = 0; i + 1 < w->rows; i += 2) {
            double a = px_mat_get(w, i, 0), r = fma(-a, a, px_mat_get(w, i + 1, 0)), s = 1 - a;
            *f += 100 * r * r + s * s;
        }
    else
        return false;
    return true;
}
