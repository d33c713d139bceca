/* cuda_emu does what CUDA's documents say: arithmetic against arith/, collectives, schedules, limits and errors against
 * plain loops and tables. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arith/codec.h"
#include "arith/round.h"
#include "base/philox.h"
#include "cuda_emu/subject.h"
#include "emu/control.h"
#include "kernel/mma.h"

static const char *const formats[] = {"fp16", "bf16"};
static const px_rounding_mode directions[] = {PX_NEAREST_EVEN, PX_TOWARD_ZERO, PX_DOWN, PX_UP};

static px_fp format(const char *name) {
    px_fp f;
    px_error err;
    if (px_fp_parse(name, &f, &err) != PX_OK) fail_msg("%s", err.text);
    return f;
}

static uint64_t word_of(double x) {
    uint64_t w;
    memcpy(&w, &x, sizeof w);
    return w;
}

/* The same number; NaN is a class. */
static int same(double a, double b) { return (a != a && b != b) || word_of(a) == word_of(b); }

static uint64_t draw(void) {
    static uint64_t n;
    return px_bits(11, n++, 0);
}

static void every_word_of_16_bits_is_its_number(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const px_fp f = format(formats[i]);
        for (unsigned w = 0; w < 65536; w++) {
            const double x = px_decode(f, w);
            if (!same(subject_value(i, w), x)) fail_msg("%s %04x", formats[i], w);
            const unsigned back = x != x ? 0x7fff : w;
            for (int d = 0; d < 4; d++)
                if (subject_round(i, d, x) != back) fail_msg("%s %04x, direction %d", formats[i], w, d);
        }
    }
}

/* A double near the numbers of f: its exponents and a few beyond, its bits and a few ones or zeros after them. */
static double near(px_fp f) {
    const uint64_t r = draw();
    const int span = f.emax - f.emin + f.p + 6, exponent = f.emin - f.p - 2 + (int)(r >> 40 & 0xffff) % span;
    uint64_t fraction = draw() >> 12;
    if (r & 1) fraction = fraction >> (52 - f.p) << (52 - f.p);
    if (r & 2) fraction ^= r >> 2 & 3;
    const double x = ldexp(1 + (double)fraction * 0x1p-52, exponent);
    return r & 16 ? -x : x;
}

static void one_rounding_is_the_projects(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        const px_fp f = format(i < 2 ? formats[i] : "fp32");
        for (int n = 0; n < 200000; n++) {
            const double x = near(f);
            for (int d = 0; d < 4; d++) {
                const double want = px_round(f, px_rounding_of(directions[d]), x, 0);
                const double got = i < 2 ? subject_value(i, subject_round(i, d, x)) : (double)subject_float(d, x);
                if (!same(got, want)) fail_msg("%a to format %d, direction %d: %a, not %a", x, i, d, got, want);
            }
        }
    }
    const px_fp tf32 = format("tf32"), fp32 = format("fp32");
    for (int n = 0; n < 200000; n++) {
        const float x = (float)px_decode(fp32, draw() & 0xffffffff);
        const double want = px_round(tf32, px_rounding_of(PX_NEAREST_AWAY), (double)x, 0);
        if (!same((double)subject_tf32(x), want)) fail_msg("%a to tf32", (double)x);
    }
}

static double reference(int op, px_fp f, double a, double b, double c) {
    const px_rounding r = px_rounding_of(PX_NEAREST_EVEN);
    switch (op) {
    case SUBJECT_ADD: return px_add(f, r, a, b, 0);
    case SUBJECT_SUB: return px_sub(f, r, a, b, 0);
    case SUBJECT_MUL: return px_mul(f, r, a, b, 0);
    default: return px_fma(f, r, a, b, c, 0);
    }
}

