#include "spec/range.h"

#include <limits.h>
#include <math.h>
#include <mpfr.h>
#include <string.h>

#include "spec/list.h"

_Static_assert(sizeof(long) == sizeof(int64_t) && sizeof(unsigned long) == sizeof(uint64_t),
               "mpfr_get_si, mpfr_get_ui");

enum { BITS = 1152, SETTLED = 1088, LOG_BITS = 448, LOG_SETTLED = 384, POWER_MAX = 10000 };

/* What stands behind a..b. */
typedef enum step_kind { STEP_ONE, STEP_ADD, STEP_TIMES, STEP_LIN, STEP_LOG } step_kind;

typedef struct range {
    mpfr_t a, b, step; /* step: s, f, or the number of points */
    step_kind kind;
    long n; /* points; STEP_TIMES: not known beforehand */
    bool whole;
    px_token at; /* of the item, for messages */
    px_lexer *l;
} range;

/* Reports at the item that `token` began; returns false. */
#define WRONG(l, token, ...) (px_diagnose((l)->d, (token).line, (token).column, __VA_ARGS__), false)

bool px_number_ahead(const px_lexer *l) {
    return px_lexer_is(l, PX_TOKEN_NUMBER) || px_lexer_is(l, PX_TOKEN_MINUS) || px_lexer_is(l, PX_TOKEN_PLUS);
}

/* A literal of value 0, whatever its exponent. */
static bool is_zero(const char *literal) {
    bool hex = literal[0] == '0' && (literal[1] == 'x' || literal[1] == 'X');
    return strcspn(literal, hex ? "123456789abcdefABCDEF" : "123456789") >= strcspn(literal, hex ? "pP" : "eE");
}

/* x := [+-] literal [^ [+-] literal]. */
static bool read_literal(px_lexer *l, mpfr_t x) {
    px_token first = l->token;
    bool minus = px_lexer_accept(l, PX_TOKEN_MINUS);
    if (!minus) px_lexer_accept(l, PX_TOKEN_PLUS);
    if (!px_lexer_is(l, PX_TOKEN_NUMBER)) return px_lexer_expected(l, "a number");
    mpfr_strtofr(x, l->token.text, NULL, 0, MPFR_RNDN);
    bool zero = is_zero(l->token.text);
    px_lexer_next(l);
    if (px_lexer_accept(l, PX_TOKEN_CARET)) {
        bool inverse = px_lexer_accept(l, PX_TOKEN_MINUS);
        int64_t power;
        if (!px_lexer_is(l, PX_TOKEN_NUMBER)) return px_lexer_expected(l, "an exponent");
        if (!px_int_parse(l->token.text, &power) || power > POWER_MAX)
            return WRONG(l, l->token, "an exponent is a whole number up to %d, not '%s'", POWER_MAX, l->token.text);
        px_lexer_next(l);
        mpfr_pow_si(x, x, inverse ? -(long)power : (long)power, MPFR_RNDN);
    }
    if (minus) mpfr_neg(x, x, MPFR_RNDN);
    double value = mpfr_get_d(x, MPFR_RNDN);
    if (!isfinite(value)) return WRONG(l, first, "the number is beyond the largest double");
    if (value == 0 && !zero) return WRONG(l, first, "the number is below the smallest double");
    return true;
}

/* 16:1024:2 means step 1024 to MATLAB and step 2 to Python. The lexer stands at the first colon. */
static bool refuse_colons(px_lexer *l, px_token first) {
    px_token part[3] = {first};
    int n = 1;
    while (n < 3 && px_lexer_accept(l, PX_TOKEN_COLON) && px_lexer_is(l, PX_TOKEN_NUMBER)) {
        part[n++] = l->token;
        px_lexer_next(l);
    }
    bool simple = first.kind == PX_TOKEN_NUMBER && (px_lexer_is(l, PX_TOKEN_COMMA) || px_lexer_is(l, PX_TOKEN_END));
    if (simple && n == 3)
        return WRONG(l, first,
                     "ranges are written with '..': %s..%s *%s (times %s) or %s..%s +%s (steps of %s), not '%s:%s:%s'",
                     part[0].text, part[1].text, part[2].text, part[2].text, part[0].text, part[1].text, part[2].text,
                     part[2].text, part[0].text, part[1].text, part[2].text);
    if (simple && n == 2)
        return WRONG(l, first, "ranges are written with '..': %s..%s, not '%s:%s'", part[0].text, part[1].text,
                     part[0].text, part[1].text);
    return WRONG(l, first, "ranges are written with '..', as in 16..1024 *2 or 0..100 +10");
}

