/* The certified executor on a block of GPT-2 small, C = 768, 12 heads, T = 64, against MPFR: some minutes, some 6 GiB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "support/pair_step.h"

static void a_wide_step_holds_the_truth(void **state) {
    (void)state;
    pair_step s;
    pair_step_make(&s, PX_NN_POLICY_FP32, PX_NN_NORM_LAYER, 768, 64, 12);
    pair_step_check(&s, 0x1p-50);
    px_arena_free(s.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_wide_step_holds_the_truth)};
    px_parallel_set_jobs(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
