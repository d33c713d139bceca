#include "kernel/factor.h"

#include <math.h>

#include "arith/round.h"
#include "kernel/mma.h"

#define STEP_FINISH     UINT64_MAX
#define STEP_RECIPROCAL (UINT64_MAX - 1)

typedef struct factoring {
    const px_recipe *recipe;
    px_rounding rounding;
    uint64_t stream;
    bool reciprocal, exact_products;
} factoring;

static factoring factoring_of(const px_recipe *recipe, bool reciprocal, uint64_t stream) {
    return (factoring){.recipe = recipe,
                       .rounding = px_recipe_rounding(recipe),
                       .stream = stream,
                       .reciprocal = reciprocal,
                       .exact_products = recipe->fused || px_fp_is_exact(recipe->mul)};
}

static uint64_t bits_at(const factoring *f, int64_t element, uint64_t step) {
    return px_bits_for(f->rounding, f->stream, (uint64_t)element, step);
}

/* rnd(s - x y), update k of the element. */
static double update(const factoring *f, double s, double x, double y, int64_t element, int64_t k) {
    const px_recipe *r = f->recipe;
    uint64_t bits = bits_at(f, element, 2 * (uint64_t)k + 1);
    if (f->exact_products) return px_fma(r->acc, f->rounding, -x, y, s, bits);
    double product = px_mul(r->mul, f->rounding, x, y, bits_at(f, element, 2 * (uint64_t)k));
    return px_add(r->acc, f->rounding, s, -product, bits);
}

static double finish(const factoring *f, double s, int64_t element) {
    return px_round(f->recipe->out, f->rounding, s, bits_at(f, element, STEP_FINISH));
}

/* What a column is divided by: the pivot, or its reciprocal to multiply by. */
static double divisor(const factoring *f, double pivot, int64_t element) {
    return f->reciprocal ? px_div(f->recipe->out, f->rounding, 1.0, pivot, bits_at(f, element, STEP_RECIPROCAL))
                         : pivot;
}

static double divide(const factoring *f, double s, double by, int64_t element) {
    uint64_t bits = bits_at(f, element, STEP_FINISH);
    return f->reciprocal ? px_mul(f->recipe->out, f->rounding, s, by, bits)
                         : px_div(f->recipe->out, f->rounding, s, by, bits);
}

static double size(double x) { return isnan(x) ? (double)INFINITY : fabs(x); }

/* Of rows k .. n-1 of column k. */
static int64_t find_pivot(int64_t n, const double *a, int64_t k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < n && !isnan(a[best * n + k]); i++)
        if (isnan(a[i * n + k]) || size(a[i * n + k]) > size(a[best * n + k])) best = i;
    return best;
}

static void exchange(int64_t columns, double *a, int64_t i, int64_t k) {
    for (int64_t j = 0; i != k && j < columns; j++) {
        double x = a[i * columns + j];
        a[i * columns + j] = a[k * columns + j];
        a[k * columns + j] = x;
    }
}

/* Step k in columns k .. end - 1. */
static void eliminate(const factoring *f, int64_t n, double *a, int64_t *pivots, int64_t k, int64_t end) {
    pivots[k] = find_pivot(n, a, k);
    exchange(n, a, pivots[k], k);
    double *row = a + k * n;
    for (int64_t j = k; j < end; j++) row[j] = finish(f, row[j], k * n + j);
    double by = divisor(f, row[k], k * n + k);
    for (int64_t i = k + 1; i < n; i++) {
        double *l = &a[i * n + k];
        *l = row[k] == 0 ? finish(f, *l, i * n + k) : divide(f, *l, by, i * n + k);
        for (int64_t j = k + 1; j < end; j++) a[i * n + j] = update(f, a[i * n + j], *l, row[j], i * n + j, k);
    }
}

void px_lu(const px_recipe *recipe, bool reciprocal, int64_t n, double *a, int64_t *pivots, uint64_t stream) {
    factoring f = factoring_of(recipe, reciprocal, stream);
    for (int64_t k = 0; k < n; k++) eliminate(&f, n, a, pivots, k, n);
}

