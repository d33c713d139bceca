/* Wrong references, operands and seeds. */
#include <math.h>
#include <string.h>

#include <mpfr.h>

#include "arith/round.h"
#include "backend/registry.h"
#include "data/data.h"
#include "ref/truth.h"
#include "support/cases.h"
#include "support/naive_sum.h"
#include "support/planted.h"

static px_fp named(const char *name) {
    px_fp f;
    PX_ASSERT(px_fp_parse(name, &f, NULL) == PX_OK);
    return f;
}

/* Products that cancel in pairs, far apart and in disorder, and one number that is left: the sum is known. */
typedef double dot_subject(int64_t n, const double *a, const double *b);

static double right_dot(int64_t n, const double *a, const double *b) {
    return px_ref_dot(n, a, b, 0, named("fp64"), px_rounding_of(PX_NEAREST_EVEN));
}

static px_planted_verdict judge_reference(const px_planted *defect) {
    enum { PAIRS = 10, N = 2 * PAIRS + 1 };
    dot_subject *subject = defect ? (dot_subject *)defect->wrong : right_dot;
    px_planted_verdict v = {0};
    px_random g = {31};
    for (int i = 0; i < 500; i++) {
        double a[N], b[N], rest = ldexp((double)(int64_t)px_random_word(&g), -63);
        a[N - 1] = rest, b[N - 1] = 1;
        for (int k = 0; k < PAIRS; k++) {
            a[2 * k] = ldexp((double)(int64_t)px_random_word(&g), px_random_below(&g, 200) - 163);
            b[2 * k] = b[2 * k + 1] = ldexp((double)(int64_t)px_random_word(&g), px_random_below(&g, 200) - 163);
            a[2 * k + 1] = -a[2 * k];
        }
        for (int k = N; k-- > 1;) { /* shuffled */
            int j = px_random_below(&g, k + 1);
            double x = a[k], y = b[k];
            a[k] = a[j], b[k] = b[j], a[j] = x, b[j] = y;
        }
        v.cases++;
        v.differences += px_word_of(subject(N, a, b)) != px_word_of(rest);
    }
    return v;
}

/* 200 bits, which many programs call exact. */
static double reference_at_200_bits(int64_t n, const double *a, const double *b) {
    mpfr_t s, x;
    mpfr_init2(s, 200);
    mpfr_init2(x, 53);
    mpfr_set_zero(s, 1);
    for (int64_t k = 0; k < n; k++) {
        mpfr_t y;
        mpfr_init2(y, 53);
        mpfr_set_d(x, a[k], MPFR_RNDN);
        mpfr_set_d(y, b[k], MPFR_RNDN);
        mpfr_fma(s, x, y, s, MPFR_RNDN);
        mpfr_clear(y);
    }
    double result = mpfr_get_d(s, MPFR_RNDN);
    mpfr_clears(s, x, (mpfr_ptr)0);
    return result;
}

/* C = A B of square matrices on the emulated executor, against sums one by one. */
enum { SIZE = 5 };
typedef px_arg view_subject(const px_prog *prog, int slot);

static px_planted_verdict judge_product(const px_planted *defect) {
    view_subject *view_b = defect ? (view_subject *)defect->wrong : px_arg_whole;
    px_planted_verdict v = {0};
    px_arena *arena = px_arena_new();
    px_fp f = named("fp16");
    px_slot slots[] = {{"A", SIZE, SIZE, f}, {"B", SIZE, SIZE, f}, {"C", SIZE, SIZE, f}};
    px_call call = {.op = PX_OP_GEMM, .recipe = px_recipe_uniform(f), .attr = {1}};
    px_prog prog = {slots, &call, 3, 1};
    for (int i = 0; i < PX_MAX_IN; i++) call.in[i] = px_arg_absent();
    for (int i = 0; i < PX_MAX_OUT; i++) call.out[i] = px_arg_absent();
    call.in[0] = px_arg_whole(&prog, 0);
    call.in[1] = view_b(&prog, 1);
    call.out[0] = px_arg_whole(&prog, 2);
    px_matrix p = {.which = PX_MATRIX_normal, .draw_a = {1, 1, "A"}, .draw_b = {1, 1, "B"}, .m = SIZE, .n = SIZE, .k = SIZE};
    px_wide a, b;
    px_matrix_fill(arena, &p, &a, &b);
    px_mat in[2] = {px_data_store(arena, &a, f), px_data_store(arena, &b, f)};
    px_mat out = px_mat_new(arena, f, SIZE, SIZE);
    PX_ASSERT(px_backend_call(px_backend_emulated(), &prog, in, 2, &out, NULL, NULL) == PX_OK);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            double row[SIZE], column[SIZE];
            for (int k = 0; k < SIZE; k++) row[k] = px_mat_get(&in[0], i, k), column[k] = px_mat_get(&in[1], k, j);
            px_terms t = {.n = SIZE, .a = row, .b = column, .stride_a = 1, .stride_b = 1, .sign = 1};
            v.cases++;
            v.differences += px_word_of(px_mat_get(&out, i, j)) != px_word_of(px_naive_sum(&call.recipe, &t));
        }
    px_arena_free(arena);
    return v;
}

static px_arg transposed_operand(const px_prog *prog, int slot) { return px_arg_transposed(prog, slot); }

/* fp32 and bf16 store the same numbers, each rounded: rounding the fp32 ones to bf16 gives the bf16 ones, unless the fp32
 * rounding made a tie (far rarer than one in 100). */
typedef uint64_t seed_subject(uint64_t seed, px_fp f);
static uint64_t right_seed(uint64_t seed, px_fp f) { return (void)f, seed; }

static px_planted_verdict judge_seed(const px_planted *defect) {
    seed_subject *subject = defect ? (seed_subject *)defect->wrong : right_seed;
    px_planted_verdict v = {.cases = 1};
    px_arena *arena = px_arena_new();
    px_mat stored[2];
    for (int i = 0; i < 2; i++) {
        px_fp f = named(i ? "bf16" : "fp32");
        px_vector x = {.which = PX_VECTOR_normal, .draw = {subject(42, f), 1, "x"}, .rows = 1, .n = 500};
        px_wide ideal = px_vector_fill(arena, &x);
        stored[i] = px_data_store(arena, &ideal, f);
    }
    int others = 0;
    for (int j = 0; j < 500; j++) {
        double narrow = px_round(stored[1].fmt, px_rounding_of(PX_NEAREST_EVEN), px_mat_get(&stored[0], 0, j), 0);
        others += narrow != px_mat_get(&stored[1], 0, j);
    }
    v.differences = others > 5;
    px_arena_free(arena);
    return v;
}

static uint64_t seed_that_depends_on_the_format(uint64_t seed, px_fp f) { return seed ^ (uint64_t)f.p; }

const px_planted px_planted_inputs[] = {
    {"reference_at_200_bits", judge_reference, (void (*)(void))reference_at_200_bits},
    {"transposed_operand", judge_product, (void (*)(void))transposed_operand},
    {"seed_that_depends_on_the_format", judge_seed, (void (*)(void))seed_that_depends_on_the_format},
    {0},
};