/* Random words, and such whose sum or product-sum nearly cancels. */
static void operations_on_16_bits_are_the_projects(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        const px_fp f = format(formats[i]);
        for (int n = 0; n < 300000; n++) {
            const uint64_t r = draw();
            const unsigned a = r & 0xffff, b = r >> 16 & 0xffff;
            unsigned c = r >> 32 & 0xffff;
            if (n % 3 == 0) c = (subject_op(i, SUBJECT_MUL, a, b, 0) ^ 0x8000u) + (unsigned)(r >> 60) % 4;
            for (int op = 0; op < SUBJECT_OPS; op++) {
                const double want = reference(op, f, px_decode(f, a), px_decode(f, b), px_decode(f, c & 0xffff));
                const unsigned got = subject_op(i, op, a, b, c & 0xffff);
                if (!same(px_decode(f, got), want))
                    fail_msg("%s operation %d of %04x %04x %04x: %04x", formats[i], op, a, b, c & 0xffff, got);
            }
        }
    }
}

/* CUDA C++ Programming Guide, "Warp Shuffle Functions". */
static int shuffle_source(int kind, int argument, int width, int lane) {
    const int first = lane / width * width, last = first + width - 1;
    switch (kind) {
    case 0: return first + argument % width;
    case 1: return lane - argument < first ? lane : lane - argument;
    case 2: return lane + argument > last ? lane : lane + argument;
    default: return (lane ^ argument) > last ? lane : lane ^ argument;
    }
}

static void shuffles_read_the_lane_they_name(void **state) {
    (void)state;
    for (int width = 1; width <= 32; width *= 2)
        for (int kind = 0; kind < 4; kind++)
            for (int argument = 0; argument < 32; argument++) {
                int got[32];
                subject_shuffle(kind, argument, width, got);
                for (int lane = 0; lane < 32; lane++)
                    if (got[lane] != 100 + shuffle_source(kind, argument, width, lane))
                        fail_msg("kind %d argument %d width %d lane %d: %d", kind, argument, width, lane, got[lane]);
            }
}

static void votes_are_those_of_the_mask(void **state) {
    (void)state;
    for (int split = 1; split < 32; split += 5)
        for (int n = 0; n < 20; n++) {
            const unsigned predicates = n == 0 ? 0 : n == 1 ? 0xffffffffu : (unsigned)draw();
            unsigned got[32][3];
            subject_votes(split, predicates, got);
            for (int lane = 0; lane < 32; lane++) {
                const unsigned low = (1u << split) - 1, mask = lane < split ? low : ~low;
                assert_int_equal(got[lane][0], predicates & mask);
                assert_int_equal(got[lane][1], (predicates & mask) != 0);
                assert_int_equal(got[lane][2], (predicates & mask) == mask);
            }
        }
    for (unsigned n = 1; n <= 1024; n = 2 * n + 1)
        for (unsigned step = 1; step <= 3; step++) {
            int got[3];
            subject_barriers(n, step, got);
            assert_int_equal(got[0], (n + step - 1) / step);
            assert_int_equal(got[1], 1);
            assert_int_equal(got[2], step == 1 || n == 1);
        }
}

static void every_thread_runs_once_in_every_schedule(void **state) {
    (void)state;
    static const char *const orders[] = {"forward", "reversed", "shuffled", "shuffled:7"};
    static unsigned got[7 * 5 * 3 * 24], order[4][64];
    for (int i = 0; i < 4; i++) {
        assert_true(px_cuda_emu_order(orders[i]));
        subject_indices((const unsigned[]){7, 5, 3}, (const unsigned[]){4, 3, 2}, got, sizeof got / sizeof *got);
        for (size_t j = 0; j < sizeof got / sizeof *got; j++) assert_int_equal(got[j], 1);
        subject_schedule(64, order[i]);
        uint64_t seen = 0;
        for (int j = 0; j < 64; j++) seen |= (uint64_t)1 << order[i][j];
        assert_true(seen == UINT64_MAX);
        unsigned atomics[21], sum[16] = {0};
        subject_atomics(atomics);
        for (unsigned v = 0; v < 1000; v++) sum[v % 16]++;
        assert_int_equal(atomics[0], 499500);
        assert_int_equal(atomics[1], 999);
        assert_int_equal(atomics[2], 0);
        assert_int_equal(atomics[3], 1023);
        assert_int_equal(atomics[4], 0);
        assert_memory_equal(atomics + 5, sum, sizeof sum);
    }
    for (unsigned j = 0; j < 64; j++) {
        assert_int_equal(order[0][j], j);
        assert_int_equal(order[1][j], 63 - j);
    }
    assert_memory_not_equal(order[2], order[0], sizeof order[0]);
    assert_memory_not_equal(order[2], order[3], sizeof order[0]);
    assert_false(px_cuda_emu_order("sideways"));
    assert_false(px_cuda_emu_order("shuffled:x"));
    assert_true(px_cuda_emu_order("forward"));
}

