/* Every operation on balls holds what it promises: points drawn from the operands' balls go into the result's ball, and
 * the ball is not wider than a few times what it must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/philox.h"
#include "ref/ball.h"

enum { BITS = 128, EXACT_BITS = 700, CASES = 4000 };

/* Uniform in [-1, 1]. */
static double draw(uint64_t key, uint64_t index) { return (double)(int64_t)px_philox(key, 0, index).lo * 0x1p-63; }

/* One operation, and the same on plain MPFR numbers of many bits. b is read by operations of two operands. */
typedef struct operation {
    const char *name;
    void (*ball)(px_ball *y, const px_ball *a, const px_ball *b);
    void (*plain)(mpfr_t y, const mpfr_t a, const mpfr_t b);
    double low, high; /* range of the exponents of |a| and |b| */
    int positive;     /* a > 0 only */
    double widest;    /* radius over the least that holds all cases, at most */
} operation;

#define UNARY(name)                                                                                                    \
    static void ball_##name(px_ball *y, const px_ball *a, const px_ball *b) {                                          \
        (void)b;                                                                                                       \
        px_ball_##name(y, a);                                                                                          \
    }
#define PLAIN1(name, f)                                                                                                \
    static void plain_##name(mpfr_t y, const mpfr_t a, const mpfr_t b) {                                               \
        (void)b;                                                                                                       \
        f(y, a, MPFR_RNDN);                                                                                            \
    }
#define PLAIN2(name, f)                                                                                                \
    static void plain_##name(mpfr_t y, const mpfr_t a, const mpfr_t b) { f(y, a, b, MPFR_RNDN); }
UNARY(neg)
UNARY(sqrt) UNARY(rsqrt) UNARY(exp) UNARY(log) UNARY(erfc) PLAIN1(neg, mpfr_neg) PLAIN1(sqrt, mpfr_sqrt)
    PLAIN1(rsqrt, mpfr_rec_sqrt) PLAIN1(exp, mpfr_exp) PLAIN1(log, mpfr_log) PLAIN1(erfc, mpfr_erfc)
        PLAIN2(add, mpfr_add) PLAIN2(sub, mpfr_sub) PLAIN2(mul, mpfr_mul) PLAIN2(div, mpfr_div)

            static void ball_scale(px_ball *y, const px_ball *a, const px_ball *b) {
    (void)b;
    px_ball_scale(y, a, -7);
}
static void plain_scale(mpfr_t y, const mpfr_t a, const mpfr_t b) {
    (void)b;
    mpfr_mul_2si(y, a, -7, MPFR_RNDN);
}
static void ball_div_int(px_ball *y, const px_ball *a, const px_ball *b) {
    (void)b;
    px_ball_div_int(y, a, 7);
}
static void plain_div_int(mpfr_t y, const mpfr_t a, const mpfr_t b) {
    (void)b;
    mpfr_div_si(y, a, 7, MPFR_RNDN);
}
static void ball_mul_int(px_ball *y, const px_ball *a, const px_ball *b) {
    (void)b;
    px_ball_mul_int(y, a, -9);
}
static void plain_mul_int(mpfr_t y, const mpfr_t a, const mpfr_t b) {
    (void)b;
    mpfr_mul_si(y, a, -9, MPFR_RNDN);
}
static void ball_copy(px_ball *y, const px_ball *a, const px_ball *b) {
    (void)b;
    px_ball_copy(y, a);
}
static void plain_copy(mpfr_t y, const mpfr_t a, const mpfr_t b) {
    (void)b;
    mpfr_set(y, a, MPFR_RNDN);
}

