#include "metric/entry.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const px_enclosure beyond_double = {DBL_MAX, (double)INFINITY};

/* The doubles of one row. */
typedef struct row {
    double *computed, *hi, *lo, *radius, *b_hi, *b_lo, *b_radius;
} row;

static row row_new(int64_t cols) {
    size_t n = cols > 0 ? (size_t)cols : 1;
    double *x = n <= SIZE_MAX / sizeof *x / 7 ? malloc(7 * n * sizeof *x) : NULL;
    if (!x) px_out_of_memory(7ull * n * sizeof *x);
    return (row){x, x + n, x + 2 * n, x + 3 * n, x + 4 * n, x + 5 * n, x + 6 * n};
}

static void read_part(double *x, const px_mat *m, int64_t i, int64_t cols) {
    if (m->data) px_mat_get_row(m, i, 0, cols, x);
    else memset(x, 0, (size_t)cols * sizeof *x);
}

/* Radii of B with the relative part. 2^-50: for two roundings. */
static void widen(const px_wide *b, int64_t cols, row *r) {
    for (int64_t j = 0; j < cols && b->relative > 0; j++)
        r->b_radius[j] = (r->b_radius[j] + b->relative * r->b_hi[j]) * (1 + 0x1p-50);
}

static void row_read(row *r, const px_comparison *c, int64_t i) {
    int64_t cols = c->computed->cols;
    const px_wide *v = &c->truth->v, *b = &c->truth->absab;
    read_part(r->computed, c->computed, i, cols);
    read_part(r->hi, &v->hi, i, cols);
    read_part(r->lo, &v->lo, i, cols);
    read_part(r->radius, &v->radius, i, cols);
    read_part(r->b_hi, &b->hi, i, cols);
    read_part(r->b_lo, &b->lo, i, cols);
    read_part(r->b_radius, &b->radius, i, cols);
    widen(b, cols, r);
}

static bool sharpen(const px_comparison *c, int64_t i, int64_t j, px_expansion *value, px_expansion *scale) {
    const px_truth *t = c->truth;
    return t->sharpen && t->sharpen(t->context, i, j, value, scale, NULL) == PX_OK;
}

/* Is the exact value 0? Asked where the enclosure reaches 0. */
static bool is_zero(const px_comparison *c, int64_t i, int64_t j) {
    px_expansion value, scale;
    return !sharpen(c, i, j, &value, &scale) || fabs(value.part[0]) <= value.radius;
}

/* The exact value does not fit a double: is it infinite, or only too large? */
static bool is_finite(const px_comparison *c, int64_t i, int64_t j) {
    px_expansion value, scale;
    return sharpen(c, i, j, &value, &scale) && isfinite(value.part[0]);
}

static bool same_special(double x, double y) { return (isnan(x) && isnan(y)) || x == y; }

/* Entry (i, j) stands at place `at` of the row. */
static px_entry entry_of(const px_comparison *c, const row *r, int64_t at, int64_t i, int64_t j) {
    double x = r->hi[at], computed = r->computed[at];
    px_entry e = {.i = i, .j = j, .computed = computed};
    if (!isfinite(x)) {
        e.exact = e.scale = beyond_double;
        e.special = isnan(x) || !is_finite(c, i, j);
        if (e.special) e.error = px_enclosure_of(same_special(x, computed) ? 0 : (double)INFINITY);
        else e.error = (px_enclosure){isfinite(computed) ? 0 : (double)INFINITY, (double)INFINITY};
        return e;
    }
    e.exact = px_enclose_magnitude(x, r->lo[at], r->radius[at]);
    e.zero = e.exact.hi == 0 || (e.exact.lo == 0 && is_zero(c, i, j));
    if (isfinite(computed)) e.error = px_enclose_error(computed, x, r->lo[at], r->radius[at]);
    else e.error = px_enclosure_of((double)INFINITY);
    if (isfinite(r->b_hi[at])) e.scale = px_enclose_magnitude(r->b_hi[at], r->b_lo[at], r->b_radius[at]);
    else e.scale = beyond_double;
    return e;
}

px_entry px_entry_at(const px_comparison *c, int64_t i, int64_t j) {
    const px_wide *v = &c->truth->v, *b = &c->truth->absab;
    const px_mat *parts[] = {c->computed, &v->hi, &v->lo, &v->radius, &b->hi, &b->lo, &b->radius};
    double x[7];
    for (int p = 0; p < 7; p++) x[p] = parts[p]->data ? px_mat_get(parts[p], i, j) : 0;
    row r = {&x[0], &x[1], &x[2], &x[3], &x[4], &x[5], &x[6]};
    widen(b, 1, &r);
    return entry_of(c, &r, 0, i, j);
}

