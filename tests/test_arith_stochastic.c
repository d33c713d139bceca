/* Stochastic rounding with r bits goes away from zero with probability floor(fraction 2^r) / 2^r: counted over the random
 * words of px_bits, within six standard deviations of the binomial distribution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "arith/round.h"

enum { DRAWS = 100000 };

static px_fp named(const char *name) {
    px_fp f;
    assert_int_equal(px_fp_parse(name, &f, NULL), PX_OK);
    return f;
}

static void judge(px_fp f, int r, double below, double quantum, double fraction, uint64_t stream) {
    px_rounding rounding = {PX_STOCHASTIC, (uint8_t)r};
    double x = below + fraction * quantum; /* exact: few bits */
    int away = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double y = px_round(f, rounding, x, px_bits_for(rounding, stream, i, 1));
        assert_true(y == below || y == below + quantum);
        away += y != below;
    }
    double p = floor(ldexp(fraction, r)) / ldexp(1, r), sigma = sqrt(DRAWS * p * (1 - p));
    if (fabs(away - DRAWS * p) > 6 * sigma)
        fail_msg("r = %d, fraction %g: %d of %d away, expected %g +- %g", r, fraction, away, DRAWS, DRAWS * p, sigma);
}

static void frequencies_are_the_cut_fraction(void **state) {
    (void)state;
    static const int bits[] = {1, 3, 8, 32, 64};
    static const double fractions[] = {0, 0x1p-6, 0.125, 0.3125, 0.5, 0.71875, 1 - 0x1p-6};
    px_fp half = named("fp16"), brain = named("bf16");
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        for (size_t k = 0; k < sizeof fractions / sizeof *fractions; k++) {
            judge(half, bits[i], 1, 0x1p-10, fractions[k], 100 + i);
            judge(half, bits[i], 0x1p-23, 0x1p-24, fractions[k], 200 + i); /* of the smallest subnormal */
            judge(brain, bits[i], 0x1p100, 0x1p93, fractions[k], 300 + i);
        }
}

/* Neither neighbouring elements nor neighbouring steps share their draws. */
static void coordinates_are_independent(void **state) {
    (void)state;
    px_rounding r = {PX_STOCHASTIC, 1};
    int same[3] = {0};
    for (uint64_t i = 0; i < DRAWS; i++) {
        uint64_t here = px_bits_for(r, 1, i, 7) & 1;
        same[0] += here == (px_bits_for(r, 1, i + 1, 7) & 1);
        same[1] += here == (px_bits_for(r, 1, i, 8) & 1);
        same[2] += here == (px_bits_for(r, 2, i, 7) & 1);
    }
    double sigma = sqrt(DRAWS * 0.25);
    for (int i = 0; i < 3; i++) assert_true(fabs(same[i] - DRAWS * 0.5) < 6 * sigma);
    assert_int_equal(px_bits_for(px_rounding_of(PX_NEAREST_EVEN), 1, 2, 3), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequencies_are_the_cut_fraction),
        cmocka_unit_test(coordinates_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
