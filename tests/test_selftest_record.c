/* The record of a selftest is read back strictly, and the outcome of a selftest is that of its checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "selftest/record.h"

static void keep(void *context, const px_check *check) { px_record_check(context, check); }

static px_status agree(const px_selftest_options *o, px_tally *t, px_error *err) {
    (void)o, (void)err;
    t->cases = 1;
    return PX_OK;
}

static px_status differ(const px_selftest_options *o, px_tally *t, px_error *err) {
    t->different = 1;
    t->by_kind[PX_DIFFERS_ONE_ULP] = 1;
    return agree(o, t, err);
}

static px_status record_of(const px_extra_check *extra, px_text *record) {
    px_selftest_options o = {.backend = "cpu", .only = "*add*", .keep = 3, .seed = 7};
    int counts[PX_OUTCOME_COUNT];
    px_error err;
    px_record_header(record, &o);
    px_status status = px_selftest(&o, extra, keep, record, counts, &err);
    assert_int_equal(counts[PX_FAILED], extra->run == differ);
    assert_true(counts[PX_PASSED] >= 3);
    px_record_sum(record, counts);
    return status;
}

static void a_record_is_valid(void **state) {
    (void)state;
    px_text record = {0};
    px_error err;
    assert_int_equal(record_of(&(px_extra_check){"an added one", agree}, &record), PX_OK);
    if (px_record_validate("r", px_text_str(&record), &err) != PX_OK) fail_msg("%s", err.text);
    px_text_free(&record);
}

static void a_difference_fails(void **state) {
    (void)state;
    px_text record = {0};
    px_error err;
    assert_int_equal(record_of(&(px_extra_check){"an added one", differ}, &record), (px_status)PX_DISAGREES);
    if (px_record_validate("r", px_text_str(&record), &err) != PX_OK) fail_msg("%s", err.text);
    assert_non_null(strstr(px_text_str(&record), "\"outcome\":\"failed\""));
    assert_non_null(strstr(px_text_str(&record), "\"1 ulp\":1"));
    px_text_free(&record);
}

/* A record with one text exchanged for another is refused, at the line. */
static void other_records_are_refused(void **state) {
    (void)state;
    static const struct wrong {
        const char *from, *to, *said;
    } wrongs[] = {
        {"\"version\":1", "\"version\":2", "r:1:1: error: "},
        {"\"record\":\"selftest\"", "\"record\":\"other\"", "r:1:1: error: "},
        {"\"executed_on\":\"cpu\"", "\"executed_on\":\"moon\"", "r:1:1: error: "},
        {"\"seed\":7,", "", "r:1:1: error: "},
        {"\"cases\":1,", "\"cases\":\"1\",", "Expected integer"},
        {"\"cases\":1,", "\"cases\":0,", "does not fit its numbers"},
        {"\"different\":0", "\"different\":3", "does not fit its numbers"},
        {"\"outcome\":\"passed\"", "\"outcome\":\"skipped\"", "does not fit its numbers"},
        {"\"skipped\":", "\"skipped\":1", "is not that of the lines"},
        {"{\"passed\"", "{\"check\"", "error: "},
    };
    px_text record = {0};
    record_of(&(px_extra_check){"an added one", agree}, &record);
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        px_text other = {0};
        px_error err;
        const char *text = px_text_str(&record), *at = strstr(text, wrongs[i].from);
        assert_non_null(at);
        px_text_add_bytes(&other, text, (size_t)(at - text));
        px_text_add(&other, wrongs[i].to);
        px_text_add(&other, at + strlen(wrongs[i].from));
        assert_int_equal(px_record_validate("r", px_text_str(&other), &err), PX_BAD_FILE);
        if (!strstr(err.text, wrongs[i].said)) fail_msg("%s: %s", wrongs[i].to, err.text);
        px_text_free(&other);
    }
    px_error err;
    record.s[record.length - 60] = '\0'; /* torn */
    assert_int_equal(px_record_validate("r", px_text_str(&record), &err), PX_BAD_FILE);
    px_text_free(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_record_is_valid), cmocka_unit_test(a_difference_fails),
                                       cmocka_unit_test(other_records_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