void px_entries_visit(const px_comparison *c, px_entry_visit *visit, void *to) {
    int64_t rows = c->computed->rows, cols = c->computed->cols;
    PX_ASSERT(rows == c->truth->v.hi.rows && cols == c->truth->v.hi.cols);
    row r = row_new(cols);
    for (int64_t i = 0; i < rows; i++) {
        row_read(&r, c, i);
        for (int64_t j = 0; j < cols; j++) {
            px_entry e = entry_of(c, &r, j, i, j);
            visit(to, c, &e);
        }
    }
    free(r.computed);
}

/* The exponent of the ulp of the out format at an exact value of magnitude x, 2^(e-1) <= x < 2^e; e of 0: any below. */
static int ulp_exponent(px_fp fp, int64_t e) {
    int64_t top = e - 1 < fp.emin ? fp.emin : e - 1 > fp.emax ? fp.emax : e - 1;
    return (int)top - fp.p + 1;
}

static int exponent(double x) {
    int e;
    if (isinf(x)) return DBL_MAX_EXP + 1;
    frexp(x, &e);
    return x == 0 ? DBL_MIN_EXP - DBL_MANT_DIG : e;
}

static px_enclosure in_ulps(px_fp fp, const px_entry *e) {
    int fine = ulp_exponent(fp, exponent(e->exact.lo)), coarse = ulp_exponent(fp, exponent(e->exact.hi));
    if (e->zero) fine = coarse = ulp_exponent(fp, fp.emin);
    px_enclosure low = px_enclose_scaled(e->error, -coarse), high = px_enclose_scaled(e->error, -fine);
    return (px_enclosure){low.lo, high.hi};
}

bool px_entry_ratio(const px_comparison *c, const px_entry *e, px_ratio ratio, px_enclosure *value) {
    *value = e->error;
    if (ratio == PX_RATIO_REL && e->zero) return false;
    if (e->special || e->error.lo == (double)INFINITY) return true; /* 0 or inf, whatever the denominator */
    switch (ratio) {
    case PX_RATIO_ABS: return true;
    case PX_RATIO_REL: *value = px_enclose_quotient(e->error, e->exact); return true;
    case PX_RATIO_ULP: *value = in_ulps(c->computed->fmt, e); return true;
    case PX_RATIO_B: *value = px_enclose_quotient(e->error, e->scale); return true;
    case PX_RATIO_BOUND:
        *value = px_enclose_quotient(e->error, px_enclose_affine(c->beta, e->scale, c->eta));
        return true;
    case PX_RATIO_COUNT: break;
    }
    PX_ASSERT(!"a ratio of the list");
    return false;
}

px_status px_too_few_digits(px_error *err) {
    return px_fail(err, PX_INCOMPLETE, "the reference has too few digits to decide the 8th digit of an error");
}

/* ---- Exact ---- */

void px_exact_enclosure_init(px_exact_enclosure *x) { mpfr_inits2(PX_ENTRY_BITS, x->lo, x->hi, (mpfr_ptr)NULL); }
void px_exact_enclosure_clear(px_exact_enclosure *x) { mpfr_clears(x->lo, x->hi, (mpfr_ptr)NULL); }

static void check_exact(int inexact) { PX_ASSERT(inexact == 0); }

/* x = value and rest of an expansion: [sum - radius, sum + radius] 2^exponent. */
static void set_expansion(px_exact_enclosure *x, const px_expansion *e) {
    mpfr_set_d(x->lo, e->part[0], MPFR_RNDN);
    for (int p = 1; p < PX_PARTS; p++) check_exact(mpfr_add_d(x->lo, x->lo, e->part[p], MPFR_RNDN));
    check_exact(mpfr_add_d(x->hi, x->lo, e->radius, MPFR_RNDN));
    check_exact(mpfr_sub_d(x->lo, x->lo, e->radius, MPFR_RNDN));
    mpfr_mul_2si(x->lo, x->lo, e->exponent, MPFR_RNDN);
    mpfr_mul_2si(x->hi, x->hi, e->exponent, MPFR_RNDN);
}

/* [lo, hi] to the magnitudes in it. */
static void take_magnitude(px_exact_enclosure *x) {
    if (mpfr_sgn(x->hi) <= 0) {
        mpfr_neg(x->lo, x->lo, MPFR_RNDN);
        mpfr_neg(x->hi, x->hi, MPFR_RNDN);
        mpfr_swap(x->lo, x->hi);
    } else if (mpfr_sgn(x->lo) < 0) {
        mpfr_neg(x->lo, x->lo, MPFR_RNDN);
        if (mpfr_cmp(x->lo, x->hi) > 0) mpfr_swap(x->lo, x->hi);
        mpfr_set_zero(x->lo, 1);
    }
}