/* What is right of the panel first .. end - 1: its rows of u, then all below by the unit. */
static void update_by_unit(const factoring *f, const px_mma *unit, int64_t n, double *a, int64_t first, int64_t end) {
    px_recipe chain = *f->recipe;
    chain.out = chain.acc;
    for (int64_t k = first; k < end; k++)
        for (int64_t j = end; j < n; j++) {
            double u = a[k * n + j] = finish(f, a[k * n + j], k * n + j);
            for (int64_t i = k + 1; i < end; i++) a[i * n + j] = update(f, a[i * n + j], a[i * n + k], u, i * n + j, k);
        }
    for (int64_t i = end; i < n; i++)
        for (int64_t j = end; j < n; j++) {
            px_terms terms = {.n = end - first, .a = &a[i * n + first], .b = &a[first * n + j], .c = a[i * n + j]};
            terms.stride_a = 1, terms.stride_b = n, terms.sign = -1;
            a[i * n + j] = px_mma_entry(unit, &chain, &terms);
        }
}

void px_lu_by_unit(const px_recipe *recipe, const px_mma *unit, bool reciprocal, int64_t n, double *a, int64_t *pivots,
                   uint64_t stream) {
    factoring f = factoring_of(recipe, reciprocal, stream);
    for (int64_t first = 0, end; first < n; first = end) {
        end = n - first < recipe->block ? n : first + recipe->block;
        for (int64_t k = first; k < end; k++) eliminate(&f, n, a, pivots, k, end);
        update_by_unit(&f, unit, n, a, first, end);
    }
}

void px_cholesky(const px_recipe *recipe, bool reciprocal, int64_t n, double *a, uint64_t stream) {
    factoring f = factoring_of(recipe, reciprocal, stream);
    for (int64_t k = 0; k < n; k++) {
        double *pivot = &a[k * n + k];
        *pivot = px_sqrt(recipe->out, f.rounding, *pivot, bits_at(&f, k * n + k, STEP_FINISH));
        double by = divisor(&f, *pivot, k * n + k);
        for (int64_t j = k + 1; j < n; j++) a[k * n + j] = 0;
        for (int64_t i = k + 1; i < n; i++) a[i * n + k] = divide(&f, a[i * n + k], by, i * n + k);
        for (int64_t i = k + 1; i < n; i++)
            for (int64_t j = k + 1; j <= i; j++)
                a[i * n + j] = update(&f, a[i * n + j], a[i * n + k], a[j * n + k], i * n + j, k);
    }
}

/* Row k of x is known once it has met every row before it. */
static void solve_row(const factoring *f, const px_triangle *t, int64_t k, int64_t columns, double *x) {
    double *row = x + k * columns, by = t->unit ? 1.0 : divisor(f, t->t[k * t->n + k], k * columns);
    for (int64_t j = 0; j < columns; j++)
        row[j] = t->unit ? finish(f, row[j], k * columns + j) : divide(f, row[j], by, k * columns + j);
    int64_t first = t->upper ? 0 : k + 1, last = t->upper ? k : t->n;
    for (int64_t i = first; i < last; i++)
        for (int64_t j = 0; j < columns; j++) {
            int64_t at = i * columns + j;
            x[at] = update(f, x[at], t->t[i * t->n + k], row[j], at, k);
        }
}

void px_trsm(const px_recipe *recipe, const px_triangle *t, int64_t columns, double *x, uint64_t stream) {
    factoring f = factoring_of(recipe, t->reciprocal, stream);
    for (int64_t i = 0; i < t->n; i++) solve_row(&f, t, t->upper ? t->n - 1 - i : i, columns, x);
}

void px_permute(int64_t n, const int64_t *pivots, int64_t columns, double *x) {
    for (int64_t k = 0; k < n; k++) exchange(columns, x, pivots[k], k);
}