/* The points so far, and one more: x rounded to `settled` bits, then to what the axis holds. */
static bool add_point(const range *r, px_points *points, mpfr_t x, int settled) {
    px_point p = {0};
    mpfr_prec_round(x, settled, MPFR_RNDN);
    if (r->whole) {
        mpfr_roundeven(x, x);
        if (!mpfr_fits_slong_p(x, MPFR_RNDN)) return WRONG(r->l, r->at, "the number is beyond the largest integer");
        p.integer = mpfr_get_si(x, MPFR_RNDN);
        if (points->n && points->at[points->n - 1].integer == p.integer) return true;
    }
    p.real = mpfr_get_d(x, MPFR_RNDN) + 0.0; /* no -0 */
    if (points->n == PX_LIST_MAX) return WRONG(r->l, r->at, "the range has more than %d points", PX_LIST_MAX);
    PX_ADD(r->l->arena, points->at, points->n) = p;
    return true;
}

/* a + i s, with s = (b - a)/(n - 1) for STEP_LIN. */
static bool add_linear(const range *r, px_points *points, mpfr_t x) {
    for (long i = 0; i < r->n; i++) {
        mpfr_set_prec(x, BITS);
        if (r->kind == STEP_LIN) {
            mpfr_sub(x, r->b, r->a, MPFR_RNDN);
            mpfr_mul_si(x, x, i, MPFR_RNDN);
            mpfr_div_si(x, x, r->n - 1, MPFR_RNDN);
        } else {
            mpfr_mul_si(x, r->step, i, MPFR_RNDN);
        }
        mpfr_add(x, x, r->a, MPFR_RNDN);
        if (!add_point(r, points, x, SETTLED)) return false;
    }
    return true;
}

/* a f^i up to b: x/b is compared with 1 after it was settled, so that 0.001 * 10^3 reaches 1. */
static bool add_geometric(const range *r, px_points *points, mpfr_t x) {
    mpfr_t power, ratio;
    mpfr_inits2(BITS, power, ratio, (mpfr_ptr)0);
    mpfr_set(power, r->a, MPFR_RNDN);
    bool fine = true;
    for (int steps = 0; fine; steps++) {
        mpfr_set_prec(ratio, BITS);
        mpfr_div(ratio, power, r->b, MPFR_RNDN);
        mpfr_prec_round(ratio, SETTLED, MPFR_RNDN);
        if (mpfr_cmp_ui(ratio, 1) > 0) break;
        mpfr_set_prec(x, BITS);
        mpfr_set(x, power, MPFR_RNDN);
        fine = steps < PX_LIST_MAX ? add_point(r, points, x, SETTLED)
                                   : WRONG(r->l, r->at, "the range has more than %d points", PX_LIST_MAX);
        mpfr_mul(power, power, r->step, MPFR_RNDN);
    }
    mpfr_clears(power, ratio, (mpfr_ptr)0);
    return fine;
}

/* a (b/a)^(i/(n-1)), the ends as written. */
static bool add_logarithmic(const range *r, px_points *points, mpfr_t x) {
    mpfr_t width;
    mpfr_init2(width, LOG_BITS);
    mpfr_div(width, r->b, r->a, MPFR_RNDN);
    mpfr_log(width, width, MPFR_RNDN);
    bool fine = true;
    for (long i = 0; fine && i < r->n; i++) {
        bool end = i == 0 || i == r->n - 1;
        mpfr_set_prec(x, end ? BITS : LOG_BITS);
        if (end) {
            mpfr_set(x, i == 0 ? r->a : r->b, MPFR_RNDN);
        } else {
            mpfr_mul_si(x, width, i, MPFR_RNDN);
            mpfr_div_si(x, x, r->n - 1, MPFR_RNDN);
            mpfr_exp(x, x, MPFR_RNDN);
            mpfr_mul(x, x, r->a, MPFR_RNDN);
        }
        fine = add_point(r, points, x, end ? SETTLED : LOG_SETTLED);
    }
    mpfr_clear(width);
    return fine;
}

/* What follows a..b: nothing, +s, *f, lin K, log K. */
static bool read_step(range *r) {
    px_lexer *l = r->l;
    r->kind = px_lexer_is(l, PX_TOKEN_PLUS)   ? STEP_ADD
              : px_lexer_is(l, PX_TOKEN_STAR) ? STEP_TIMES
              : px_lexer_is_word(l, "lin")    ? STEP_LIN
              : px_lexer_is_word(l, "log")    ? STEP_LOG
                                              : STEP_ONE;
    if (r->kind == STEP_ONE) {
        mpfr_set_ui(r->step, 1, MPFR_RNDN);
        return true;
    }
    px_lexer_next(l);
    return read_literal(l, r->step);
}

