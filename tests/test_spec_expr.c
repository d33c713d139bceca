/* Expressions by their truth tables, over one small grid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_kind.h"

/* Cells format/order/n of fp16, fp32 x kahan, pairwise x 16, 64, as bits 0 .. 7 in plan order. */
static const char grid[] = "[experiment]\nkind = gemm\n[sweep]\n"
                           "format = fp16, fp32\norder = kahan, pairwise\nn = 16, 64\n";

static void expect(const char *filter, const char *cells) {
    fake_load *l = fake_load_text("expr", grid, &(px_overrides){.filter = filter});
    char got[9] = "--------";
    if (l->status != PX_OK && strcmp(cells, "--------") != 0) fail_msg("%s: %s", filter, l->err.text);
    for (int64_t i = 0; i < l->plan.n_cells; i++) got[l->plan.cells[i].index] = 'x';
    if (strcmp(got, cells) != 0) fail_msg("%s holds for %s, not for %s", filter, got, cells);
    fake_load_free(l);
}

static void comparisons(void **state) {
    (void)state;
    expect("format == fp16", "xxxx----");
    expect("format != fp16", "----xxxx");
    expect("n == 64", "-x-x-x-x");
    expect("n != 64", "x-x-x-x-");
    expect("n < 64", "x-x-x-x-");
    expect("n <= 64", "xxxxxxxx");
    expect("n > 16", "-x-x-x-x");
    expect("n >= 2^6", "-x-x-x-x");
    expect("n > 1.6e1", "-x-x-x-x");
    expect("n >= -3", "xxxxxxxx");
    expect("order in (kahan)", "xx--xx--");
    expect("order in (kahan, pairwise)", "xxxxxxxx");
    expect("n in (1, 2, 0x40)", "-x-x-x-x");
    expect("order ~ k*", "xx--xx--");
    expect("order~*wise", "--xx--xx");
    expect("format ~ \"fp?6\"", "xxxx----");
    expect("n ~ 1*", "x-x-x-x-");
    expect("order == \"kahan\"", "xx--xx--");
    expect("format == ieee_e5m10", "xxxx----"); /* another name of fp16 */
    expect("m == n", "xxxxxxxx");               /* m = same */
    expect("n > rep", "xxxxxxxx");
}

/* not binds closer than and, and closer than or. */
static void precedence(void **state) {
    (void)state;
    expect("not n == 16", "-x-x-x-x");
    expect("not not n == 16", "x-x-x-x-");
    expect("not n == 16 and format == fp16", "-x-x----");
    expect("not (n == 16 and format == fp16)", "-x-xxxxx");
    expect("n == 16 or format == fp16 and order == kahan", "xxx-x-x-");
    expect("(n == 16 or format == fp16) and order == kahan", "xx--x---");
    expect("format == fp16 and n == 16 or format == fp32 and n == 64", "x-x--x-x");
    expect("format == fp16 and not order in (kahan) or n == 64", "-xxx-x-x");
    expect("n == 16 and n == 64", "--------");
}

/* The text of `same` is what is compared, as the table prints it. */
static void words_are_compared_as_text(void **state) {
    (void)state;
    expect("accum == same", "xxxxxxxx");
    expect("accum == fp16", "--------");
    expect("backend ~ emu*", "xxxxxxxx");
    expect("backend == blas:ref=/usr/lib/libblas.so", "--------");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons),
        cmocka_unit_test(precedence),
        cmocka_unit_test(words_are_compared_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
