/* Defects planted in CUDA kernels and in the code around them (tests/cuda_planted): each is caught, by the layer that
 * is named here, and its twin without the defect passes every layer. The layers that need a compiler for the device
 * are tested where it is (tests/test_cuda_gates.c). */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* THE layers: name, program, what it says. */
enum layer { VALUES, EMULATION, RUNTIME, INJECTION, ASAN, UBSAN, TSAN };
static const struct {
    const char *name, *flavour;
} layers[] = {[VALUES] = {"comparison with plain C++", "plain"},
              [EMULATION] = {"cuda_emu's own checks", "plain"},
              [RUNTIME] = {"cuda_emu's runtime and cuBLAS", "plain"},
              [INJECTION] = {"failure injection", "plain"},
              [ASAN] = {"AddressSanitizer", "asan"},
              [UBSAN] = {"UndefinedBehaviorSanitizer", "asan"},
              [TSAN] = {"ThreadSanitizer", "tsan"}};

/* THE list: a defect, a layer, the schedule, what is printed. NULL: each schedule where values or races are looked
 * for, and the first one where the schedule is of no concern. */
static const struct catch {
    const char *defect;
    enum layer layer;
    const char *schedule, *words;
}
catches[] = {
    {"barrier_inside", VALUES, NULL, "values differ"},
    {"barrier_inside", TSAN, NULL, "float block_sum<(missing)1>"},
    {"barrier_after", VALUES, "forward", "values differ"},
    {"barrier_after", VALUES, "shuffled", "values differ"},
    {"barrier_after", TSAN, NULL, "float block_sum<(missing)2>"},
    {"between_blocks", TSAN, NULL, "count_all"},
    {"histogram_not_zeroed", VALUES, NULL, "values differ"},
    {"histogram_not_zeroed", TSAN, NULL, "histogram<(mistake)1>"},
    {"histogram_not_counted", VALUES, NULL, "values differ"},
    {"histogram_not_counted", TSAN, NULL, "histogram<(mistake)2>"},
    {"histogram_not_atomic", TSAN, NULL, "histogram<(mistake)3>"},
    {"histogram_next_bin", VALUES, NULL, "values differ"},
    {"divergent_barrier", EMULATION, NULL, "divergent barrier in kernel"},
    {"half_warp_shuffle", EMULATION, NULL, "divergent warp collective in kernel warp_sum"},
    {"out_of_bounds", ASAN, NULL, "reverse_out_of_bounds"},
    {"out_of_bounds", EMULATION, NULL, "wrote beyond an allocation of 400 bytes"},
    {"shared_overrun", UBSAN, NULL, "index 64 out of bounds for type 'float [64]'"},
    {"shared_overrun", EMULATION, NULL, "wrote beyond its shared array s"},
    {"uninitialised_shared", VALUES, NULL, "4 of 64 values differ"},
    {"misaligned_load", UBSAN, NULL, "misaligned address"},
    {"misaligned_tile", EMULATION, NULL, "load_matrix_sync of a tile"},
    {"fused_accumulate", VALUES, NULL, "values differ"},
    {"too_much_shared", EMULATION, NULL, "the limit is 49152"},
    {"too_many_threads", RUNTIME, NULL, "cudaErrorInvalidConfiguration"},
    {"grid_too_high", RUNTIME, NULL, "cudaErrorInvalidConfiguration"},
    {"wrong_direction", RUNTIME, NULL, "cudaErrorInvalidValue"},
    {"transposed_ld", RUNTIME, NULL, "CUBLAS_STATUS_INVALID_VALUE"},
    {"transposed_operand", VALUES, NULL, "36 of 36 values differ"},
    {"failure_ignored", INJECTION, NULL, "the failure of call 3 was not reported"},
    {"failure_leaks", INJECTION, NULL, "1 things are left after the failure of call 2"},
    {"host_reads_device", ASAN, NULL, "AddressSanitizer: use-after-poison"},
};
enum { N_CATCHES = sizeof catches / sizeof *catches };

static const char *const schedules[] = {"forward", "reversed", "shuffled"};

static int program(const char *flavour, char path[512]) {
    snprintf(path, 512, "%s/tests/cuda_planted_%s", PX_BINARY_DIR, flavour);
    return access(path, X_OK) == 0;
}

