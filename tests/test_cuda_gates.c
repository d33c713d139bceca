/* What nvcc makes of the kernels, read from the plug-in itself (tests/cuda_gates/cubin.h): the instructions that a
 * kernel's name promises and none that would be other arithmetic, no local memory, no approximate or flushing
 * operation, registers and shared memory as accepted. And what the build refuses: a spilled register, local memory, a
 * warning. Skipped, in words, where there is no nvcc. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "cuda_gates/cubin.h"

/* THE operations: their names are those of the probes (tests/cuda_gates/probes.cu), of their codes all but the first
 * 12 bits are operands. HADD2 also converts a half. */
static const struct operation {
    const char *name;
    unsigned code;
} operations[] = {{"FMUL", 0x220}, {"FADD", 0x221},  {"FFMA", 0x223},  {"DMUL", 0x228},  {"DADD", 0x229},
                  {"DFMA", 0x22b}, {"HADD2", 0x230}, {"HFMA2", 0x231}, {"HMUL2", 0x232}, {"HMMA", 0x23c}};
enum { N_OPERATIONS = sizeof operations / sizeof *operations };

/* THE rules: kernels whose name has these letters, from an architecture on, have all of `has` and nothing of `lacks`.
 * On sm_80 a sum and a product of bf16 are fused operations with a constant. */
static const struct rule {
    const char *kernel;
    int from;
    const char *has, *lacks;
} rules[] = {
    {"productsI15half_arithmeticLb0", 80, "HADD2 HMUL2", "HFMA2 HMMA FMUL FADD FFMA DFMA"},
    {"productsI15half_arithmeticLb1", 80, "HFMA2", "HMUL2 HMMA FMUL FADD FFMA DFMA"},
    {"productsI15bf16_arithmeticLb0", 90, "HADD2 HMUL2", "HFMA2 HMMA FMUL FADD FFMA DFMA"},
    {"productsI15bf16_arithmeticLb1", 80, "HFMA2", "HMUL2 HMMA FMUL FADD FFMA DFMA"},
    {"productsI17single_arithmeticLb0", 80, "FADD FMUL", "FFMA HMMA DFMA"},
    {"productsI17single_arithmeticLb1", 80, "FFMA", "FMUL FADD HMMA DFMA"},
    {"productsI17double_arithmeticLb0", 80, "DADD DMUL", "DFMA FFMA HMMA"},
    {"productsI17double_arithmeticLb1", 80, "DFMA", "DADD FFMA HMMA"},
    {"by_instructionsI15half_arithmetic", 80, "HADD2 HMUL2 HFMA2", "HMMA DFMA"},
    {"by_instructionsI15bf16_arithmetic", 90, "HADD2 HMUL2 HFMA2", "HMMA DFMA"},
    {"by_instructionsI17single_arithmetic", 80, "FADD FMUL FFMA", "HMMA DFMA"},
    {"by_instructionsI17double_arithmetic", 80, "DADD DMUL DFMA", "HMMA"},
    {"13count_numbers", 80, "DADD DMUL", "DFMA FMUL FADD FFMA HFMA2 HMUL2 HMMA"},
    {"14promoted_tilesI6__halfS0_17single", 80, "HMMA FADD", "HFMA2 HMUL2 HADD2 FMUL FFMA DADD DMUL DFMA"},
    {"14promoted_tilesI6__halfS0_15half", 80, "HMMA HADD2", "HFMA2 HMUL2 FADD FMUL FFMA DADD DMUL DFMA"},
    {"5tilesI", 80, "HMMA", "HFMA2 HMUL2 FMUL FADD FFMA DADD DMUL DFMA"},
};
enum { N_RULES = sizeof rules / sizeof *rules };

static px_device_code plugin, probes;

static int count(const px_kernel *k, const char *name) {
    for (int i = 0; i < N_OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0) return px_kernel_count(k, operations[i].code);
    fail_msg("no operation %s", name);
    return 0;
}

/* How many words of the rule the kernel breaks; says which. */
static int broken(const struct rule *r, const px_kernel *k, FILE *out) {
    int n = 0;
    for (int lacks = 0; lacks < 2; lacks++) {
        char words[200], *rest = words;
        snprintf(words, sizeof words, "%s", lacks ? r->lacks : r->has);
        for (char *word; (word = strsep(&rest, " "));) {
            if (!*word || (count(k, word) > 0) != lacks) continue;
            if (out) fprintf(out, "sm_%d %s: %s %s\n", k->arch, k->name, lacks ? "has" : "lacks", word);
            n++;
        }
    }
    return n;
}

