/* Planted defects: wrong variants of the arithmetic, the sums, the references and the data, each caught, by name, by the
 * same comparison that the right one passes. A comparison that catches nothing is no test. Prints its score. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/planted.h"

static int caught, planted;

static void judge(const px_planted *d) {
    px_planted_verdict right = d->judge(NULL), wrong = d->judge(d);
    if (right.differences) fail_msg("%s: the right one fails too: %lld differences", d->name, (long long)right.differences);
    planted++;
    caught += wrong.differences > 0;
    printf("%-32s %s (%lld of %lld cases)\n", d->name, wrong.differences ? "caught" : "NOT CAUGHT",
           (long long)wrong.differences, (long long)wrong.cases);
}

static void every_planted_defect_is_caught(void **state) {
    (void)state;
    for (int suite = 0; suite < px_planted_suites; suite++)
        for (const px_planted *d = px_planted_suite[suite]; d->name; d++) judge(d);
    printf("planted defects: %d of %d caught\n", caught, planted);
    assert_true(planted >= 15);
    assert_int_equal(caught, planted);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_planted_defect_is_caught)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