/* The doubles of the truth as an expansion. */
static px_expansion expansion_of(const px_wide *w, int64_t i, int64_t j) {
    px_expansion e = {.part = {px_mat_get(&w->hi, i, j)}};
    if (w->lo.data) e.part[1] = px_mat_get(&w->lo, i, j);
    if (w->radius.data) e.radius = px_mat_get(&w->radius, i, j);
    if (w->relative > 0) e.radius = (e.radius + w->relative * fabs(e.part[0])) * (1 + 0x1p-50);
    return e;
}

/* The entry with all its digits: from the pair of doubles where that is exact. */
static void get_expansions(const px_comparison *c, const px_entry *e, px_expansion *value, px_expansion *scale) {
    const px_truth *t = c->truth;
    *value = expansion_of(&t->v, e->i, e->j);
    *scale = t->absab.hi.data ? expansion_of(&t->absab, e->i, e->j) : (px_expansion){.radius = 0};
    if (value->radius == 0 && scale->radius == 0 && isfinite(value->part[0]) && isfinite(scale->part[0])) return;
    px_expansion sharp[2];
    if (!sharpen(c, e->i, e->j, &sharp[0], &sharp[1])) return;
    *value = sharp[0];
    if (t->absab.hi.data) *scale = sharp[1];
}

static void error_of(px_exact_enclosure *error, const px_exact_enclosure *exact, double computed) {
    check_exact(mpfr_d_sub(error->lo, computed, exact->hi, MPFR_RNDN));
    check_exact(mpfr_d_sub(error->hi, computed, exact->lo, MPFR_RNDN));
    take_magnitude(error);
}

void px_entry_exact(const px_comparison *c, const px_entry *e, px_exact_enclosure *error, px_exact_enclosure *exact) {
    px_expansion value, scale;
    get_expansions(c, e, &value, &scale);
    set_expansion(exact, &value);
    error_of(error, exact, e->computed);
    take_magnitude(exact);
}

static void set_ulp(px_fp fp, const px_entry *e, px_exact_enclosure *x) {
    mpfr_ptr ends[] = {x->lo, x->hi};
    for (int k = 0; k < 2; k++) {
        int64_t top = e->zero || mpfr_zero_p(ends[k]) ? fp.emin : mpfr_get_exp(ends[k]);
        mpfr_set_ui_2exp(ends[k], 1, ulp_exponent(fp, top), MPFR_RNDN);
    }
}

/* The denominator, in place of the exact value. */
static void set_denominator(const px_comparison *c, const px_entry *e, px_ratio ratio, const px_expansion *scale,
                            px_exact_enclosure *x) {
    switch (ratio) {
    case PX_RATIO_REL: take_magnitude(x); return;
    case PX_RATIO_ULP:
        take_magnitude(x);
        set_ulp(c->computed->fmt, e, x);
        return;
    case PX_RATIO_B:
    case PX_RATIO_BOUND: set_expansion(x, scale); break;
    default: mpfr_set_ui(x->lo, 1, MPFR_RNDN); mpfr_set_ui(x->hi, 1, MPFR_RNDN); return;
    }
    if (ratio == PX_RATIO_B) return;
    mpfr_ptr ends[] = {x->lo, x->hi};
    for (int k = 0; k < 2; k++) {
        check_exact(mpfr_mul_d(ends[k], ends[k], c->beta, MPFR_RNDN));
        check_exact(mpfr_add_d(ends[k], ends[k], c->eta, MPFR_RNDN));
    }
}

bool px_entry_ratio_digits(const px_comparison *c, const px_entry *e, px_ratio ratio, double *figure) {
    if (e->special || e->error.lo == (double)INFINITY) {
        *figure = e->error.lo;
        return true;
    }
    px_expansion value, scale;
    get_expansions(c, e, &value, &scale);
    px_exact_enclosure error, x;
    px_exact_enclosure_init(&error);
    px_exact_enclosure_init(&x);
    set_expansion(&x, &value);
    error_of(&error, &x, e->computed);
    set_denominator(c, e, ratio, &scale, &x);
    bool decided = px_quotient_digits(&error, &x, false, figure);
    px_exact_enclosure_clear(&error);
    px_exact_enclosure_clear(&x);
    return decided;
}
