#include "metric/normwise.h"

#include <math.h>

#include "metric/error.h"

/* ---- max |E| / max |exact| ---- */

/* Exact maxima, over the entries that can be the maximum. */
typedef struct maxima {
    const px_norms *norms;
    px_exact_enclosure error, exact, e, x; /* the last two: of one entry */
} maxima;

static void raise_to(px_exact_enclosure *top, const px_exact_enclosure *x) {
    mpfr_max(top->lo, top->lo, x->lo, MPFR_RNDN);
    mpfr_max(top->hi, top->hi, x->hi, MPFR_RNDN);
}

static void include_exactly(void *to, const px_comparison *c, const px_entry *e) {
    maxima *m = to;
    bool error = e->error.hi >= m->norms->error.lo, exact = e->exact.hi >= m->norms->exact.lo;
    if (e->special || (!error && !exact)) return;
    px_entry_exact(c, e, &m->e, &m->x);
    if (error) raise_to(&m->error, &m->e);
    if (exact) raise_to(&m->exact, &m->x);
}

static bool exact_maxima(const px_comparison *c, const px_norms *norms, double *figure) {
    maxima m = {.norms = norms};
    px_exact_enclosure *all[] = {&m.error, &m.exact, &m.e, &m.x};
    for (int i = 0; i < 4; i++) {
        px_exact_enclosure_init(all[i]);
        mpfr_set_zero(all[i]->lo, 1);
        mpfr_set_zero(all[i]->hi, 1);
    }
    px_entries_visit(c, include_exactly, &m);
    bool decided = px_quotient_digits(&m.error, &m.exact, false, figure);
    for (int i = 0; i < 4; i++) px_exact_enclosure_clear(all[i]);
    return decided;
}

/* Do the ends of an enclosure round to the same 8 digits? */
static bool digits_of(px_enclosure x, double *figure) {
    *figure = px_round_digits(x.hi);
    return px_round_digits(x.lo) == *figure;
}

/* ---- ||E||_F / ||exact||_F ---- */

/* Sums of squares in double, scaled by powers of two so that the largest square is about 1. */
typedef struct squares {
    int error_exponent, exact_exponent;
    int64_t row, terms;
    px_enclosure error, exact, row_error, row_exact;
} squares;

static void add_square(px_enclosure *sum, px_enclosure x, int exponent) {
    double low = ldexp(x.lo, -exponent), high = ldexp(x.hi, -exponent);
    sum->lo += low * low;
    sum->hi += high * high;
}

static void end_row(squares *s) {
    px_enclosure *to[] = {&s->error, &s->exact}, *from[] = {&s->row_error, &s->row_exact};
    for (int k = 0; k < 2; k++) {
        to[k]->lo += from[k]->lo;
        to[k]->hi += from[k]->hi;
        *from[k] = (px_enclosure){0, 0};
    }
}

static void include_squares(void *to, const px_comparison *c, const px_entry *e) {
    squares *s = to;
    (void)c;
    if (e->i != s->row) end_row(s);
    s->row = e->i;
    if (e->special) return;
    add_square(&s->row_error, e->error, s->error_exponent);
    add_square(&s->row_exact, e->exact, s->exact_exponent);
}

static int exponent_of(px_enclosure x) {
    int e;
    if (isinf(x.hi)) return 0;
    frexp(x.hi, &e);
    return e;
}

static bool frobenius_digits(const px_comparison *c, const px_norms *norms, double *figure) {
    squares s = {.error_exponent = exponent_of(norms->error), .exact_exponent = exponent_of(norms->exact)};
    px_entries_visit(c, include_squares, &s);
    end_row(&s);
    double roundings = (double)(c->computed->rows + c->computed->cols); /* on the way of one square into the sum */
    px_enclosure error = px_enclose_rounded_sum(s.error, roundings), exact = px_enclose_rounded_sum(s.exact, roundings);
    px_enclosure root = px_enclose_sqrt(px_enclose_quotient(error, exact));
    return digits_of(px_enclose_scaled(root, s.error_exponent - s.exact_exponent), figure);
}

enum { SQUARES_BITS = 2 * PX_ENTRY_BITS };

typedef struct exact_squares {
    px_exact_enclosure error, exact; /* sums, of SQUARES_BITS */
    px_exact_enclosure e, x;         /* one entry */
} exact_squares;

/* sum += x^2; exact, with no more bits than x needs. */
static void add_exact_square(mpfr_t sum, const mpfr_t x) {
    if (mpfr_zero_p(x)) return;
    mpfr_prec_t bits = mpfr_min_prec(x);
    mpfr_t y, square;
    mpfr_init2(y, bits);
    mpfr_init2(square, 2 * bits);
    mpfr_set(y, x, MPFR_RNDN);
    mpfr_sqr(square, y, MPFR_RNDN);
    int inexact = mpfr_add(sum, sum, square, MPFR_RNDN);
    PX_ASSERT(inexact == 0);
    mpfr_clears(y, square, (mpfr_ptr)NULL);
}

static void include_exact_squares(void *to, const px_comparison *c, const px_entry *e) {
    exact_squares *s = to;
    if (e->special) return;
    px_entry_exact(c, e, &s->e, &s->x);
    add_exact_square(s->error.lo, s->e.lo);
    add_exact_square(s->error.hi, s->e.hi);
    add_exact_square(s->exact.lo, s->x.lo);
    add_exact_square(s->exact.hi, s->x.hi);
}

static bool exact_frobenius(const px_comparison *c, double *figure) {
    exact_squares s;
    px_exact_enclosure_init(&s.e);
    px_exact_enclosure_init(&s.x);
    mpfr_inits2(SQUARES_BITS, s.error.lo, s.error.hi, s.exact.lo, s.exact.hi, (mpfr_ptr)NULL);
    mpfr_ptr sums[] = {s.error.lo, s.error.hi, s.exact.lo, s.exact.hi};
    for (int k = 0; k < 4; k++) mpfr_set_zero(sums[k], 1);
    px_entries_visit(c, include_exact_squares, &s);
    bool decided = px_quotient_digits(&s.error, &s.exact, true, figure);
    px_exact_enclosure_clear(&s.error);
    px_exact_enclosure_clear(&s.exact);
    px_exact_enclosure_clear(&s.e);
    px_exact_enclosure_clear(&s.x);
    return decided;
}

px_status px_normwise(const px_comparison *c, const px_norms *norms, double *max, double *frobenius, px_error *err) {
    if (norms->exact.hi == 0) return PX_OK;
    *max = *frobenius = norms->error.lo;
    if (norms->error.lo == (double)INFINITY) return PX_OK;
    if (!digits_of(px_enclose_quotient(norms->error, norms->exact), max) && !exact_maxima(c, norms, max))
        return px_too_few_digits(err);
    if (!frobenius_digits(c, norms, frobenius) && !exact_frobenius(c, frobenius)) return px_too_few_digits(err);
    return PX_OK;
}
