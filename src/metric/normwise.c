#include "metric/normwise.h"

#include <math.h>
#include <stdlib.h>

#include "metric/error.h"
#include "metric/isa/isa.h"

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

static void add_square(px_enclosure *sum, px_enclosure x, int exponent) {
    double low = ldexp(x.lo, -exponent), high = ldexp(x.hi, -exponent);
    sum->lo += low * low;
    sum->hi += high * high;
}

/* The squares of a row of ordinary entries. The exact ones are within 2^-50: their squares, within 2^-48. */
static void add_ordinary(const px_squares *s, const px_rough *row, px_enclosure *error, px_enclosure *exact) {
    px_rough_squares sum;
    row->loops->squares(row, ldexp(1, -s->error_exponent), ldexp(1, -s->exact_exponent), &sum);
    double x = 0;
    for (int l = 0; l < PX_ROUGH_LANES; l++) {
        error->lo += sum.least[l];
        error->hi += sum.most[l];
        x += sum.exact[l];
    }
    *exact = (px_enclosure){x * (1 - 0x1p-48), x * (1 + 0x1p-48)};
}

void px_squares_add(px_squares *s, const px_comparison *c, const px_rough *row, int64_t i) {
    enum { FARTHEST = 1000 }; /* exponents whose power of two is a double */
    bool plain = abs(s->error_exponent) <= FARTHEST && abs(s->exact_exponent) <= FARTHEST;
    px_enclosure error = {0, 0}, exact = {0, 0};
    if (plain && row->all_ordinary) add_ordinary(s, row, &error, &exact);
    for (int64_t j = 0; j < row->cols && !(plain && row->all_ordinary); j++) {
        double x = row->exact[j];
        px_entry e = {.error = {row->error_least[j], row->error_most[j]}};
        e.exact = (px_enclosure){x * (1 - 0x1p-49), x * (1 + 0x1p-49)};
        if (row->ordinary[j] != 1) e = px_entry_at(c, i, j);
        if (e.special) continue;
        add_square(&error, e.error, s->error_exponent);
        add_square(&exact, e.exact, s->exact_exponent);
    }
    px_squares_join(s, &(px_squares){.error = error, .exact = exact});
}

void px_squares_join(px_squares *s, const px_squares *of_other_rows) {
    const px_enclosure *error = &of_other_rows->error, *exact = &of_other_rows->exact;
    s->error = (px_enclosure){s->error.lo + error->lo, s->error.hi + error->hi};
    s->exact = (px_enclosure){s->exact.lo + exact->lo, s->exact.hi + exact->hi};
}

static int exponent_of(px_enclosure x) {
    int e;
    if (isinf(x.hi)) return 0;
    frexp(x.hi, &e);
    return e;
}

/* Can squares of numbers up to x be added as they are? Those that underflow do not matter then. */
static bool needs_no_scale(double x) { return x == 0 || (x >= 0x1p-400 && x <= 0x1p400); }

static bool frobenius_digits(const px_comparison *c, const px_norms *norms, double *figure) {
    px_squares s = norms->squares;
    if (!norms->summed || !needs_no_scale(norms->error.hi) || !needs_no_scale(norms->exact.hi)) {
        /* by powers of two so that the largest square is about 1 */
        s = (px_squares){.error_exponent = exponent_of(norms->error), .exact_exponent = exponent_of(norms->exact)};
        px_rough row = px_rough_new(c->computed->cols);
        for (int64_t i = 0; i < c->computed->rows; i++) {
            px_rough_row(&row, c, i);
            px_squares_add(&s, c, &row, i);
        }
        px_rough_free(&row);
    }
    /* on the way of one square into the sum */
    double roundings = (double)(c->computed->rows + c->computed->cols + PX_ROUGH_LANES);
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
