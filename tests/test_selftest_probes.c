/* What a few products tell of a matrix unit: asked of the emulated models, the answers are the parameters in THE list
 * of models, which was made from other measurements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arith/model.h"
#include "arith/rounding.h"
#include "backend/registry.h"
#include "selftest/probes.h"

static void answers_are_the_models_parameters(void **state) {
    (void)state;
    int n, asked = 0;
    const px_mma_row *rows = px_mma_rows(&n);
    for (int i = 0; i < n; i++) {
        const char *in = strstr(rows[i].in, "bf16") ? "bf16" : "fp16";
        int answers[PX_UNIT_QUESTIONS], known;
        px_error err;
        if (strcmp(rows[i].out, "fp32") != 0 || !strstr(rows[i].in, "fp16")) continue;
        if (px_unit_ask(px_backend_find("emulated"), (int)rows[i].model, in, answers, &known, &err) != PX_OK)
            fail_msg("%s", err.text);
        assert_true(known);
        assert_int_equal(answers[PX_UNIT_FRACTION], rows[i].fraction);
        assert_int_equal(answers[PX_UNIT_WIDTH], rows[i].width);
        assert_int_equal(answers[PX_UNIT_ROUNDS], 0);
        assert_int_equal(answers[PX_UNIT_DOWN], 0);
        assert_int_equal(answers[PX_UNIT_RESULT], rows[i].rounding == PX_NEAREST_EVEN);
        assert_int_equal(answers[PX_UNIT_SUBNORMAL], 1);
        asked++;
    }
    assert_true(asked >= 6);
}

/* A unit that an executor lacks is no error. */
static void a_unit_that_is_not_there_gives_no_answers(void **state) {
    (void)state;
    int answers[PX_UNIT_QUESTIONS], known;
    px_error err;
    assert_int_equal(px_unit_ask(px_backend_find("emulated"), PX_MODEL_V100, "bf16", answers, &known, &err), PX_OK);
    assert_false(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_the_models_parameters),
                                       cmocka_unit_test(a_unit_that_is_not_there_gives_no_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