/* Runs a case; its exit code (128 + signal), what it printed on both streams in `said`. */
static int run(const char *flavour, const char *schedule, const char *name, const char *variant, char said[20000]) {
    char path[512], command[1024];
    program(flavour, path);
    snprintf(command, sizeof command,
             "ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=0 TSAN_OPTIONS=halt_on_error=1 "
             "PRECX_CUDA_ORDER=%s %s %s %s 2>&1",
             schedule, path, name, variant);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t n = fread(said, 1, 19999, pipe);
    said[n] = '\0';
    for (char rest[1000]; fread(rest, 1, sizeof rest, pipe) > 0;) continue;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int caught_in(const struct catch *c, const char *schedule) {
    static char said[20000];
    const char *flavour = layers[c->layer].flavour;
    int code = run(flavour, schedule, c->defect, "wrong", said);
    if (code == 0 || code == 3 || !strstr(said, c->words)) {
        fprintf(stderr, "%s, %s: exit code %d, and not '%s':\n%.1500s\n", c->defect, schedule, code, c->words, said);
        return 0;
    }
    return 1;
}

static int is_tried(const struct catch *c, int schedule) {
    if (c->schedule) return strcmp(c->schedule, schedules[schedule]) == 0;
    return schedule == 0 || c->layer == VALUES || c->layer == TSAN;
}

static void every_defect_is_caught_by_its_layer(void **state) {
    (void)state;
    int caught = 0, tried = 0;
    for (int i = 0; i < N_CATCHES; i++) {
        const struct catch *c = &catches[i];
        char path[512];
        if (!program(layers[c->layer].flavour, path)) {
            printf("%-22s not tried: this build has no %s\n", c->defect, layers[c->layer].name);
            continue;
        }
        int good = 1;
        for (int s = 0; s < 3; s++)
            if (is_tried(c, s)) good &= caught_in(c, schedules[s]);
        printf("%-22s %s %s%s%s\n", c->defect, good ? "caught by" : "NOT CAUGHT by", layers[c->layer].name,
               c->schedule ? ", schedule " : "", c->schedule ? c->schedule : "");
        tried++;
        caught += good;
    }
    printf("planted defects: %d of %d caught\n", caught, tried);
    assert_true(tried >= 12);
    assert_int_equal(caught, tried);
}

/* The reason for more than one schedule: this one sees nothing. */
static void a_schedule_may_hide_a_defect(void **state) {
    (void)state;
    char said[20000];
    assert_int_equal(run("plain", "reversed", "barrier_after", "wrong", said), 0);
}

static void the_same_without_the_defect_passes(void **state) {
    (void)state;
    static char said[20000];
    static const struct {
        const char *flavour, *schedule;
    } runs[] = {
        {"plain", "forward"}, {"plain", "reversed"}, {"plain", "shuffled"}, {"asan", "forward"}, {"tsan", "forward"}};
    char path[512];
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (!program(runs[i].flavour, path)) continue;
        int code = run(runs[i].flavour, runs[i].schedule, "all", "right", said);
        if (code) fail_msg("%s, %s: exit code %d\n%.1500s", runs[i].flavour, runs[i].schedule, code, said);
    }
}

/* What cannot be the same arithmetic twice does not compile. */
static void the_language_lacks_what_the_compiler_may_fuse(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int compiles;
    } texts[] = {
        {"__half f(__half a, __half b, __half c) { return __hadd_rn(__hmul_rn(a, b), c); }", 1},
        {"__half f(__half a, __half b, __half c) { return a * b + c; }", 0},
        {"__half f(__half a, __half b, __half c) { return __hadd(__hmul(a, b), c); }", 0},
        {"void f(int *p) { atomicAdd(p, 1); }", 1},
        {"void f(float *p) { atomicAdd(p, 1.0f); }", 0},
        {"float f(float x) { return __fdividef(x, x); }", 0},
        {"void f(float *p) { __shared__ float s[4]; s[0] = *p; }", 0},
        {"struct t { char c[4096]; }; void k(t) {} void f(t x) { PX_LAUNCH(k, 1, 1, 0, nullptr, x); }", 1},
        {"struct t { char c[4097]; }; void k(t) {} void f(t x) { PX_LAUNCH(k, 1, 1, 0, nullptr, x); }", 0},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char command[1024];
        snprintf(command, sizeof command,
                 "printf '#include \"px_cuda.h\"\\n%s\\n' | %s -std=c++17 -I%s/cuda -fsyntax-only -x c++ - 2>/dev/null",
                 texts[i].text, PX_CXX, PX_SOURCE_DIR);
        int status = system(command);
        if ((status == 0) != texts[i].compiles) fail_msg("status %d: %s", status, texts[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_defect_is_caught_by_its_layer),
        cmocka_unit_test(a_schedule_may_hide_a_defect),
        cmocka_unit_test(the_same_without_the_defect_passes),
        cmocka_unit_test(the_language_lacks_what_the_compiler_may_fuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
