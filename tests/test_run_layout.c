/* Which columns stand where, and how records are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/layout.h"
#include "support/toy.h"

static px_toy toy;

static px_layout main_table(const char *const *metrics, int n) {
    const px_kind_spec *s = &toy.kind.spec;
    return px_layout_main(toy.arena, s->params, s->n_params, s->columns, s->n_columns, metrics, n, false);
}

static px_layout library_table(const char *const *metrics, int n) {
    return px_layout_library(toy.arena, toy.kind.spec.columns, toy.kind.spec.n_columns, metrics, n);
}

static void expect_header(px_layout layout, const char *want) {
    px_text text = {0};
    px_layout_header(&layout, &text);
    assert_string_equal(text.s, want);
    px_text_free(&text);
}

static void columns_in_their_files(void **state) {
    (void)state;
    expect_header(main_table(NULL, 0), "cell,word,n,rep,step,err_rel,err_ulp,bound_det,note,status\n");
    expect_header(library_table(NULL, 0), "cell,step,kappa_lapack\n");
}

static void measure_chooses_errors_only(void **state) {
    (void)state;
    const char *const ulp[] = {"err_ulp"}, *const bound[] = {"bound_det"};
    expect_header(main_table(ulp, 1), "cell,word,n,rep,step,err_ulp,bound_det,note,status\n");
    expect_header(main_table(bound, 1), "cell,word,n,rep,step,bound_det,note,status\n");
    expect_header(library_table(ulp, 1), "cell,step,kappa_lapack\n");
}

static void a_kind_without_library_columns_has_no_library_table(void **state) {
    (void)state;
    static const px_column columns[] = {{"step", "", PX_COLUMN_INTEGER, PX_CLASS_KEY, ""},
                                        {"status", "", PX_COLUMN_TEXT, PX_CLASS_EXACT, ""}};
    assert_int_equal(px_layout_library(toy.arena, columns, 2, NULL, 0).n_fields, 0);
}

static void records(void **state) {
    (void)state;
    const px_case *c = &toy.plan.cells[1];
    px_layout main = main_table(NULL, 0), library = library_table(NULL, 0);
    px_row row = px_row_new(toy.arena, toy.kind.spec.columns, toy.kind.spec.n_columns);
    px_row_integer(&row, "step", 7);
    px_row_text(&row, "note", "a \"b\"");
    px_row_text(&row, "status", "ok");
    px_text text = {0};
    px_layout_record(&main, c, &row, &text);
    px_layout_failed(&main, c, PX_CELL_FAILED, &text);
    px_layout_library_record(&library, c, &row, &text);
    assert_string_equal(text.s, "\"with, comma/1/1\",\"with, comma\",1,1,7,,,,\"a \"\"b\"\"\",ok\n"
                                "\"with, comma/1/1\",\"with, comma\",1,1,,,,,,failed\n");
    text.length = 0;
    px_row_number(&row, "kappa_lapack", 2.5);
    px_layout_library_record(&library, c, &row, &text);
    assert_string_equal(text.s, "\"with, comma/1/1\",7,2.5\n");
    px_text_free(&text);
}

static bool counts(const char *csv, int64_t n, int64_t by_status[PX_CELL_STATUS_COUNT]) {
    memset(by_status, 0, PX_CELL_STATUS_COUNT * sizeof *by_status);
    return px_layout_count(csv, strlen(csv), n, by_status);
}

static void counting(void **state) {
    (void)state;
    int64_t by_status[PX_CELL_STATUS_COUNT];
    assert_true(counts("a,ok\n\"x,\nnan\n\",ok\nb,overflow\n", 3, by_status));
    assert_int_equal(by_status[PX_CELL_OK], 2);
    assert_int_equal(by_status[PX_CELL_OVERFLOW], 1);
    assert_int_equal(by_status[PX_CELL_NAN], 0);
    assert_false(counts("a,ok\n", 2, by_status));
    assert_false(counts("a,ok\nb,ok\n", 1, by_status));
    assert_false(counts("a,okay\n", 1, by_status));
    assert_false(counts("a,ok\nb,", 1, by_status));
    assert_false(counts("\"a,ok\n", 1, by_status));
}

static int setup(void **state) {
    (void)state;
    toy = px_toy_new(6);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    px_toy_free(&toy);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_in_their_files),
        cmocka_unit_test(measure_chooses_errors_only),
        cmocka_unit_test(a_kind_without_library_columns_has_no_library_table),
        cmocka_unit_test(records),
        cmocka_unit_test(counting),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
