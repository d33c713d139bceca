/* The start-up probes in a floating-point environment that is not the IEEE one (wrong compiler flags: wrong_flags/). */
#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/probe.h"

static void refuses(const char *probe) {
    px_error err = {PX_OK, ""};
    px_status status = px_probe_all(&err);
    fesetenv(FE_DFL_ENV); /* before anything else is computed */
    assert_int_equal(status, PX_INCOMPLETE);
    assert_non_null(strstr(err.text, probe));
    assert_int_equal(px_probe_all(&err), PX_OK);
}

static void rounding_that_is_not_to_nearest_is_refused(void **state) {
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int i = 0; i < 3; i++) {
        fesetround(modes[i]);
        refuses("'rounding_mode'");
    }
}

#ifdef __SSE2__
#include <xmmintrin.h>

static void flushing_is_refused(void **state) {
    (void)state;
    _mm_setcsr(_mm_getcsr() | 0x8000u); /* FTZ */
    refuses("'flush_result'");
    _mm_setcsr(_mm_getcsr() | 0x0040u); /* DAZ */
    refuses("'flush_input'");
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_that_is_not_to_nearest_is_refused),
#ifdef __SSE2__
        cmocka_unit_test(flushing_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