static void a_thread_keeps_its_registers_at_a_barrier(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 1024; n = 2 * n + 3) assert_int_equal(subject_kept(n), 0);
}

static void dynamic_shared_memory_has_its_limits(void **state) {
    (void)state;
    assert_string_equal(subject_dynamic(49152, 0), "ran");
    assert_string_equal(subject_dynamic(49156, 0), "cudaErrorInvalidValue");
    assert_string_equal(subject_dynamic(163 << 10, 1), "ran");
    assert_string_equal(subject_dynamic((163 << 10) + 4, 1), "cudaErrorInvalidValue");
}

static void mistakes_get_cudas_answers(void **state) {
    (void)state;
    for (const subject_answer *m = subject_mistakes; m->which; m++) {
        const char *got = subject_mistake(m->which);
        if (strcmp(got, m->answer) != 0) fail_msg("%s: %s, not %s", m->which, got, m->answer);
    }
    assert_int_equal(px_cuda_emu_live(), 0);
}

/* One product of fragments against the model, entry by entry, in every layout. */
static void mma_is_the_model(void **state) {
    (void)state;
    static const char *const in[] = {"fp16", "bf16", "tf32"};
    for (int c = 0; c < 4; c++) {
        const int i = c == 3 ? 0 : c, out16 = c == 3, k = i == 2 ? 8 : 16;
        const px_fp fi = format(in[i]), fo = format(out16 ? "fp16" : "fp32");
        px_mma unit;
        px_error err;
        if (px_mma_find(PX_MODEL_H100, fi, fi, fo, &unit, &err) != PX_OK) fail_msg("%s", err.text);
        for (int layout = 0; layout < 8; layout++) {
            double a[256], b[256], start[256], d[256], column[16];
            for (int e = 0; e < 256; e++) {
                a[e] = px_round(fi, px_rounding_of(PX_NEAREST_EVEN), (double)(int64_t)draw() * 0x1p-63, 0);
                b[e] = px_round(fi, px_rounding_of(PX_NEAREST_EVEN), (double)(int64_t)draw() * 0x1p-62, 0);
                start[e] = px_round(fo, px_rounding_of(PX_NEAREST_EVEN), (double)(int64_t)draw() * 0x1p-61, 0);
            }
            subject_mma(i, out16, a, b, start, d, layout & 1, layout >> 1 & 1, layout >> 2, layout % 3 ? 16 : 24);
            for (int e = 0; e < 256; e++) {
                for (int p = 0; p < k; p++) column[p] = b[p * 16 + e % 16];
                const px_terms terms = {
                    .n = k, .a = a + e / 16 * k, .b = column, .stride_a = 1, .stride_b = 1, .c = start[e], .sign = 1};
                const double want = px_mma_sum(&unit, &terms);
                if (!same(d[e], want)) fail_msg("%s, layout %d, entry %d: %a, not %a", in[i], layout, e, d[e], want);
            }
        }
    }
}

