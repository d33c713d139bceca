/* Single operations on words of all of a format: this program's and cuda_emu's are the definition; devices with the
 * defects that such a sweep is for are noticed, and what differs is told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arith/round.h"
#include "backend/plugin.h"
#include "base/text.h"
#include "selftest/scalars.h"

static px_tally sweep(px_scalars_function *compute, px_scalar op, px_text *told) {
    px_scalar_sweep s = {.compute = compute, .seed = 5, .drawn = 1 << 13};
    px_tally t = {.lines_left = 3, .told = told};
    px_error err;
    if (px_sweep_scalars(&s, op, &t, &err) != PX_OK) fail_msg("%s: %s", px_scalar_name(op), err.text);
    return t;
}

static void all_are_the_definition(px_scalars_function *compute, int cases_in_all) {
    int cases = 0;
    for (int op = 0; op < PX_SCALAR_COUNT; op++) {
        px_text told = {0};
        px_tally t = sweep(compute, (px_scalar)op, &told);
        if (t.different) fail_msg("%s", px_text_str(&told));
        cases += (int)t.cases;
        px_text_free(&told);
    }
    assert_int_equal(cases, cases_in_all);
}

/* 6 operations in 4 formats. */
static void the_programs_own_are_the_definition(void **state) {
    (void)state;
    all_are_the_definition(px_scalars_here, 6 * 4);
}

/* The same by instructions, but a rounding to fp64 is none; and 5 elementary functions. */
static void those_of_cuda_emu_are_the_definition(void **state) {
    (void)state;
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status == PX_SKIPPED) skip();
    if (status != PX_OK) fail_msg("%s", err.text);
    all_are_the_definition(px_plugin_scalars(PX_CUDA_EMU), 6 * 4 + 6 * 4 - 1 + 5 * 4);
}

/* ---- devices with a defect: THE list ---- */

static const px_rounding nearest = {PX_NEAREST_EVEN, 0};

static double flush(const px_scalars *s, int64_t i) {
    double x = s->out[i];
    return x != 0 && fabs(x) < px_fp_min_normal(s->format) ? copysign(0, x) : x;
}
static double divide_by_reciprocals(const px_scalars *s, int64_t i) {
    return px_mul(s->format, nearest, s->in[0][i], px_div(s->format, nearest, 1, s->in[1][i], 0), 0);
}
static double take_apart(const px_scalars *s, int64_t i) { /* two roundings */
    return px_add(s->format, nearest, px_mul(s->format, nearest, s->in[0][i], s->in[1][i], 0), s->in[2][i], 0);
}
static double cut(const px_scalars *s, int64_t i) {
    return px_round(s->format, px_rounding_of(PX_TOWARD_ZERO), s->in[0][i], 0);
}
static double take_roots_of_magnitudes(const px_scalars *s, int64_t i) {
    return px_sqrt(s->format, nearest, fabs(s->in[0][i]), 0);
}
static double lose_the_sign_of_zero(const px_scalars *s, int64_t i) { return s->out[i] + 0.0; }
static double saturate(const px_scalars *s, int64_t i) {
    return isinf(s->out[i]) ? copysign(s->format.max_finite, s->out[i]) : s->out[i];
}

static const struct defect {
    px_scalar op;
    double (*result)(const px_scalars *s, int64_t i);
    px_difference kind; /* some are of this one */
} defects[] = {
    {PX_SCALAR_MUL, flush, PX_DIFFERS_FLUSHED},
    {PX_SCALAR_ROUND, flush, PX_DIFFERS_FLUSHED},
    {PX_SCALAR_DIV, divide_by_reciprocals, PX_DIFFERS_ONE_ULP},
    {PX_SCALAR_FMA, take_apart, PX_DIFFERS_MORE},
    {PX_SCALAR_ROUND, cut, PX_DIFFERS_ONE_ULP},
    {PX_SCALAR_SQRT, take_roots_of_magnitudes, PX_DIFFERS_NAN},
    {PX_SCALAR_MUL, lose_the_sign_of_zero, PX_DIFFERS_ZERO_SIGN},
    {PX_SCALAR_MUL, saturate, PX_DIFFERS_INF},
};
static const struct defect *planted;

static px_status defective(const px_scalars *s, px_error *err) {
    PX_TRY(px_scalars_here(s, err));
    for (int64_t i = 0; i < s->n; i++) s->out[i] = planted->result(s, i);
    return PX_OK;
}

static void defects_are_noticed_in_every_format(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
        static const char *const formats[] = {" fp16 ", " bf16 ", " fp32 ", " fp64 "};
        px_text told = {0};
        px_scalar_sweep s = {.compute = defective, .seed = 5, .drawn = 1 << 13};
        px_tally t = {.lines_left = 1 << 20, .told = &told};
        planted = &defects[i];
        assert_int_equal(px_sweep_scalars(&s, planted->op, &t, NULL), PX_OK);
        if (!t.by_kind[planted->kind]) fail_msg("defect %zu: no %s", i, px_difference_name(planted->kind));
        for (int f = 0; f < 4; f++) {
            bool none = f == 3 && planted->op == PX_SCALAR_ROUND; /* fp64 is not narrowed */
            if (!none && !strstr(px_text_str(&told), formats[f])) fail_msg("defect %zu: not in%s", i, formats[f]);
        }
        px_text_free(&told);
    }
}

/* A word that can be tried again: operation, format, operands, both results. */
static void a_difference_is_told(void **state) {
    (void)state;
    px_text told = {0};
    planted = &defects[2];
    px_tally t = sweep(defective, PX_SCALAR_DIV, &told);
    static const char *const words[] = {"div fp16 by arithmetic seed 5 index ", "got=0x", "want=0x", "ulp=1 a=0x",
                                        " b=0x"};
    assert_true(t.different > 3);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(px_text_str(&told), words[i])) fail_msg("no '%s' in %s", words[i], px_text_str(&told));
    px_text_free(&told);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_programs_own_are_the_definition), cmocka_unit_test(those_of_cuda_emu_are_the_definition),
        cmocka_unit_test(defects_are_noticed_in_every_format), cmocka_unit_test(a_difference_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