/* The step fits its kind and the number of points is within the limit; sets n. */
static bool check_step(range *r, mpfr_t x) {
    px_lexer *l = r->l;
    bool points = r->kind == STEP_LIN || r->kind == STEP_LOG;
    if (r->kind == STEP_ONE && !(mpfr_integer_p(r->a) && mpfr_integer_p(r->b)))
        return WRONG(l, r->at,
                     "a range without a step counts whole numbers; give a step, as in 0..1 +0.1 or 0..1 lin 11");
    if ((r->kind == STEP_TIMES || r->kind == STEP_LOG) && mpfr_sgn(r->a) <= 0)
        return WRONG(l, r->at, "a geometric range begins above 0");
    if (r->kind == STEP_ADD && mpfr_sgn(r->step) <= 0) return WRONG(l, r->at, "the step of a range is above 0");
    if (r->kind == STEP_TIMES && mpfr_cmp_ui(r->step, 1) <= 0)
        return WRONG(l, r->at, "the factor of a range is above 1");
    if (points && !(mpfr_integer_p(r->step) && mpfr_cmp_ui(r->step, 2) >= 0))
        return WRONG(l, r->at, "lin and log take a whole number of points, 2 or more");
    if (r->kind == STEP_TIMES) return true;
    if (points) {
        mpfr_set(x, r->step, MPFR_RNDN);
    } else {
        mpfr_sub(x, r->b, r->a, MPFR_RNDN);
        mpfr_div(x, x, r->step, MPFR_RNDN);
        mpfr_prec_round(x, SETTLED, MPFR_RNDN);
        mpfr_floor(x, x);
        mpfr_add_ui(x, x, 1, MPFR_RNDN);
    }
    if (mpfr_cmp_ui(x, PX_LIST_MAX) > 0) {
        if (!mpfr_fits_slong_p(x, MPFR_RNDN)) return WRONG(l, r->at, "the range has more than %d points", PX_LIST_MAX);
        return WRONG(l, r->at, "the range has %ld points, more than the limit of %d", mpfr_get_si(x, MPFR_RNDN),
                     PX_LIST_MAX);
    }
    r->n = mpfr_get_si(x, MPFR_RNDN);
    return true;
}

static bool read_range(range *r, px_points *points, mpfr_t x) {
    px_lexer *l = r->l;
    if (!px_lexer_accept(l, PX_TOKEN_RANGE)) {
        if (px_lexer_is(l, PX_TOKEN_COLON)) return refuse_colons(l, r->at);
        if (r->whole && !mpfr_integer_p(r->a))
            return WRONG(l, r->at, "a whole number is wanted here, without a fraction");
        return mpfr_set(x, r->a, MPFR_RNDN), add_point(r, points, x, SETTLED);
    }
    if (!read_literal(l, r->b) || !read_step(r)) return false;
    if (r->whole && !(mpfr_integer_p(r->a) && mpfr_integer_p(r->b)))
        return WRONG(l, r->at, "the ends of this range must be whole numbers");
    if (mpfr_greater_p(r->a, r->b)) return WRONG(l, r->at, "the range is empty: it begins above its end");
    if (!check_step(r, x)) return false;
    switch (r->kind) {
    case STEP_TIMES: return add_geometric(r, points, x);
    case STEP_LOG: return add_logarithmic(r, points, x);
    default: return add_linear(r, points, x);
    }
}

bool px_points_read(px_lexer *l, bool whole, px_points *points) {
    *points = (px_points){0};
    range r = {.whole = whole, .at = l->token, .l = l};
    mpfr_t x;
    mpfr_inits2(BITS, r.a, r.b, r.step, x, (mpfr_ptr)0);
    bool fine = read_literal(l, r.a) && read_range(&r, points, x);
    mpfr_clears(r.a, r.b, r.step, x, (mpfr_ptr)0);
    return fine;
}

bool px_number_read(px_lexer *l, double *value) {
    mpfr_t x;
    mpfr_init2(x, BITS);
    bool fine = read_literal(l, x);
    if (fine) *value = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clear(x);
    return fine;
}

bool px_seed_read(px_lexer *l, uint64_t *value) {
    px_token first = l->token;
    mpfr_t x;
    mpfr_init2(x, BITS);
    bool fine = read_literal(l, x);
    if (fine && !(mpfr_integer_p(x) && mpfr_fits_ulong_p(x, MPFR_RNDN)))
        fine = WRONG(l, first, "a whole number from 0 to 2^64 - 1 is wanted here");
    if (fine) *value = mpfr_get_ui(x, MPFR_RNDN);
    mpfr_clear(x);
    return fine;
}