static void gemm_takes_every_transpose_and_type(void **state) {
    (void)state;
    static const struct {
        int type, result, compute;
    } types[] = {{0, 0, 68}, {0, 0, 69}, {0, 0, 74}, {0, 0, 75}, {0, 0, 77},   {1, 1, 70},  {1, 1, 71}, {2, 2, 64},
                 {2, 2, 65}, {2, 2, 68}, {2, 0, 68}, {2, 0, 69}, {14, 14, 68}, {14, 0, 68}, {14, 0, 69}};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int trans = 0; trans < 4; trans++)
            for (int extra = 0; extra < 3; extra += 2) {
                const int wrong = subject_gemm(types[t].type, types[t].result, types[t].compute, trans & 1, trans >> 1,
                                               5, 7, 11, extra, extra ? 2 : 1, extra ? -3 : 0);
                if (wrong)
                    fail_msg("types %d %d %d, transposes %d, extra %d: %d", types[t].type, types[t].result,
                             types[t].compute, trans, extra, wrong);
            }
    assert_int_equal(subject_gemm(0, 0, 64, 0, 0, 2, 2, 2, 0, 1, 0), -1 - 15); /* CUBLAS_STATUS_NOT_SUPPORTED */
    assert_int_equal(subject_gemm(2, 2, 70, 0, 0, 2, 2, 2, 0, 1, 0), -1 - 15);
    assert_int_equal(subject_gemm(0, 0, 68, 0, 0, 2, 2, 2, -1, 1, 0), -1 - 7); /* CUBLAS_STATUS_INVALID_VALUE */
}

/* Types that may round operands first do so here; the others do not. */
static void down_converting_types_round_their_operands(void **state) {
    (void)state;
    static const struct {
        int compute;
        const char *format;
        px_rounding_mode mode;
    } types[] = {{68, "fp32", PX_NEAREST_EVEN},
                 {69, "fp32", PX_NEAREST_EVEN},
                 {74, "fp16", PX_NEAREST_EVEN},
                 {75, "bf16", PX_NEAREST_EVEN},
                 {77, "tf32", PX_NEAREST_AWAY}};
    const px_fp fp32 = format("fp32");
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (int n = 0; n < 2000; n++) {
            const double a = px_round(fp32, px_rounding_of(PX_NEAREST_EVEN), near(format("fp16")), 0), b = 3;
            const double seen = px_round(format(types[t].format), px_rounding_of(types[t].mode), a, 0);
            const double got = subject_dot(0, types[t].compute, 16, 1, &a, &b);
            if (!same(got, px_round(fp32, px_rounding_of(PX_NEAREST_EVEN), 3 * seen + 0.0, 0)))
                fail_msg("3 times %a in compute type %d: %a", a, types[t].compute, got);
        }
}

/* 2048 + 1 + 1 in fp16: the sums of the halves are rounded where that is allowed, and only there. */
static void reductions_are_reduced_where_that_is_allowed(void **state) {
    (void)state;
    const double a[] = {2048, 1, 1, 0}, ones[] = {1, 1, 1, 1};
    assert_true(subject_dot(2, 68, 16, 4, a, ones) == 2050);
    assert_true(subject_dot(2, 68, 0, 4, a, ones) == 2048);
    assert_true(subject_dot(0, 68, 0, 4, a, ones) == 2050);
    for (int mode = 0; mode < 32; mode++) { /* CUBLAS_STATUS_INVALID_VALUE */
        const int base = mode & 15;
        assert_int_equal(subject_math_mode(mode), base == 0 || base == 2 || base == 3 ? 0 : 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_of_16_bits_is_its_number),
        cmocka_unit_test(one_rounding_is_the_projects),
        cmocka_unit_test(operations_on_16_bits_are_the_projects),
        cmocka_unit_test(shuffles_read_the_lane_they_name),
        cmocka_unit_test(votes_are_those_of_the_mask),
        cmocka_unit_test(every_thread_runs_once_in_every_schedule),
        cmocka_unit_test(a_thread_keeps_its_registers_at_a_barrier),
        cmocka_unit_test(dynamic_shared_memory_has_its_limits),
        cmocka_unit_test(mistakes_get_cudas_answers),
        cmocka_unit_test(mma_is_the_model),
        cmocka_unit_test(gemm_takes_every_transpose_and_type),
        cmocka_unit_test(down_converting_types_round_their_operands),
        cmocka_unit_test(reductions_are_reduced_where_that_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