#define OP(name, low, high, positive, widest)                                                                          \
    { #name, ball_##name, plain_##name, low, high, positive, widest }
#define OWN(name, low, high, positive, widest)                                                                         \
    { #name, px_ball_##name, plain_##name, low, high, positive, widest }
static const operation operations[] = {
    OWN(add, -20, 20, 0, 4),    OWN(sub, -20, 20, 0, 4), OWN(mul, -40, 40, 0, 6),   OWN(div, -40, 40, 0, 12),
    OP(neg, -40, 40, 0, 4),     OP(copy, -40, 40, 0, 4), OP(scale, -40, 40, 0, 4),  OP(div_int, -40, 40, 0, 4),
    OP(mul_int, -40, 40, 0, 4), OP(sqrt, -40, 40, 1, 8), OP(rsqrt, -40, 40, 1, 10), OP(exp, -8, 7, 0, 4),
    OP(log, -40, 40, 1, 6),     OP(erfc, -12, 0, 0, 5),
};

/* A ball around a random number, and a true value in it: at the rim in two cases of three. */
static void make(const operation *op, uint64_t key, uint64_t k, double radius, px_ball *ball, mpfr_t truth) {
    double e = op->low + (op->high - op->low) * fabs(draw(key, 3 * k)), where = draw(key, 3 * k + 2);
    mpfr_set_d(ball->x, draw(key, 3 * k + 1), MPFR_RNDN);
    mpfr_add_d(ball->x, ball->x, 0x1p-60 * draw(key + 9, k), MPFR_RNDN); /* more than 53 bits */
    if (op->positive) mpfr_abs(ball->x, ball->x, MPFR_RNDN);
    mpfr_mul_2si(ball->x, ball->x, (long)e, MPFR_RNDN);
    ball->r = ldexp(radius, (int)e);
    if (k % 3) where = k % 3 == 1 ? 1 : -1;
    mpfr_set_d(truth, where, MPFR_RNDN);
    mpfr_mul_d(truth, truth, ball->r, MPFR_RNDN);
    mpfr_add(truth, truth, ball->x, MPFR_RNDN);
}

/* |truth - x| / r of the result. */
static double use(const px_ball *y, const mpfr_t truth, mpfr_t scratch) {
    mpfr_sub(scratch, truth, y->x, MPFR_RNDN);
    double d = fabs(mpfr_get_d(scratch, MPFR_RNDA));
    return d == 0 ? 0 : d / y->r;
}

static void inclusion(const operation *op, double radius) {
    px_ball *b = px_balls_new(3, BITS);
    mpfr_t truth[2], y, scratch;
    mpfr_inits2(EXACT_BITS, truth[0], truth[1], y, scratch, (mpfr_ptr)NULL);
    double most = 0;
    for (uint64_t k = 0; k < CASES; k++) {
        make(op, 1, k, radius, &b[0], truth[0]);
        make(op, 2, k / 3, radius, &b[1], truth[1]);
        op->ball(&b[2], &b[0], &b[1]);
        op->plain(y, truth[0], truth[1]);
        double used = use(&b[2], y, scratch);
        if (!(used <= 1)) fail_msg("%s, case %d, radius %a: %g of its radius", op->name, (int)k, radius, used);
        most = fmax(most, used);
        op->ball(&b[0], &b[0], &b[1]); /* in place */
        assert_true(mpfr_equal_p(b[0].x, b[2].x) && b[0].r == b[2].r);
    }
    if (most != 0 && most * op->widest < 1)
        fail_msg("%s, radius %a: only %g of a radius is used", op->name, radius, most);
    mpfr_clears(truth[0], truth[1], y, scratch, (mpfr_ptr)NULL);
    px_balls_free(b, 3);
}

/* Radius 0: the rounding alone. */
static void every_operation_includes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        inclusion(&operations[i], 0);
        inclusion(&operations[i], 0x1p-100);
        inclusion(&operations[i], 0x1p-30);
    }
}

static void exact_results_have_no_radius(void **state) {
    (void)state;
    px_ball *b = px_balls_new(2, BITS);
    px_ball_double(&b[0], 0.375);
    px_ball_double(&b[1], -1.5);
    px_ball_mul(&b[0], &b[0], &b[1]);
    px_ball_add(&b[0], &b[0], &b[1]);
    assert_true(b[0].r == 0 && mpfr_cmp_d(b[0].x, -2.0625) == 0);
    px_ball_decimal(&b[0], 1e-5);
    px_ball_mul_int(&b[0], &b[0], 100000);
    assert_true(b[0].r > 0 && b[0].r < 0x1p-120); /* the decimal, not the double near it */
    mpfr_sub_ui(b[0].x, b[0].x, 1, MPFR_RNDN);
    assert_true(fabs(mpfr_get_d(b[0].x, MPFR_RNDN)) <= b[0].r);
    px_ball_decimal(&b[0], 0x1.23456789abcdep-3); /* no short decimal: the double itself */
    assert_true(b[0].r == 0 && mpfr_cmp_d(b[0].x, 0x1.23456789abcdep-3) == 0);
    px_balls_free(b, 2);
}

/* Where nothing can be said the radius is infinite, and infinities and nans pass as IEEE has them. */
static void the_ends(void **state) {
    (void)state;
    px_ball *b = px_balls_new(3, BITS);
    px_ball_pair(&b[0], 1, 0, 0x1p-20);
    px_ball_pair(&b[1], 0x1p-30, 0, 0x1p-20);
    px_ball_div(&b[2], &b[0], &b[1]);
    assert_true(isinf(b[2].r));
    px_ball_rsqrt(&b[2], &b[1]);
    assert_true(isinf(b[2].r));
    px_ball_log(&b[2], &b[1]);
    assert_true(isinf(b[2].r));
    px_ball_pair(&b[1], 5, 0, 1);
    px_ball_exp(&b[2], &b[1]);
    assert_true(isinf(b[2].r));
    px_ball_double(&b[1], -1e300);
    px_ball_exp(&b[2], &b[1]);
    assert_true(mpfr_zero_p(b[2].x) && b[2].r > 0 && b[2].r < 1e-300);
    double hi, lo, radius;
    mpfr_t scratch;
    mpfr_init2(scratch, 2);
    px_ball_double(&b[1], (double)INFINITY);
    px_ball_sub(&b[1], &b[1], &b[1]);
    px_ball_wide(&b[1], scratch, &hi, &lo, &radius);
    assert_true(isnan(hi) && radius == 0);
    px_ball_pair(&b[1], 1, 0x1p-60, 0x1p-200);
    px_ball_wide(&b[1], scratch, &hi, &lo, &radius);
    assert_true(hi == 1 && lo == 0x1p-60 && radius == 0x1p-200);
    mpfr_clear(scratch);
    px_balls_free(b, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_includes),
        cmocka_unit_test(exact_results_have_no_radius),
        cmocka_unit_test(the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