/* Each code once in its probe, twice or so for HMMA, and in no other probe. */
static int calibrated(void) {
    int seen = 0;
    for (int i = 0; i < probes.n; i++) {
        const px_kernel *k = &probes.kernels[i];
        if (strncmp(k->name, "probe_", 6) != 0) continue;
        for (int j = 0; j < N_OPERATIONS; j++) {
            const int n = px_kernel_count(k, operations[j].code), own = strcmp(k->name + 6, operations[j].name) == 0;
            if (own ? n < 1 || n > 4 : n > 0) return 0;
            seen += own;
        }
    }
    return seen == 3 * N_OPERATIONS;
}

static void rules_refuse_wrong_kernels(void **state) {
    (void)state;
    int tried = 0;
    for (int i = 0; i < probes.n; i++) {
        const px_kernel *k = &probes.kernels[i];
        if (strcmp(k->name, "wrong_fused_half") == 0 || strcmp(k->name, "wrong_wide_half") == 0) {
            assert_true(broken(&rules[0], k, NULL) > 0);
            tried++;
        }
        if (strcmp(k->name, "probe_HADD2") == 0) assert_true(broken(&rules[N_RULES - 1], k, NULL) > 0);
    }
    assert_int_equal(tried, 6);
}

static void kernels_have_the_instructions_of_their_names(void **state) {
    (void)state;
    int wrong = 0;
    for (int r = 0; r < N_RULES; r++)
        for (int arch = 80; arch <= 100; arch += 10) {
            int n = 0;
            for (int i = 0; i < plugin.n; i++) {
                const px_kernel *k = &plugin.kernels[i];
                if (k->arch != arch || arch < rules[r].from || !strstr(k->name, rules[r].kernel)) continue;
                wrong += broken(&rules[r], k, stderr);
                n++;
            }
            if (n == 0 && arch >= rules[r].from) fail_msg("sm_%d has no kernel %s", arch, rules[r].kernel);
        }
    assert_int_equal(wrong, 0);
}

static void no_kernel_uses_local_memory(void **state) {
    (void)state;
    for (int i = 0; i < plugin.n; i++) {
        const px_kernel *k = &plugin.kernels[i];
        if (k->frame) fail_msg("sm_%d %s: %d bytes of local memory", k->arch, k->name, k->frame);
        /* what a block of 256 threads, the largest in use, may have */
        if (k->registers < 1 || k->registers * 256 > 65536)
            fail_msg("sm_%d %s: %d registers", k->arch, k->name, k->registers);
    }
}

/* Functions whose approximate operations are seeds that are corrected: where, and why. */
static const struct {
    const char *function, *why;
} corrected[] = {{"px_exact_div", "a division of integers of 128 bits begins with a reciprocal in binary32"}};

static void judge_line(const char *function, const char *line, void *context) {
    for (size_t i = 0; i < sizeof corrected / sizeof *corrected; i++)
        if (strstr(function, corrected[i].function)) return;
    fprintf(stderr, "%s: %s\n", function, line);
    ++*(int *)context;
}

static void no_ptx_is_approximate_or_flushes(void **state) {
    (void)state;
    int wrong = 0, planted = 0;
    assert_true(px_ptx_entries(&plugin) * 3 == plugin.n && plugin.n > 0);
    px_ptx_find(&plugin, ".ftz", judge_line, &wrong);
    px_ptx_find(&plugin, ".approx", judge_line, &wrong);
    assert_int_equal(wrong, 0);
    px_ptx_find(&probes, ".approx", judge_line, &planted);
    assert_int_equal(planted, 1);
}

/* ---- the table of resources ---- */

static int by_name(const void *a, const void *b) {
    const px_kernel *x = a, *y = b;
    return strcmp(x->name, y->name) ? strcmp(x->name, y->name) : x->arch - y->arch;
}

static void write_table(FILE *f) {
    fprintf(
        f,
        "# What a thread and a block of each kernel take, by nvcc %s. Accept anew: PX_UPDATE_CUDA_TABLE=1 build/tests/"
        "test_cuda_gates\n# arch registers shared kernel\n",
        PX_NVCC_VERSION);
    qsort(plugin.kernels, (size_t)plugin.n, sizeof *plugin.kernels, by_name);
    for (int i = 0; i < plugin.n; i++) {
        const px_kernel *k = &plugin.kernels[i];
        fprintf(f, "%3d %3d %5d %s\n", k->arch, k->registers, k->shared, k->name);
    }
}

