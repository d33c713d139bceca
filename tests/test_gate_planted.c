/* The gate against a program that is wrong in its last bit: one ulp planted in the largest result of an emulated operation,
 * or ties rounded half up, makes `check` exit 1 and name rows; theory convicts a wrong program even when its own results
 * were accepted. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "op/op.h"

/* THE list: an operation, an experiment whose ci profile runs it emulated, and a cell that must be named. */
static const struct {
    px_op op;
    const char *experiment, *cell; /* experiment NULL: none, and why */
} plants[] = {
    {PX_OP_ADD, "add_error", "fp16/nearest_even/cancelling/256/1"},
    {PX_OP_MUL, "product_error", "fp16/"},
    {PX_OP_ROUND, "adam_lab", "adam/bf16/bf16/fp32/"},
    {PX_OP_SUM, "sum_error", "fp16/same/"},
    {PX_OP_GEMM, "gemm_error", "fp16/same/"},
    {PX_OP_SCALE, "adam_lab", "rosenbrock"},
    {PX_OP_NORMALISE, "normalisation_variance", "two_pass/fp16/"},
    {PX_OP_SIGN, "conditioning_in_training", "fp32/adam/0.01/constant/0/0/0.001/"},
    {PX_OP_SGD, "adam_lab", "momentum/fp16/"},
    {PX_OP_ADAM, "adam_lab", "adam/fp16/"},
    {PX_OP_ADAPTIVE, "adam_lab", "amsgrad/fp16/"},
    {PX_OP_ADD_KAHAN, "bf16_lost_updates", "/bf16/same/kahan/"},
    {PX_OP_LU, "linear_solve", "lu/fp16/"},
    {PX_OP_TRSM, "linear_solve", "lu/fp16/"},
    {PX_OP_CHOLESKY, "linear_solve", "cholesky/fp16/"},
    {PX_OP_LAYERNORM, "training_variants", "fp32/"},
    {PX_OP_LAYERNORM_BACKWARD, "training_variants", "fp32/"},
    {PX_OP_LAYERNORM_GAMMA, "training_variants", "fp32/"},
    {PX_OP_GELU, "training_variants", "fp32/"},
    {PX_OP_GELU_BACKWARD, "training_variants", "fp32/"},
    {PX_OP_SOFTMAX, "training_variants", "fp32/"},
    {PX_OP_SOFTMAX_BACKWARD, "training_variants", "fp32/"},
    {PX_OP_DROPOUT, "training_variants", "fp32/0.5/"},
    {PX_OP_GATHER, "training_variants", "cross_entropy"},
    {PX_OP_SCATTER_ADD, "training_variants", "cross_entropy"},
    {PX_OP_MSE, "training_variants", "mse"},
    {PX_OP_CROSS_ENTROPY, "training_variants", "cross_entropy"},
    {PX_OP_NONFINITE, NULL, "a count: an integer of fewer than 24 bits has no last bit to be wrong in"},
    {PX_OP_CLIP_FACTOR, "training_variants", "fp32/0.5/"},
    {PX_OP_POWER_SCALE, NULL, "a power of two, undone later: no result feels its last bit"},
};
enum { N_PLANTS = sizeof plants / sizeof *plants };

static char folder[] = "/tmp/px_planted_XXXXXX";

/* Runs a command line; its exit code. What it printed, on both streams, is in *output. */
__attribute__((format(printf, 2, 3))) static int shell(px_text *output, const char *format, ...) {
    char *command = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&command, format, args) >= 0);
    va_end(args);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    free(command);
    char buffer[4096];
    output->length = 0;
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) px_text_add_bytes(output, buffer, n);
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(const px_text *output, int code, int wanted, const char *words) {
    if (code != wanted || !strstr(px_text_str(output), words))
        fail_msg("exit %d, wanted %d with '%s':\n%s", code, wanted, words, px_text_str(output));
}

static void one_ulp_in_any_operation_is_a_regression(void **state) {
    (void)state;
    px_text output = {0};
    assert_int_equal(chdir(PX_SOURCE_DIR), 0); /* baselines are under the working directory */
    bool listed[PX_OP_COUNT] = {false};
    for (size_t i = 0; i < N_PLANTS; i++) {
        const char *op = px_op_name(plants[i].op), *experiment = plants[i].experiment;
        listed[plants[i].op] = true;
        if (!experiment) {
            printf("%s: %s\n", op, plants[i].cell);
            continue;
        }
        int code =
            shell(&output, "exec 2>&1; PX_PLANT=ulp:%s %s/tests/precx-wrong check -p ci -v -o %s experiments/%s.ini",
                  op, PX_BINARY_DIR, folder, experiment);
        if (code != 1) printf("%s:\n", op);
        expect(&output, code, 1, "FAILED");
        expect(&output, code, 1, plants[i].cell);
    }
    for (int op = 0; op < PX_OP_COUNT; op++)
        if (!listed[op]) fail_msg("%s: no experiment is named that runs it", px_op_name((px_op)op));
    px_text_free(&output);
}

/* In chains: of one addition or product a tie errs by half an ulp either way, and no error metric can tell. */
static void half_up_ties_are_a_regression(void **state) {
    (void)state;
    static const char *const experiments[] = {"sum_error", "gemm_error"};
    px_text output = {0};
    assert_int_equal(chdir(PX_SOURCE_DIR), 0);
    for (size_t i = 0; i < sizeof experiments / sizeof *experiments; i++) {
        int code =
            shell(&output, "exec 2>&1; PX_PLANT=half_up %s/tests/precx-wrong check -p ci -q -o %s experiments/%s.ini",
                  PX_BINARY_DIR, folder, experiments[i]);
        expect(&output, code, 1, "FAILED");
    }
    px_text_free(&output);
}

/* Sums of 8 numbers of 11 bits that grow to about 4 lose one to three bits an addition: ties are frequent, and half up
 * they all err in one direction. To even the largest error of 64 sums is 0.25 of the bound, half up 0.34. */
static void theory_convicts_what_was_accepted(void **state) {
    (void)state;
    px_text output = {0};
    assert_int_equal(chdir(folder), 0);
    int code = shell(&output, "mkdir -p experiments && printf '[experiment]\\nkind = sum\\n[sweep]\\nformat = fp16\\n"
                              "data = uniform\\nn = 8\\nm = 64\\n[tolerance]\\nerr_cw_max = at most 0.3 x bound\\n' "
                              "> experiments/ties.ini");
    expect(&output, code, 0, "");
    const char *variants[] = {"", "half_up"};
    for (int i = 0; i < 2; i++) {
        code = shell(&output,
                     "exec 2>&1; PX_PLANT=%s %s/tests/precx-wrong run -q experiments/ties.ini && "
                     "sed -i 's/\"git_dirty\": true/\"git_dirty\": false/' results/ties.meta.json && "
                     "env -u CI %s/precx accept ties --because 'a test'",
                     variants[i], PX_BINARY_DIR, PX_BINARY_DIR);
        expect(&output, code, 0, "");
        code = shell(&output, "exec 2>&1; PX_PLANT=%s %s/tests/precx-wrong check -q experiments/ties.ini", variants[i],
                     PX_BINARY_DIR);
        if (i == 0)
            expect(&output, code, 0, "passed");
        else
            expect(&output, code, 1, "experiments/ties.ini:9");
    }
    px_text_free(&output);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    px_text output = {0};
    int code = shell(&output, "rm -r %s", folder);
    px_text_free(&output);
    return code;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_ulp_in_any_operation_is_a_regression),
        cmocka_unit_test(half_up_ties_are_a_regression),
        cmocka_unit_test(theory_convicts_what_was_accepted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
