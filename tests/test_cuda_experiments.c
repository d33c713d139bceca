/* Experiments on cuda_emu give the numbers of the emulated executor, byte for byte: the program itself, as it is used.
 * What `backend = auto` comes to without a device is that executor, and its table has the same columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/plugin.h"

static char folder[64];

static const struct experiment {
    const char *stem, *filter;
} experiments[] = {{"gemm_error", "n == 16"},
                   {"sum_error", "n <= 4096"},
                   {"add_error", "rep == 1"},
                   {"product_error", "n >= 1"},
                   {"loss_scaling", "rep == 1"},
                   {"stochastic_rounding", "rep == 1"},
                   {"gradient_histogram", "scaling == static"}};

/* The table of an experiment on a backend, read whole; freed by the caller. */
static char *table_of(const struct experiment *e, const char *backend) {
    char command[2048], path[512];
    snprintf(command, sizeof command,
             "CUDA_VISIBLE_DEVICES= '%s/precx' run -q -p ci -o '%s' -s backend=%s -f '%s' '%s/experiments/%s.ini' "
             ">/dev/null",
             PX_BINARY_DIR, folder, backend, e->filter, PX_SOURCE_DIR, e->stem);
    if (system(command) != 0) fail_msg("%s", command);
    snprintf(path, sizeof path, "%s/%s.csv", folder, e->stem);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    assert_true(size > 0);
    rewind(f);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = '\0';
    fclose(f);
    return text;
}

/* The backend's own name, in its column and in the cells' ids, becomes another's. */
static void rename_backend(char *text, const char *name, const char *to) {
    size_t n = strlen(name), m = strlen(to);
    assert_true(m <= n);
    for (char *p = text; (p = strstr(p, name));) {
        memcpy(p, to, m);
        memmove(p + m, p + n, strlen(p + n) + 1);
        p += m;
    }
}

static void tables_are_the_emulated_ones(void **state) {
    (void)state;
    strcpy(folder, "/tmp/px_cuda_XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++) {
        char *want = table_of(&experiments[i], "auto"), *got = table_of(&experiments[i], "cuda_emu");
        assert_non_null(strstr(want, ",executed_on,"));
        assert_non_null(strstr(want, ",cpu,"));
        assert_non_null(strstr(got, "cuda_emu"));
        rename_backend(got, "cuda_emu", "auto");
        size_t at = 0;
        while (want[at] && want[at] == got[at]) at++;
        if (want[at] != got[at])
            fail_msg("%s: tables differ from byte %zu on: %.80s", experiments[i].stem, at, got + at);
        free(want);
        free(got);
    }
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* A call of CUDA that fails is one cell's failure and no later one's; of what is freed or only told, nobody's. */
static void a_failed_call_fails_one_cell(void **state) {
    (void)state;
    int cells = 0;
    for (int n = 10; n <= 32; n += 2) {
        char command[1024], line[64] = "";
        snprintf(command, sizeof command,
                 "PRECX_CUDA_FAIL_AT=%d '%s/precx' run -j 1 -p ci -o /tmp/px_cuda_fail -s backend=cuda_emu "
                 "-f 'rep == 1 and format == fp16 and data == uniform' '%s/experiments/add_error.ini' 2>&1 >/dev/null "
                 "| grep -c 'warning: cell .* failed: CUDA: '; grep -c . /tmp/px_cuda_fail/add_error.csv; "
                 "rm -r /tmp/px_cuda_fail",
                 n, PX_BINARY_DIR, PX_SOURCE_DIR);
        FILE *f = popen(command, "r");
        int failed = -1, lines = 0;
        assert_non_null(f);
        size_t got = fread(line, 1, sizeof line - 1, f);
        line[got] = '\0';
        pclose(f);
        if (sscanf(line, "%d %d", &failed, &lines) != 2 || failed < 0 || failed > 1 || lines < 4)
            fail_msg("call %d: %s", n, line);
        cells += failed;
    }
    assert_true(cells >= 8);
}

/* Exit code 77 and what is missing, without delay; nothing is written. */
static void without_a_device_a_run_is_skipped(void **state) {
    (void)state;
    char line[512] = "", command[1024];
    struct rusage before, after;
    snprintf(command, sizeof command,
             "CUDA_VISIBLE_DEVICES= '%s/precx' run '%s/experiments/gemm_error.ini' --profile ci -o /tmp/px_cuda_none "
             "--set backend=cuda 2>&1; echo $? $(ls -d /tmp/px_cuda_none 2>/dev/null)",
             PX_BINARY_DIR, PX_SOURCE_DIR);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &before), 0);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_non_null(strstr(line, "precx: skipped: "));
    assert_true(strstr(line, "no usable CUDA device: ") || strstr(line, "precx_cuda.so is not beside precx"));
    assert_non_null(fgets(line, sizeof line, f));
    assert_string_equal(line, "77\n");
    pclose(f);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &after), 0);
    double seconds = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
                     1e-6 * (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec);
    assert_true(seconds < 1); /* of the processor, as others may be at work */
}

int main(void) {
    px_error err;
    px_status status = px_plugin_ready(PX_CUDA_EMU, &err);
    if (status != PX_OK) { /* 77 where there is no such plug-in; one of another build is a failure */
        fprintf(stderr, "%s\n", err.text);
        return status;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_are_the_emulated_ones),
                                       cmocka_unit_test(a_failed_call_fails_one_cell),
                                       cmocka_unit_test(without_a_device_a_run_is_skipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