static void registers_and_shared_memory_are_the_accepted_ones(void **state) {
    (void)state;
    static const char path[] = PX_SOURCE_DIR "/tests/golden/cuda_resources.txt";
    if (getenv("PX_UPDATE_CUDA_TABLE")) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        write_table(f);
        fclose(f);
    }
    char *now = NULL, *line = NULL;
    size_t size = 0, capacity = 0;
    FILE *memory = open_memstream(&now, &size), *f = fopen(path, "r");
    assert_non_null(f);
    write_table(memory);
    fclose(memory);
    const char *at = now;
    for (int n = 1; getline(&line, &capacity, f) > 0; n++) {
        if (strncmp(at, line, strlen(line)) != 0) {
            if (n == 1) {
                printf("skipped: the table is another nvcc's: %s", line);
                break;
            }
            fail_msg("%s:%d: accepted %snow %.100s", path, n, line, at);
        }
        at += strlen(line);
        if (feof(f)) break;
    }
    fclose(f);
    free(line);
    free(now);
}

/* ---- what the build refuses ---- */

/* nvcc's exit code for a text, by the plug-in's own flags. */
static int compiles(const char *text, const char *flags) {
    char folder[] = "/tmp/px_gate_XXXXXX", path[64], command[2048];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.cu", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    snprintf(command, sizeof command, "cd %s && %s -arch=sm_90 -cubin -I%s/cuda %s x.cu >/dev/null 2>&1", folder,
             PX_NVCC_PROGRAM, PX_SOURCE_DIR, flags);
    const int status = system(command);
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0) fail_msg("%s stays", folder);
    return status == 0;
}

static void the_build_refuses_spills_and_local_memory(void **state) {
    (void)state;
    static const char local[] =
        "#include \"px_cuda.h\"\n"
        "__global__ void k(int n, float *x) { float a[300]; for (int i = 0; i < n; i++) a[x[i] > 0 ? i : n - i] = "
        "x[i];\n"
        "float s = 0; for (int i = 0; i < n; i++) s = __fadd_rn(s, a[(i * 7) % n]); x[0] = s; }\n";
    static const char spilled[] =
        "#include \"px_cuda.h\"\n"
        "__global__ void __launch_bounds__(1024) k(double *x) { double a[40];\n"
        "#pragma unroll\nfor (int i = 0; i < 40; i++) a[i] = x[i];\nfor (int j = 0; j < 99; j++) {\n"
        "#pragma unroll\nfor (int i = 0; i < 40; i++) a[i] = __fma_rn(a[i], a[(i + 7) % 40], x[j + i]); }\n"
        "#pragma unroll\nfor (int i = 0; i < 40; i++) x[i] = a[i]; }\n";
    static const char good[] =
        "#include \"px_cuda.h\"\n__global__ void k(float *x) { x[0] = __fadd_rn(x[1], x[2]); }\n";
    assert_true(compiles(local, ""));
    assert_false(compiles(local, PX_NVCC_FLAGS));
    assert_true(compiles(spilled, ""));
    assert_false(compiles(spilled, PX_NVCC_FLAGS));
    assert_true(compiles(good, PX_NVCC_FLAGS));
}

/* A compiler that reads CUDA by its own grammar, all warnings fatal. Its device pass looks at host code, too. */
static void a_second_front_end_has_no_complaint(void **state) {
    (void)state;
    if (!*PX_SECOND_FRONT_END) {
        puts("skipped: no clang++-19");
        return;
    }
    const int status = system(
        PX_SECOND_FRONT_END " -x cuda --cuda-device-only --cuda-gpu-arch=sm_90 -fsyntax-only -std=c++20"
                            " -ffp-contract=off -Wall -Wextra -Werror -Wno-missing-field-initializers -Wno-unknown-cuda-version"
                            " -I" PX_SOURCE_DIR "/src -I" PX_SOURCE_DIR "/cuda " PX_SOURCE_DIR "/cuda/*.cu");
    assert_int_equal(status, 0);
}

static int setup(void **state) {
    (void)state;
    return px_device_code_read(PX_BINARY_DIR "/precx_cuda.so", &plugin) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    px_device_code_free(&plugin);
    px_device_code_free(&probes);
    return 0;
}

int main(void) {
    if (!*PX_NVCC_PROGRAM) {
        puts("skipped: no nvcc, so there is no device code to look at");
        return PX_SKIPPED;
    }
    if (!px_device_code_read(PX_BINARY_DIR "/tests/libcuda_probes.so", &probes) || !calibrated()) {
        puts("skipped: this nvcc's code is not what the census knows (tests/cuda_gates/cubin.h)");
        return PX_SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_refuse_wrong_kernels),
        cmocka_unit_test(kernels_have_the_instructions_of_their_names),
        cmocka_unit_test(no_kernel_uses_local_memory),
        cmocka_unit_test(no_ptx_is_approximate_or_flushes),
        cmocka_unit_test(registers_and_shared_memory_are_the_accepted_ones),
        cmocka_unit_test(the_build_refuses_spills_and_local_memory),
        cmocka_unit_test(a_second_front_end_has_no_complaint),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
