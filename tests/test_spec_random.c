/* Random texts, cut from the language of the experiment file: whatever they say, loading them ends, with a plan or with
 * a report. The fuzzer of tests/fuzz looks further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/philox.h"
#include "spec/plot.h"
#include "spec/rule.h"
#include "support/fake_kind.h"

static const char *const pieces[] = {
    "[experiment]\n",
    "kind = gemm\n",
    "kind = sum\n",
    "[sweep]\n",
    "format = ",
    "fp16",
    "bf16",
    "same",
    "exact",
    ", ",
    ",\n  ",
    "\n",
    "n = ",
    "m/n = ",
    "scale = ",
    "16..64 *2",
    "1..4",
    "0..1 lin 5",
    "1..9 log 3",
    "/",
    "2^10",
    "-",
    "1e9",
    "0x1p-3",
    "..",
    ":",
    "only = ",
    "exclude = ",
    "n == 16",
    "order in (kahan, pairwise)",
    " and ",
    " or ",
    "not ",
    "(",
    ")",
    "~ k*",
    "\"",
    "#",
    ";",
    " ",
    "=",
    "[",
    "]",
    "[profile.ci]\n",
    "[tolerance]\n",
    "err_rel_max = exact\n",
    "median(",
    "where = ",
    "[plot.a]\nx = n\ny = n_inf\n",
    "lines = 2, 3 \"c\"\n",
    "style = map\n",
    "by = order/n, format\n",
    "seed = ",
    "\t",
    "\xff",
    "\r\n",
    "order = ",
    "kahan",
    "backend = blas:",
    "emulated",
    "rep = 1..3\n",
    "floor = 1 x u\n",
    "at most 2 x baseline",
    "expect = fail\n",
};
enum { PIECES = sizeof pieces / sizeof *pieces, TEXTS = 20000, LENGTH = 24 };

static void random_texts_are_taken_or_refused(void **state) {
    (void)state;
    int taken = 0;
    for (uint64_t i = 0; i < TEXTS; i++) {
        px_arena *arena = px_arena_new();
        px_text text = {0}, report = {0};
        if (i % 2) px_text_add(&text, "[experiment]\nkind = gemm\n[sweep]\n");
        uint64_t n = px_philox(1, i, 0).lo % LENGTH;
        for (uint64_t k = 0; k < n; k++) px_text_add(&text, pieces[px_philox(2, i, k).lo % PIECES]);
        px_experiment experiment;
        px_plan plan;
        px_error err;
        px_status status = px_experiment_parse(arena, "random.ini", px_text_str(&text), text.length, &fake_kinds,
                                               &(px_overrides){.max_cells = 1000}, &experiment, &plan, &report, &err);
        if ((status == PX_OK) != (report.length == 0))
            fail_msg("status %d with this report: %s", status, px_text_str(&report));
        if (status == PX_OK) { /* what is read later takes what has been checked */
            px_tolerance_read(arena, &experiment);
            px_plots_read(arena, &experiment, &(int){0});
        }
        taken += status == PX_OK;
        px_text_free(&text);
        px_text_free(&report);
        px_arena_free(arena);
    }
    assert_true(taken > 100 && taken < TEXTS / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_are_taken_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
